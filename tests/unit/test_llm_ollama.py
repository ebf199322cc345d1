"""Ollama: its models found and sized, its own API spoken, and nothing asked that it cannot do."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from adapters.ollama import NOT_CHOSEN, OllamaLLM
from cns.domain.message import Document, Image, Role, Text, ToolCall, ToolResult
from cns.errors import ModelUnavailable
from cns.ports import ModelDone, ModelEvent, ModelRequest, ModelToolCall, ToolDefinition
from config.settings import LLMSettings
from tests.fakes.llm import Call, Calls, Says
from tests.fakes.llm_server import FakeLLMServer, Raw, Status, closed_port_url
from tests.fakes.ollama_wire import ollama_line
from tests.values import message

HELLO = ModelRequest(system=(), messages=(message("hello"),))
WEATHER = ToolDefinition(name="weather", description="Tells it.", schema={"type": "object"})
PICTURE = Image(media_type="image/png", data="aGVsbG8=")


@pytest.fixture
def server() -> Iterator[FakeLLMServer]:
    with FakeLLMServer() as running:
        yield running


def ollama(url: str, **fields: object) -> OllamaLLM:
    settings = LLMSettings.model_validate({"provider": "ollama", "base_url": url, **fields})
    return OllamaLLM.from_settings(settings)


def sent(server: FakeLLMServer, request: ModelRequest = HELLO, **fields: Any) -> dict[str, Any]:
    """The body of the request that is made."""
    with closing(ollama(server.url, **fields)) as llm:
        list(llm.stream(request))
    return server.requests[-1].body


def answered(llm: OllamaLLM, request: ModelRequest = HELLO) -> list[ModelEvent]:
    with closing(llm):
        return list(llm.stream(request))


def test_ollama_is_available_when_it_answers_with_a_model(server: FakeLLMServer) -> None:
    assert OllamaLLM.available(LLMSettings(base_url=server.url))


def test_ollama_without_a_model_is_not_available(server: FakeLLMServer) -> None:
    server.models = ()
    assert not OllamaLLM.available(LLMSettings(base_url=server.url))


def test_ollama_that_does_not_answer_is_not_available() -> None:
    assert not OllamaLLM.available(LLMSettings(base_url=closed_port_url()))


def test_ollama_takes_its_first_model_and_that_models_context(server: FakeLLMServer) -> None:
    with closing(ollama(server.url)) as llm:
        assert (llm.model, llm.context_tokens, llm.provider) == ("llama3.2:latest", 8192, "ollama")


def test_ollama_takes_the_model_that_is_named(server: FakeLLMServer) -> None:
    with closing(ollama(server.url, model="qwen3:8b")) as llm:
        assert (llm.model, llm.context_tokens) == ("qwen3:8b", 16_384)


def test_a_model_that_ollama_cannot_show_is_given_what_is_set(server: FakeLLMServer) -> None:
    with closing(ollama(server.url, model="unheard-of", num_ctx=9000)) as llm:
        assert llm.context_tokens == 9000


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({}, 8192),
        ({"num_ctx": 4096}, 4096),
        ({"num_ctx": 32_768, "model": "qwen3:8b"}, 32_768),
        ({"num_ctx": 32_768, "context_tokens": 20_000, "model": "qwen3:8b"}, 20_000),
    ],
)
def test_the_context_is_sent_with_every_call(
    server: FakeLLMServer, fields: dict[str, int | str], asked: int
) -> None:
    body = sent(server, HELLO, **fields)
    assert body["options"]["num_ctx"] == asked
    assert body["keep_alive"]


def test_the_first_call_of_a_model_chosen_for_one_message_is_sized_too(
    server: FakeLLMServer,
) -> None:
    server.lengths = {"qwen3:8b": 4096}
    request = ModelRequest(system=(), messages=(message("hello"),), model="qwen3:8b")
    assert sent(server, request)["options"]["num_ctx"] == 4096


def test_ollama_may_be_given_with_or_without_the_version_in_its_address(
    server: FakeLLMServer,
) -> None:
    answered(ollama(server.openai_url))
    assert server.requests[0].path == "/api/chat"


def test_the_key_of_a_guarded_ollama_is_sent(server: FakeLLMServer) -> None:
    answered(ollama(server.url, api_key="a key"))
    assert server.requests[0].headers["authorization"] == "Bearer a key"


def test_ollama_need_not_run_when_mira_starts() -> None:
    with closing(ollama(closed_port_url())) as llm:
        assert llm.model == NOT_CHOSEN
        with pytest.raises(ModelUnavailable) as caught:
            llm.ping()
    assert caught.value.code == "llm_unreachable"


def test_its_model_is_chosen_once_it_runs(server: FakeLLMServer) -> None:
    settings = LLMSettings(provider="ollama", base_url=server.url)
    with closing(OllamaLLM(settings)) as llm:
        before = (llm.model, llm.context_tokens)
        list(llm.stream(HELLO))
        assert before == (NOT_CHOSEN, 16_384)
        assert (llm.model, llm.context_tokens) == ("llama3.2:latest", 8192)


def test_ollama_with_no_model_says_how_to_get_one(server: FakeLLMServer) -> None:
    server.models = ()
    with (
        closing(ollama(server.url)) as llm,
        pytest.raises(ModelUnavailable, match="ollama pull") as caught,
    ):
        list(llm.stream(HELLO))
    assert (caught.value.code, caught.value.retryable) == ("llm_unknown_model", False)


def test_ollama_tells_how_it_is_without_a_model_call(server: FakeLLMServer) -> None:
    with closing(ollama(server.url)) as llm:
        assert "llama3.2:latest" in llm.ping()
    assert server.requests == []


def test_a_model_may_be_named_without_its_tag(server: FakeLLMServer) -> None:
    with closing(ollama(server.url, model="llama3.2")) as llm:
        assert "llama3.2" in llm.ping()


def test_a_model_that_was_removed_from_ollama_shows_when_asked_how_it_is(
    server: FakeLLMServer,
) -> None:
    with closing(ollama(server.url)) as llm:
        server.models = ("qwen3:8b",)
        with pytest.raises(ModelUnavailable, match="ollama pull"):
            llm.ping()


def test_what_it_counts_is_the_usage(server: FakeLLMServer) -> None:
    server.will(Says("Hello."))
    last = answered(ollama(server.url))[-1]
    assert isinstance(last, ModelDone)
    assert (last.usage.input_tokens, last.usage.output_tokens) == (20, 7)


def test_a_result_names_its_tool(server: FakeLLMServer) -> None:
    history = (
        message("Is it raining?"),
        message([ToolCall(id="1", name="weather", input={"at": 1})], Role.ASSISTANT),
        message([ToolResult(tool_call_id="1", text="dry", ok=True)], Role.TOOL),
    )
    body = sent(server, ModelRequest(system=(), messages=history, tools=(WEATHER,)))
    said, result = body["messages"][1:]
    assert said["tool_calls"] == [
        {"id": "1", "function": {"name": "weather", "arguments": {"at": 1}}}
    ]
    assert (result["tool_name"], result["content"]) == ("weather", "dry")


def test_a_call_without_an_id_is_given_one(server: FakeLLMServer) -> None:
    function = {"name": "weather", "arguments": {}}
    said = {"role": "assistant", "content": "", "tool_calls": [{"function": function}] * 2}
    server.will(Raw(ollama_line({"model": "m", "message": said, "done": True})))
    calls = [e.call.id for e in answered(ollama(server.url)) if isinstance(e, ModelToolCall)]
    assert len(set(calls)) == 2
    assert all(calls)


def test_tools_are_not_offered_when_none_may_be_called(server: FakeLLMServer) -> None:
    request = ModelRequest(
        system=(), messages=(message("hello"),), tools=(WEATHER,), may_call=False
    )
    assert "tools" not in sent(server, request)


def test_a_model_without_tools_is_offered_none(server: FakeLLMServer) -> None:
    server.skills = {"llama3.2:latest": ("completion",)}
    request = ModelRequest(system=(), messages=(message("hello"),), tools=(WEATHER,))
    assert "tools" not in sent(server, request)


@pytest.mark.parametrize(
    ("skills", "thinking", "asked"),
    [
        (("completion", "thinking"), 0, False),
        (("completion", "thinking"), 2000, True),
        (("completion",), 2000, None),
    ],
)
def test_only_a_model_that_thinks_is_told_whether_to(
    server: FakeLLMServer, skills: tuple[str, ...], thinking: int, asked: bool | None
) -> None:
    server.skills = {"llama3.2:latest": skills}
    request = ModelRequest(system=(), messages=(message("hello"),), thinking=thinking)
    assert sent(server, request).get("think") == asked


def test_a_model_that_does_not_see_is_told_of_the_picture(server: FakeLLMServer) -> None:
    server.skills = {"llama3.2:latest": ("completion",)}
    said = message([PICTURE, Text(text="What is this?")])
    heard = sent(server, ModelRequest(system=(), messages=(said,)))["messages"][0]
    assert "images" not in heard
    assert "cannot see" in heard["content"]


def test_a_document_is_told_of(server: FakeLLMServer) -> None:
    paper = Document(media_type="application/pdf", data="JVBERi0=", title="lease")
    said = message([paper, Text(text="Read it.")])
    heard = sent(server, ModelRequest(system=(), messages=(said,)))["messages"][0]
    assert "lease" in heard["content"]


def test_arguments_that_break_off_are_nonsense(server: FakeLLMServer) -> None:
    server.will(Calls(Call(name="weather", input={"place": "Oslo"}, half=True)))
    with pytest.raises(ModelUnavailable) as caught:
        answered(ollama(server.url))
    assert caught.value.code == "llm_nonsense"


def test_an_error_of_ollama_is_quoted(server: FakeLLMServer) -> None:
    server.will(Status(400, message="does not support tools"))
    with pytest.raises(ModelUnavailable, match="does not support tools"):
        answered(ollama(server.url))


def test_the_temperature_is_one_of_its_options(server: FakeLLMServer) -> None:
    request = ModelRequest(system=(), messages=(message("hello"),), temperature=0.2)
    assert sent(server, request)["options"]["temperature"] == 0.2
