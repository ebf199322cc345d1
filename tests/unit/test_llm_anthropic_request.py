"""How a request is written for Anthropic: marks, live block, thinking, schema."""

from typing import Any, cast

import pytest

from adapters.anthropic_request import UNASKED_THINKING, as_params, takes_budget
from cns.domain.message import Document, Image, Role, Text, Thought, ToolCall, ToolResult
from cns.ports import ModelRequest, SystemBlock, ToolDefinition
from tests.values import message

MARK = {"type": "ephemeral"}
OLDER = "claude-haiku-4-5"
NEWER = "claude-sonnet-5"
LONG = "word " * 1000
CALL = ToolCall(id="t1", name="look", input={"at": "sky"})
RESULT = ToolResult(tool_call_id="t1", text="blue", ok=True)
THOUGHT = Thought(text="The sky?", signature="c2ln")


def written(model: str = OLDER, **fields: Any) -> dict[str, Any]:
    request = ModelRequest(**{"system": (), "messages": (message("hello"),), **fields})
    return cast(dict[str, Any], as_params(request, model))


def tool(name: str) -> ToolDefinition:
    return ToolDefinition(name=name, description=f"Does {name}.", schema={"type": "object"})


def test_the_last_cached_system_block_carries_the_mark() -> None:
    blocks = (
        SystemBlock(text="a", cached=True),
        SystemBlock(text="b", cached=True),
        SystemBlock(text="c", cached=False),
    )
    system = written(system=blocks)["system"]
    assert [block.get("cache_control") for block in system] == [None, MARK, None]


def test_no_system_block_is_marked_when_none_is_cached() -> None:
    system = written(system=(SystemBlock(text="a", cached=False),))["system"]
    assert "cache_control" not in system[0]


def test_only_the_last_tool_carries_the_mark() -> None:
    tools = written(tools=(tool("a"), tool("b")))["tools"]
    assert [t.get("cache_control") for t in tools] == [None, MARK]


def test_a_long_history_is_marked_at_the_last_answer() -> None:
    messages = (
        message(LONG),
        message("first", Role.ASSISTANT),
        message("and?"),
        message("second", Role.ASSISTANT),
        message("newest"),
    )
    sent = written(messages=messages)["messages"]
    marked = [i for i, m in enumerate(sent) if "cache_control" in m["content"][-1]]
    assert marked == [3]


def test_a_short_history_is_not_marked() -> None:
    messages = (message("a"), message("b", Role.ASSISTANT), message("c"))
    sent = written(messages=messages)["messages"]
    assert not any("cache_control" in m["content"][-1] for m in sent)


def test_a_history_of_pictures_counts_as_long() -> None:
    picture = Image(media_type="image/png", data="aGVsbG8=")
    messages = (message([picture]), message("nice", Role.ASSISTANT), message("c"))
    sent = written(messages=messages)["messages"]
    assert sent[1]["content"][0]["cache_control"] == MARK


def test_the_live_block_stands_before_the_users_words_and_pictures() -> None:
    picture = Image(media_type="image/png", data="aGVsbG8=")
    sent = written(messages=(message([picture, Text(text="this?")]),), live="noon")["messages"]
    kinds = [block["type"] for block in sent[0]["content"]]
    assert kinds == ["text", "image", "text"]
    assert sent[0]["content"][0]["text"] == "<mira:live>\nnoon\n</mira:live>"


def test_a_document_is_sent_with_its_title() -> None:
    lease = Document(media_type="application/pdf", data="JVBERi0=", title="Lease")
    (sent,) = written(messages=(message([lease]),))["messages"]
    source = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
    assert sent["content"] == [{"type": "document", "source": source, "title": "Lease"}]


def test_two_messages_of_the_user_in_a_row_become_one() -> None:
    sent = written(messages=(message("lost"), message("again")), live="noon")["messages"]
    texts = [block["text"] for block in sent[0]["content"]]
    assert texts == ["lost", "<mira:live>\nnoon\n</mira:live>", "again"]


def test_results_of_tools_come_back_in_one_message_of_the_user() -> None:
    other = ToolResult(tool_call_id="t2", text="gone", ok=False)
    messages = (
        message("look"),
        message([Text(text=" "), CALL], Role.ASSISTANT),
        message([RESULT], Role.TOOL),
        message([other], Role.TOOL),
    )
    sent = written(messages=messages)["messages"]
    assert [m["role"] for m in sent] == ["user", "assistant", "user"]
    assert sent[1]["content"] == [
        {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": "sky"}}
    ]
    assert [block["is_error"] for block in sent[2]["content"]] == [False, True]


def test_a_thinking_budget_comes_on_top_of_the_answers_limit() -> None:
    params = written(OLDER, thinking=3000, max_tokens=1000)
    assert params["thinking"] == {"type": "enabled", "budget_tokens": 3000}
    assert params["max_tokens"] == 4000


def test_a_budget_below_the_least_is_raised_to_it() -> None:
    assert written(OLDER, thinking=5, max_tokens=1000)["max_tokens"] == 2024


@pytest.mark.parametrize("model", [OLDER, NEWER])
def test_a_model_thinks_on_after_a_tools_result_with_its_thought_before_the_call(
    model: str,
) -> None:
    messages = (
        message("look"),
        message([THOUGHT, CALL], Role.ASSISTANT),
        message([RESULT], Role.TOOL),
    )
    params = written(model, messages=messages, thinking=3000, max_tokens=1000)
    thought, call = params["messages"][1]["content"]
    assert thought == {"type": "thinking", "thinking": "The sky?", "signature": "c2ln"}
    assert call["type"] == "tool_use"
    assert params["max_tokens"] == 4000
    assert "thinking" in params


def test_a_model_without_a_budget_thinks_on_without_its_thought() -> None:
    messages = (message("look"), message([CALL], Role.ASSISTANT), message([RESULT], Role.TOOL))
    assert "thinking" in written(NEWER, messages=messages, thinking=3000)


@pytest.mark.parametrize("model", [OLDER, NEWER])
def test_no_thought_is_sent_to_a_model_that_is_not_to_think(model: str) -> None:
    messages = (
        message("look"),
        message([THOUGHT, CALL], Role.ASSISTANT),
        message([RESULT], Role.TOOL),
    )
    sent = written(model, messages=messages)["messages"]
    assert [block["type"] for block in sent[1]["content"]] == ["tool_use"]


def test_thoughts_of_earlier_turns_are_left_out() -> None:
    messages = (
        message("look"),
        message([THOUGHT, CALL], Role.ASSISTANT),
        message([RESULT], Role.TOOL),
        message([THOUGHT], Role.ASSISTANT),
        message("and now?"),
    )
    sent = written(messages=messages, thinking=3000)["messages"]
    kinds = [block["type"] for one in sent for block in one["content"]]
    assert kinds == ["text", "tool_use", "tool_result", "text"]


def test_a_model_with_a_budget_does_not_think_on_without_its_thought() -> None:
    messages = (
        message("look"),
        message([CALL], Role.ASSISTANT),
        message([RESULT], Role.TOOL),
    )
    params = written(OLDER, messages=messages, thinking=3000, max_tokens=1000)
    assert "thinking" not in params
    assert params["max_tokens"] == 1000


def test_a_newer_model_decides_for_itself_how_much_it_thinks() -> None:
    params = written(NEWER, thinking=3000, max_tokens=1000)
    assert params["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert params["max_tokens"] == 4000


def test_a_newer_model_that_thinks_unasked_has_room_for_it() -> None:
    params = written(NEWER, max_tokens=1000)
    assert "thinking" not in params
    assert params["max_tokens"] == 1000 + UNASKED_THINKING


def test_nothing_is_said_of_temperature() -> None:
    assert "temperature" not in written(temperature=0.3)


@pytest.mark.parametrize(
    ("model", "budget"),
    [
        ("claude-sonnet-4-5-20250929", True),
        ("claude-haiku-4-5", True),
        ("claude-opus-4-20250514", True),
        ("claude-3-7-sonnet-latest", True),
        ("claude-sonnet-4-6", False),
        ("claude-opus-5-5", False),
    ],
)
def test_which_models_take_a_thinking_budget(model: str, budget: bool) -> None:
    assert takes_budget(model) is budget


def test_a_schema_is_closed_and_its_limits_move_into_words() -> None:
    schema = {
        "type": "object",
        "properties": {"age": {"type": "integer", "minimum": 0}},
        "required": ["age"],
    }
    sent = written(schema=schema)["output_config"]["format"]
    assert sent["type"] == "json_schema"
    assert sent["schema"]["additionalProperties"] is False
    assert "minimum: 0" in sent["schema"]["properties"]["age"]["description"]


def test_a_value_of_several_types_becomes_a_choice() -> None:
    either = {"type": ["string", "null"], "description": "a date"}
    schema = {"type": "object", "properties": {"when": either}, "required": ["when"]}
    sent = written(schema=schema)["output_config"]["format"]["schema"]
    assert sent["properties"]["when"] == {
        "anyOf": [{"type": "string"}, {"type": "null"}],
        "description": "a date",
    }


def test_choices_within_a_schema_are_written_alike() -> None:
    inner = {"anyOf": [{"type": ["integer", "null"]}, {"type": "string"}]}
    schema = {"type": "object", "properties": {"x": inner}}
    sent = written(schema=schema)["output_config"]["format"]["schema"]
    assert sent["properties"]["x"]["anyOf"][0] == {"anyOf": [{"type": "integer"}, {"type": "null"}]}


def test_the_last_word_of_a_turn_keeps_its_tools_but_may_not_call_them() -> None:
    params = written(tools=(tool("look"),), may_call=False)
    assert [t["name"] for t in params["tools"]] == ["look"]
    assert params["tool_choice"] == {"type": "none"}
