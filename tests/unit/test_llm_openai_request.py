"""How a request is written for servers that speak OpenAI's chat completions."""

from typing import Any, cast

import pytest

from adapters.openai_request import UNASKED_THINKING, Dialect, as_params, is_strict
from cns.domain.message import Document, Image, Role, Text, Thought, ToolCall, ToolResult
from cns.domain.model import Purpose
from cns.ports import ModelRequest, SystemBlock, ToolDefinition
from tests.values import message

ANY = Dialect()
OFFICIAL = Dialect(official=True)
TAKES_FILES = Dialect(files=True)
LEASE = Document(media_type="application/pdf", data="JVBERi0=", title="Lease")
UNREAD = "[A PDF named “Lease” was attached, which this model cannot read.]"
STRICT = {
    "type": "object",
    "properties": {"a": {"type": "array", "items": {"type": "string"}}},
    "required": ["a"],
    "additionalProperties": False,
}


def written(dialect: Dialect = ANY, model: str = "some-model", **fields: Any) -> dict[str, Any]:
    request = ModelRequest(**{"system": (), "messages": (message("hello"),), **fields})
    return cast(dict[str, Any], as_params(request, model, dialect))


def test_the_system_prompt_is_one_message_with_its_cached_part_first() -> None:
    blocks = (SystemBlock(text="now", cached=False), SystemBlock(text="ever", cached=True))
    assert written(system=blocks)["messages"][0] == {"role": "system", "content": "ever\n\nnow"}


def test_the_live_block_is_joined_to_the_newest_words() -> None:
    messages = (message("old"), message("ok", Role.ASSISTANT), message("new"))
    sent = written(messages=messages, live="noon")["messages"]
    assert sent[0]["content"] == "old"
    assert sent[2]["content"] == "<mira:live>\nnoon\n</mira:live>\n\nnew"


def test_a_picture_is_sent_as_a_data_url() -> None:
    picture = Image(media_type="image/png", data="aGVsbG8=")
    sent = written(messages=(message([picture, Text(text="this?")]),))["messages"][0]["content"]
    assert sent == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGVsbG8="}},
        {"type": "text", "text": "this?"},
    ]


def test_a_picture_without_words_is_sent_alone() -> None:
    picture = Image(media_type="image/png", data="aGVsbG8=")
    sent = written(messages=(message([picture]),))["messages"][0]["content"]
    assert [part["type"] for part in sent] == ["image_url"]


def test_a_document_is_sent_as_a_file_where_files_are_taken() -> None:
    said = message([LEASE, Text(text="When does it end?")])
    sent = written(TAKES_FILES, messages=(said,))["messages"][0]["content"]
    data = "data:application/pdf;base64,JVBERi0="
    assert sent == [
        {"type": "file", "file": {"filename": "Lease.pdf", "file_data": data}},
        {"type": "text", "text": "When does it end?"},
    ]


@pytest.mark.parametrize(
    ("title", "filename"), [(None, "document.pdf"), ("lease.pdf", "lease.pdf")]
)
def test_a_file_is_always_named_as_a_pdf(title: str | None, filename: str) -> None:
    document = Document(media_type="application/pdf", data="JVBERi0=", title=title)
    (part,) = written(TAKES_FILES, messages=(message([document]),))["messages"][0]["content"]
    assert part["file"]["filename"] == filename


def test_a_server_that_takes_no_files_is_told_of_the_document() -> None:
    said = message([LEASE, Text(text="When does it end?")])
    sent = written(messages=(said,), live="noon")["messages"][0]["content"]
    assert sent == f"<mira:live>\nnoon\n</mira:live>\n\n{UNREAD}\n\nWhen does it end?"


def test_a_document_without_words_or_name_is_told_of_alone() -> None:
    document = Document(media_type="application/pdf", data="JVBERi0=")
    sent = written(messages=(message([document]),))["messages"][0]["content"]
    assert sent == "[A PDF was attached, which this model cannot read.]"


def test_a_thought_of_another_model_is_left_out() -> None:
    blocks = (Thought(text="Hm.", signature="c2ln"), Text(text="Blue."))
    sent = written(messages=(message("look"), message(blocks, Role.ASSISTANT)))["messages"]
    assert sent[1] == {"role": "assistant", "content": "Blue."}


def test_tool_calls_and_their_results_are_paired_by_id() -> None:
    call = ToolCall(id="t1", name="look", input={"at": "Zürich"})
    results = [
        ToolResult(tool_call_id="t1", text="blue", ok=True),
        ToolResult(tool_call_id="t2", text="gone", ok=False),
    ]
    messages = (
        message("look"),
        message([Text(text="Looking."), call], Role.ASSISTANT),
        message(results, Role.TOOL),
    )
    _, said, *heard = written(messages=messages)["messages"]
    assert said["content"] == "Looking."
    assert said["tool_calls"][0]["function"] == {"name": "look", "arguments": '{"at": "Zürich"}'}
    assert [(m["role"], m["tool_call_id"]) for m in heard] == [("tool", "t1"), ("tool", "t2")]


def test_a_bare_tool_call_has_no_words() -> None:
    call = ToolCall(id="t1", name="look", input={})
    sent = written(messages=(message("look"), message([call], Role.ASSISTANT)))["messages"]
    assert "content" not in sent[1]


def test_tools_are_described_as_functions() -> None:
    tool = ToolDefinition(name="look", description="Looks.", schema={"type": "object"})
    function = {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}
    assert written(tools=(tool,))["tools"] == [{"type": "function", "function": function}]


@pytest.mark.parametrize(
    ("model", "purpose", "thinking", "effort"),
    [
        ("gpt-5-nano", Purpose.TOUCHSTONE, 0, "minimal"),
        ("gpt-5-mini-2025-08-07", Purpose.TURN, 0, "minimal"),
        ("gpt-5.4-nano", Purpose.TOUCHSTONE, 0, "none"),
        ("o3", Purpose.TOUCHSTONE, 0, "low"),
        ("gpt-5-nano", Purpose.SUMMARY, 0, "low"),
        ("gpt-5-nano", Purpose.TURN, 4000, "medium"),
    ],
)
def test_a_fast_model_that_a_turn_waits_for_thinks_as_little_as_it_can(
    model: str, purpose: Purpose, thinking: int, effort: str
) -> None:
    params = written(OFFICIAL, model, fast=True, purpose=purpose, thinking=thinking)
    assert params["reasoning_effort"] == effort


def test_any_server_takes_the_old_name_of_the_limit() -> None:
    params = written(max_tokens=100, temperature=0.5)
    assert (params["max_tokens"], params["temperature"]) == (100, 0.5)
    assert "max_completion_tokens" not in params


def test_openai_itself_takes_the_new_name_of_the_limit() -> None:
    params = written(OFFICIAL, "gpt-4o", max_tokens=100)
    assert params["max_completion_tokens"] == 100
    assert "max_tokens" not in params


def test_a_model_that_thinks_unasked_has_room_for_it_and_no_temperature() -> None:
    params = written(OFFICIAL, "gpt-5-mini", max_tokens=100, temperature=0.5)
    assert params["max_completion_tokens"] == 100 + UNASKED_THINKING
    assert params["reasoning_effort"] == "low"
    assert "temperature" not in params


@pytest.mark.parametrize(
    ("thinking", "effort"), [(1024, "low"), (4000, "medium"), (32_000, "high")]
)
def test_a_thinking_budget_becomes_an_effort(thinking: int, effort: str) -> None:
    params = written(OFFICIAL, "gpt-5", thinking=thinking)
    assert params["reasoning_effort"] == effort


def test_usage_is_not_asked_of_a_server_that_does_not_know_it() -> None:
    assert "stream_options" not in written(Dialect(usage_in_stream=False))


def test_a_closed_schema_is_asked_for_strictly() -> None:
    sent = written(schema=STRICT)["response_format"]["json_schema"]
    assert (sent["strict"], sent["schema"]) == (True, STRICT)


@pytest.mark.parametrize(
    "schema",
    [
        {**STRICT, "additionalProperties": True},
        {**STRICT, "required": []},
        {**STRICT, "required": None},
        {"type": "array", "items": {**STRICT, "required": []}},
        {"anyOf": [STRICT, {"type": "object", "properties": {"b": {}}}]},
    ],
    ids=["open", "optional", "no list", "inside a list", "inside a choice"],
)
def test_an_open_schema_is_not_asked_for_strictly(schema: dict[str, Any]) -> None:
    assert not is_strict(schema)


def test_the_last_word_of_a_turn_keeps_its_tools_but_may_not_call_them() -> None:
    look = ToolDefinition(name="look", description="Looks.", schema={"type": "object"})
    params = written(tools=(look,), may_call=False)
    assert len(params["tools"]) == 1
    assert params["tool_choice"] == "none"
