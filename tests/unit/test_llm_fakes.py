"""The fake model and the fake server keep their own promises."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from cns.ports import ModelRequest, ModelText
from tests.fakes.llm import Call, Calls, FakeLLM, Says, document
from tests.fakes.llm_server import Behaviour, FakeLLMServer, blank
from tests.fakes.llm_wire import WireRequest
from tests.values import message

HELLO = ModelRequest(system=(), messages=(message("hello"),))
LIVE = (
    "<mira:live>\n"
    '- [0a1b2c3d] (memory, today) "I drive a Volvo."\n'
    '- [4e5f6a7b] (memory, today) "My dog is Biscuit."\n'
    "</mira:live>\n\n"
)
DOORS = ["/v1/messages", "/v1/chat/completions"]


@pytest.fixture
def server() -> Iterator[FakeLLMServer]:
    with FakeLLMServer() as running:
        yield running


def posted(server: FakeLLMServer, path: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(server.url + path, json.dumps(body).encode())
    with urllib.request.urlopen(request) as response:
        answer: dict[str, Any] = json.load(response)
        return answer


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **more}


def words(answer: dict[str, Any]) -> str:
    text: str = (
        answer["content"][0]["text"]
        if "content" in answer
        else answer["choices"][0]["message"]["content"]
    )
    return text


def test_running_out_of_script_is_a_failure() -> None:
    with pytest.raises(AssertionError, match="hello"):
        list(FakeLLM().stream(HELLO))


def test_a_step_may_look_at_the_request() -> None:
    llm = FakeLLM([lambda request: Says(request.messages[-1].text.upper())])
    assert ModelText(text="HELLO") in list(llm.stream(HELLO))
    assert (llm.requests, llm.left) == ([HELLO], 0)


@pytest.mark.parametrize("path", DOORS)
def test_the_server_answers_whole_when_asked_to(server: FakeLLMServer, path: str) -> None:
    assert words(posted(server, path, said("good morning"))) == "I heard: good morning"


@pytest.mark.parametrize("path", DOORS)
def test_the_server_calls_tools_whole_when_asked_to(server: FakeLLMServer, path: str) -> None:
    server.will(Calls(Call(name="look", input={"at": "sky"})))
    assert "look" in json.dumps(posted(server, path, said("look")))


@pytest.mark.parametrize("path", DOORS)
def test_the_echo_cites_what_bears_on_the_question(server: FakeLLMServer, path: str) -> None:
    answer = words(posted(server, path, said(LIVE + "What is my dog called?")))
    assert answer == 'I remember: "My dog is Biscuit." <mira:memory_ref="4e5f6a7b" />'


def test_a_test_may_answer_for_itself(server: FakeLLMServer) -> None:
    def answer(request: WireRequest) -> Behaviour:
        return document({"facts": [request.newest_text]}) if request.schema else Says("no")

    server.answerer = answer
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
    body = said("I have a dog.", response_format=wanted)
    assert words(posted(server, DOORS[1], body)) == '{"facts": ["I have a dog."]}'


def test_a_blank_document_follows_its_schema() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "array"},
            "b": {"enum": ["x", "y"]},
            "c": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "d": {"type": "null"},
        },
    }
    assert blank(schema) == {"a": [], "b": "x", "c": "", "d": None}


@pytest.mark.parametrize("path", ["/v1/models", "/api/tags"])
def test_the_server_lists_its_models(server: FakeLLMServer, path: str) -> None:
    with urllib.request.urlopen(server.url + path) as response:
        assert "llama3.2:latest" in response.read().decode()
