"""What the vendors refuse in a request's messages, told in words."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from tests.fakes.llm_wire import WireRequest

Body = dict[str, Any]


def faults_of(request: WireRequest) -> Sequence[str]:
    """Why the vendor would answer with a 400; empty when it would not."""
    read = _anthropic if request.protocol == "anthropic" else _openai
    return list(read(request.messages))


def _anthropic(messages: Sequence[Body]) -> Iterator[str]:
    if not messages or messages[0]["role"] != "user":
        yield "the first message is not the user's"
    if any(a["role"] == b["role"] for a, b in pairwise(messages)):
        yield "two messages of one role follow each other"
    for before, message in pairwise([{"role": "user", "content": []}, *messages]):
        blocks = _blocks(message)
        called = [b["id"] for b in _blocks(before) if b["type"] == "tool_use"]
        answered = [b["tool_use_id"] for b in blocks if b["type"] == "tool_result"]
        if sorted(called) != sorted(answered):
            yield f"the tool calls {called} are followed by the results {answered}"
        if any(b["type"] != "tool_result" for b in blocks[: len(answered)]):
            yield "something stands before a tool's result"
        yield from _empty(message, blocks)
    if messages and any(b["type"] == "tool_use" for b in _blocks(messages[-1])):
        yield "the last tool calls have no results"


def _empty(message: Body, blocks: Sequence[Body]) -> Iterator[str]:
    if not blocks:
        yield f"a message of the {message['role']} is empty"
    if any(b["type"] == "text" and not b["text"].strip() for b in blocks):
        yield f"a text of the {message['role']} is blank"


def _blocks(message: Body) -> Sequence[Body]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _openai(messages: Sequence[Body]) -> Iterator[str]:
    waiting: list[str] = []
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                yield f"a result answers {message['tool_call_id']}, which was not called"
            else:
                waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            yield f"the tool calls {waiting} have no results"
        waiting = [call["id"] for call in message.get("tool_calls", ())]
        if not waiting and not message.get("content"):
            yield f"a message of the {message['role']} is empty"
    if waiting:
        yield f"the tool calls {waiting} have no results"
