"""Tool calls that come in pieces, and replies that no well-behaved server sends."""

from collections.abc import Iterator
from json import JSONDecodeError
from typing import Any

import pytest

from adapters.llm_wire import PartialCalls
from adapters.openai_compatible import OpenAICompatibleLLM
from cns.domain.message import ToolCall
from cns.ports import ModelDone, ModelEvent, ModelRequest, ModelText, ModelToolCall
from config.settings import LLMSettings
from tests.fakes.llm_server import FakeLLMServer, Raw
from tests.fakes.llm_wire import openai_frame
from tests.values import message


def arriving(*pieces: str) -> PartialCalls:
    calls = PartialCalls()
    calls.open(0, "whole", "look")
    calls.open(1, "partial", "look")
    for piece in pieces:
        calls.grow(1, piece)
    return calls


def test_a_call_without_arguments_has_none() -> None:
    inputs = [dict(found.call.input) for found in arriving().finished(cut_short=False)]
    assert inputs == [{}, {}]


def test_a_call_that_ran_into_the_length_limit_is_left_out() -> None:
    found = list(arriving('{"at": "s').finished(cut_short=True))
    assert [call.call.id for call in found] == ["whole"]


def test_a_call_that_is_not_json_is_an_error() -> None:
    with pytest.raises(JSONDecodeError):
        list(arriving("{oops}").finished(cut_short=False))


def test_a_call_that_is_not_an_object_is_an_error() -> None:
    with pytest.raises(TypeError, match="look"):
        list(arriving("[1]").finished(cut_short=False))


# --- chunks as some servers write them -------------------------------------------------------


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return openai_frame({"id": "1", "object": "chat.completion.chunk", "choices": [choice]})


@pytest.fixture
def server() -> Iterator[FakeLLMServer]:
    with FakeLLMServer() as running:
        yield running


def answered(server: FakeLLMServer, *chunks: bytes) -> list[ModelEvent]:
    server.will(Raw(b"".join(chunks)))
    settings = LLMSettings(provider="openai", base_url=server.openai_url, model="m")
    llm = OpenAICompatibleLLM.from_settings(settings)
    events = list(llm.stream(ModelRequest(system=(), messages=(message("hello"),))))
    llm.close()
    return events


def stop_of(events: list[ModelEvent]) -> str:
    last = events[-1]
    assert isinstance(last, ModelDone)
    return last.stop


def test_a_refusal_in_a_field_of_its_own_is_passed_on(server: FakeLLMServer) -> None:
    events = answered(server, chunk({"refusal": "I would rather not."}), chunk({}, "stop"))
    assert events[0] == ModelText(text="I would rather not.")
    assert stop_of(events) == "refusal"


def test_a_tool_call_is_a_stop_for_tools_whatever_the_server_calls_it(
    server: FakeLLMServer,
) -> None:
    call = {"index": 0, "id": "c", "function": {"name": "look", "arguments": "{}"}}
    events = answered(server, chunk({"tool_calls": [call]}), chunk({}, "stop"))
    assert events[0] == ModelToolCall(call=ToolCall(id="c", name="look", input={}))
    assert stop_of(events) == "tools"


def test_a_piece_of_a_call_without_a_function_is_passed_over(server: FakeLLMServer) -> None:
    events = answered(server, chunk({"tool_calls": [{"index": 0}]}), chunk({}, "stop"))
    assert stop_of(events) == "end"


def test_an_answer_without_usage_counts_nothing(server: FakeLLMServer) -> None:
    events = answered(server, chunk({"content": "Hello."}), chunk({}, "stop"))
    last = events[-1]
    assert isinstance(last, ModelDone)
    assert (last.model, last.usage.output_tokens) == ("m", 0)
