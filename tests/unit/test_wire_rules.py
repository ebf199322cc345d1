"""What a fake vendor refuses: each rule is seen to fail, and a sound conversation passes."""

import json
from typing import Any

import pytest

from tests.fakes.llm_wire import WireRequest
from tests.fakes.wire_rules import faults_of

USER: dict[str, Any] = {"role": "user", "content": "Well?"}
SAID: dict[str, Any] = {"role": "assistant", "content": "Well."}
CALL = {"type": "tool_use", "id": "c1", "name": "t", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "c1", "content": "found"}
WORDS = {"type": "text", "text": "And?"}
CALLING = {"role": "assistant", "tool_calls": [{"id": "c1"}]}
FOUND = {"role": "tool", "tool_call_id": "c1", "content": "found"}


def faults(protocol: str, *messages: dict[str, Any]) -> str:
    raw = json.dumps({"messages": messages}).encode()
    return "; ".join(faults_of(WireRequest(protocol=protocol, path="", headers={}, raw=raw)))


def blocks(role: str, *content: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "content": list(content)}


def test_a_sound_conversation_is_refused_by_nobody() -> None:
    tools = (blocks("assistant", CALL), blocks("user", RESULT, WORDS))
    assert faults("anthropic", USER, *tools) == ""
    assert faults("openai", USER, CALLING, FOUND, SAID, USER, USER) == ""


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ((SAID,), "the first message is not the user's"),
        ((USER, USER), "two messages of one role"),
        ((USER, blocks("assistant", CALL), USER), "are followed by the results []"),
        ((USER, SAID, blocks("user", RESULT)), "the tool calls [] are followed by"),
        ((USER, blocks("assistant", CALL), blocks("user", WORDS, RESULT)), "before a tool's"),
        ((USER, blocks("assistant", CALL)), "the last tool calls have no results"),
        ((blocks("user"),), "a message of the user is empty"),
        (({"role": "user", "content": " "},), "a text of the user is blank"),
    ],
)
def test_what_anthropic_refuses(messages: tuple[dict[str, Any], ...], words: str) -> None:
    assert words in faults("anthropic", *messages)


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ((USER, FOUND), "c1, which was not called"),
        ((USER, CALLING, USER), "['c1'] have no results"),
        ((USER, CALLING), "['c1'] have no results"),
        (({"role": "assistant"},), "a message of the assistant is empty"),
    ],
)
def test_what_openai_refuses(messages: tuple[dict[str, Any], ...], words: str) -> None:
    assert words in faults("openai", *messages)
