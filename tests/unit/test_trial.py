"""Trying a provider out: it is really asked, and whatever comes of it is told in words."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from adapters.trial import completed, tried
from cns.domain.trial import Candidate, Trial
from config.settings import LLMSettings
from tests.fakes.llm import Calls, Says
from tests.fakes.llm_server import Behaviour, FakeLLMServer, Status, closed_port_url

READY = Calls("ready", {})
PROTOCOLS = pytest.mark.parametrize("provider", ["anthropic", "openai", "ollama"])


@pytest.fixture
def server() -> Iterator[FakeLLMServer]:
    with FakeLLMServer() as running:
        yield running


def plain(settings: LLMSettings) -> LLMSettings:
    return settings


def ask(provider: str, server: FakeLLMServer, *answers: Behaviour, model: str = "m") -> Trial:
    server.will(*answers)
    url = server.openai_url if provider == "openai" else server.url
    key = "s3cret-key"
    candidate = Candidate(provider=provider, base_url=url, model=model, api_key=key)
    return tried(candidate, LLMSettings(provider="local"), plain)


@PROTOCOLS
def test_a_provider_that_answers_is_told_with_what_it_can(
    provider: str, server: FakeLLMServer
) -> None:
    trial = ask(provider, server, Says("One two three four five."), READY)
    assert (trial.ok, trial.code, trial.provider, trial.model) == (True, None, provider, "m")
    assert trial.detail.startswith("m answered in ")
    assert (trial.streaming, trial.tools) == (True, True)
    assert trial.models == ("llama3.2:latest", "qwen3:8b")
    assert trial.first_token_ms is not None
    assert trial.latency_ms is not None
    assert 0 < trial.first_token_ms <= trial.latency_ms
    assert all(request.body["model"] == "m" for request in server.requests)


@PROTOCOLS
def test_a_model_that_calls_no_tools_is_well_all_the_same(
    provider: str, server: FakeLLMServer
) -> None:
    assert not ask(provider, server, Says("One two."), Says("No.")).tools
    refused = ask(provider, server, Says("One two."), Status(400))
    assert (refused.ok, refused.tools) == (True, False)


@PROTOCOLS
def test_an_unknown_model_is_told_with_the_nearest_that_there_are(
    provider: str, server: FakeLLMServer
) -> None:
    trial = ask(provider, server, Status(404), model="llama3")
    assert (trial.ok, trial.code) == (False, "llm_unknown_model")
    assert trial.detail.endswith("It offers llama3.2:latest.")
    assert trial.models == ("llama3.2:latest", "qwen3:8b")


@pytest.mark.parametrize(
    ("answer", "code", "retryable"),
    [
        (Status(401, "wrong key s3cret-key"), "llm_refused_key", False),
        (Status(402), "llm_no_credit", False),
        (Status(429), "llm_rate_limited", True),
        (Status(503), "llm_overloaded", True),
    ],
)
@PROTOCOLS
def test_a_failure_has_its_code_and_no_word_of_the_key(
    provider: str, server: FakeLLMServer, answer: Status, code: str, retryable: bool
) -> None:
    trial = ask(provider, server, answer)
    assert (trial.ok, trial.code, trial.retryable) == (False, code, retryable)
    assert trial.detail
    assert "s3cret" not in trial.detail


@PROTOCOLS
def test_where_nobody_listens_is_named(provider: str) -> None:
    url = closed_port_url()
    candidate = Candidate(provider=provider, base_url=url, model="m", api_key="k")
    trial = tried(candidate, LLMSettings(), plain)
    assert (trial.ok, trial.code) == (False, "llm_unreachable")
    assert url in trial.detail


def test_a_provider_without_its_key_is_told_what_is_missing() -> None:
    trial = tried(Candidate(provider="anthropic"), LLMSettings(provider="local"), plain)
    assert (trial.ok, trial.code, trial.provider) == (False, "misconfigured", "anthropic")
    assert "ANTHROPIC_API_KEY" in trial.detail


def test_a_server_without_a_model_named_is_asked_which_it_has(server: FakeLLMServer) -> None:
    trial = ask("openai", server, model="")
    assert (trial.ok, trial.code, trial.model) == (False, "llm_model_missing", None)
    assert trial.detail.endswith("It offers llama3.2:latest, qwen3:8b.")
    assert trial.models == ("llama3.2:latest", "qwen3:8b")
    assert server.requests == []


def test_a_server_that_is_not_there_is_not_asked_for_a_model() -> None:
    candidate = Candidate(provider="openai", base_url=closed_port_url())
    trial = tried(candidate, LLMSettings(provider="local"), plain)
    assert (trial.ok, trial.code) == (False, "llm_unreachable")


def test_an_answer_without_a_word_is_said_to_be_one(server: FakeLLMServer) -> None:
    trial = ask("openai", server, Says("", stop="length"), READY)
    assert trial.ok
    assert "wrote nothing" in trial.detail
    assert trial.first_token_ms is None


def test_what_is_left_out_is_taken_from_the_settings() -> None:
    settings = LLMSettings(
        provider="openai", base_url="http://here/v1", model="m", api_key=SecretStr("k")
    )
    same = completed(Candidate(), settings, plain)
    assert (same.base_url, same.model, same.api_key) == ("http://here/v1", "m", SecretStr("k"))
    usual = completed(Candidate(model=""), settings, plain)
    assert usual.model is None
    spelled = completed(Candidate(base_url="http://here/v1"), settings, plain)
    assert spelled.api_key == SecretStr("k")


def test_a_key_goes_to_no_other_place_than_its_own() -> None:
    settings = LLMSettings(
        provider="openai", base_url="http://here/v1", model="m", api_key=SecretStr("k")
    )
    other = completed(Candidate(provider="anthropic"), settings, plain)
    assert (other.provider, other.base_url, other.model, other.api_key) == (
        "anthropic",
        None,
        None,
        None,
    )
    assert completed(Candidate(base_url="http://there/v1"), settings, plain).api_key is None
    assert completed(Candidate(base_url=""), settings, plain).base_url is None


def test_a_key_that_is_given_is_used_once_and_shown_nowhere() -> None:
    candidate = Candidate(provider="anthropic", api_key="s3cret")
    own = completed(candidate, LLMSettings(provider="local"), plain)
    assert own.api_key == SecretStr("s3cret")
    assert "s3cret" not in repr(candidate)


def test_nobody_is_kept_waiting_longer_than_half_a_minute() -> None:
    assert completed(Candidate(), LLMSettings(provider="local"), plain).read_seconds == 30
