"""Which provider can be used with which settings, and what is said when one cannot."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from pydantic import SecretStr

from adapters.anthropic import DEFAULT_MODEL, AnthropicLLM
from adapters.llm_errors import Vendor
from adapters.openai import OpenAILLM
from adapters.openai_compatible import Endpoint, OpenAICompatibleLLM, connection_for, dialect_of
from cns.domain.model import Purpose
from cns.errors import Misconfigured, ModelUnavailable
from cns.ports import ModelRequest
from composition.figures import touchstone_figures
from config.present import Present
from config.settings import LLMSettings, Settings
from tests.fakes.llm import FakeLLM, Says
from tests.fakes.llm_server import FakeLLMServer, Status
from tests.values import message

KEY = SecretStr("a key")
HELLO = ModelRequest(system=(), messages=(message("hello"),))


@pytest.fixture
def server() -> Iterator[FakeLLMServer]:
    with FakeLLMServer() as running:
        yield running


@pytest.mark.parametrize(
    ("settings", "available"),
    [
        (LLMSettings(), False),
        (LLMSettings(anthropic_api_key=KEY), True),
        (LLMSettings(openai_api_key=KEY), False),
        (LLMSettings(provider="anthropic", api_key=KEY), True),
        (LLMSettings(provider="openai", api_key=KEY), False),
    ],
)
def test_anthropic_is_available_with_its_key(settings: LLMSettings, available: bool) -> None:
    assert AnthropicLLM.available(settings) is available


@pytest.mark.parametrize(
    ("settings", "available"),
    [
        (LLMSettings(), False),
        (LLMSettings(openai_api_key=KEY), True),
        (LLMSettings(anthropic_api_key=KEY), False),
        (LLMSettings(provider="openai", api_key=KEY), True),
        (LLMSettings(base_url="http://localhost:1234/v1"), True),
    ],
)
def test_openai_is_available_with_a_key_or_a_server(settings: LLMSettings, available: bool) -> None:
    assert OpenAILLM.available(settings) is available


def test_anthropic_without_a_key_names_the_variable() -> None:
    with pytest.raises(Misconfigured, match="ANTHROPIC_API_KEY"):
        AnthropicLLM.from_settings(LLMSettings(provider="anthropic"))


def test_openai_without_a_key_names_the_variable() -> None:
    with pytest.raises(Misconfigured, match="OPENAI_API_KEY"):
        OpenAICompatibleLLM.from_settings(LLMSettings(provider="openai"))


def test_a_server_of_ones_own_needs_a_model() -> None:
    settings = LLMSettings(provider="openai", base_url="http://127.0.0.1:1/v1")
    with pytest.raises(Misconfigured, match="MIRA_LLM__MODEL"):
        OpenAICompatibleLLM.from_settings(settings)


def test_anthropic_has_a_default_model() -> None:
    llm = AnthropicLLM.from_settings(LLMSettings(anthropic_api_key=KEY))
    llm.close()
    assert (llm.model, llm.provider, llm.capable) == (DEFAULT_MODEL, "anthropic", True)
    assert llm.context_tokens == LLMSettings().context_tokens


@pytest.mark.parametrize(
    ("host", "official", "files"),
    [
        ("api.openai.com", True, True),
        ("openrouter.ai", False, True),
        ("127.0.0.1", False, False),
    ],
)
def test_only_servers_known_to_take_files_are_sent_any(
    host: str, official: bool, files: bool
) -> None:
    dialect = dialect_of(host)
    assert (dialect.official, dialect.files) == (official, files)


def test_openai_has_a_default_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    llm = OpenAICompatibleLLM.from_settings(LLMSettings(openai_api_key=KEY))
    llm.close()
    assert (llm.model, llm.provider, llm.capable) == ("gpt-5-mini", "openai", True)


def test_the_key_is_sent_with_the_request(server: FakeLLMServer) -> None:
    claude = AnthropicLLM.from_settings(LLMSettings(anthropic_api_key=KEY, base_url=server.url))
    other = OpenAICompatibleLLM.from_settings(
        LLMSettings(openai_api_key=KEY, base_url=server.openai_url, model="m")
    )
    for llm in (claude, other):
        list(llm.stream(HELLO))
        llm.close()
    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer a key", "Bearer a key"]


def test_the_fast_model_of_anthropic_is_haiku_unless_set(server: FakeLLMServer) -> None:
    llm = AnthropicLLM.from_settings(LLMSettings(anthropic_api_key=KEY, base_url=server.url))
    list(llm.stream(ModelRequest(system=(), messages=(message("hello"),), fast=True)))
    llm.close()
    assert server.requests[0].body["model"] == "claude-haiku-4-5"


@pytest.mark.parametrize(
    ("purpose", "model"), [(Purpose.TOUCHSTONE, "quick"), (Purpose.EXTRACTION, "slow")]
)
def test_a_default_for_what_a_turn_waits_for_leaves_background_work_to_the_better_model(
    server: FakeLLMServer, purpose: Purpose, model: str
) -> None:
    settings = LLMSettings(provider="openai", base_url=server.openai_url)
    endpoint = Endpoint(
        provider="openai",
        vendor=Vendor(name="OpenAI", key="K", place=server.openai_url),
        model="slow",
        quick_model="quick",
        context_tokens=8192,
    )
    connection = connection_for(settings, server.openai_url, "key")
    with closing(OpenAICompatibleLLM(connection, endpoint)) as llm:
        list(llm.stream(replace(HELLO, fast=True, purpose=purpose)))
    assert server.requests[0].body["model"] == model


@pytest.mark.parametrize(
    ("provider", "llm", "maker"),
    [
        ("anthropic", {}, "auto"),
        ("openai", {}, "auto"),
        ("openai", {"base_url": "https://api.openai.com/v1"}, "auto"),
        ("openai", {"base_url": "http://127.0.0.1:8000/v1"}, "rules"),
        ("openai", {"base_url": "http://127.0.0.1:8000/v1", "fast_model": "quick"}, "auto"),
        ("ollama", {}, "rules"),
        ("ollama", {"fast_model": "quick"}, "auto"),
    ],
)
def test_rules_say_what_a_turn_is_about_where_no_fast_model_is_known(
    provider: str, llm: dict[str, str], maker: str
) -> None:
    answers = FakeLLM()
    answers.provider = provider
    present = Present(Settings(llm=LLMSettings.model_validate(llm)))
    assert touchstone_figures(present, answers).maker == maker


def test_a_server_that_refuses_stream_options_is_asked_without(server: FakeLLMServer) -> None:
    server.will(Status(400, message="unknown field: stream_options"), Says("Hello."))
    settings = LLMSettings(provider="openai", base_url=server.openai_url, model="m")
    llm = OpenAICompatibleLLM.from_settings(settings)
    events = list(llm.stream(HELLO))
    llm.close()
    assert events
    assert ["stream_options" in request.body for request in server.requests] == [True, False]


def test_an_account_without_credit_is_told_apart_from_a_busy_one(server: FakeLLMServer) -> None:
    server.will(Status(429, code="insufficient_quota"))
    settings = LLMSettings(provider="openai", base_url=server.openai_url, model="m")
    llm = OpenAICompatibleLLM.from_settings(settings)
    with pytest.raises(ModelUnavailable) as caught:
        list(llm.stream(HELLO))
    llm.close()
    assert (caught.value.code, caught.value.retryable) == ("llm_no_credit", False)
