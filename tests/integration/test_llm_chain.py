"""Providers in a row, on servers that answer: who is asked, and with which server and key."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr

from adapters.chain import ChainedLLM
from adapters.providers import choose_llm, line_up
from cns.domain.message import TurnId
from cns.errors import Misconfigured
from cns.ports import LLM, ModelDone, ModelRequest
from cns.services.pump import Stop
from config.settings import Fallback, LLMSettings
from tests.conversing import completed, conversation, saying
from tests.fakes.clock import FrozenClock
from tests.fakes.llm import Says
from tests.fakes.llm_server import FakeLLMServer, Status, closed_port_url
from tests.values import message

HELLO = ModelRequest(system=(), messages=(message("hello"),))
KEY = SecretStr("key of the first")


@pytest.fixture
def primary() -> Iterator[FakeLLMServer]:
    with FakeLLMServer() as running:
        yield running


@pytest.fixture
def other() -> Iterator[FakeLLMServer]:
    with FakeLLMServer() as running:
        yield running


def row(primary: FakeLLMServer, other: FakeLLMServer, retries: int = 1) -> LLMSettings:
    """Anthropic first, then a server of one's own."""
    stand_in = Fallback(provider="openai", base_url=other.openai_url, model="stand-in")
    return LLMSettings(
        provider="anthropic",
        base_url=primary.url,
        api_key=KEY,
        model="first-choice",
        retries=retries,
        fallbacks=(stand_in,),
    )


def who_answers(llm: LLM) -> str:
    last = list(llm.stream(HELLO))[-1]
    assert isinstance(last, ModelDone)
    return last.model


def test_a_fallback_answers_while_the_primary_rests(
    primary: FakeLLMServer, other: FakeLLMServer
) -> None:
    clock = FrozenClock()
    primary.will(Status(529), Status(529))
    with closing(choose_llm(row(primary, other), clock)) as llm:
        answered = [who_answers(llm), who_answers(llm)]
        health = llm.ping()
        clock.move(timedelta(minutes=5))
        answered.append(who_answers(llm))

    assert answered == ["stand-in", "stand-in", "first-choice"]
    assert (len(primary.requests), len(other.requests)) == (3, 2)
    assert "stand-in" in health
    assert "anthropic first-choice rests until 09:35 UTC" in health


def test_a_turn_and_its_trace_name_the_model_that_answered(
    primary: FakeLLMServer, other: FakeLLMServer
) -> None:
    primary.will(Status(401))
    with closing(choose_llm(row(primary, other), FrozenClock())) as llm:
        talk = conversation()
        turns = replace(talk.turns, llm=llm)
        ended = completed(list(turns.run(TurnId(uuid4()), saying("Hello."), Stop())))

    trace = talk.store.turn(ended.turn_id).trace
    assert ended.model == "stand-in"
    assert trace is not None
    assert "stand-in" in str(trace["model_calls"])


def test_a_provider_that_is_not_there_is_left_for_the_next(other: FakeLLMServer) -> None:
    settings = LLMSettings(
        provider="openai",
        base_url=f"{closed_port_url()}/v1",
        model="m",
        retries=0,
        fallbacks=(Fallback(provider="ollama", base_url=other.url, model="qwen3:8b"),),
    )
    with closing(choose_llm(settings, FrozenClock())) as llm:
        assert who_answers(llm) == "qwen3:8b"


def test_a_remote_provider_alone_is_tried_again(primary: FakeLLMServer) -> None:
    primary.will(Status(503), Says("Hello."))
    settings = LLMSettings(provider="openai", base_url=primary.openai_url, model="m")
    with closing(choose_llm(settings, FrozenClock())) as llm:
        assert who_answers(llm) == "m"
    assert len(primary.requests) == 2


def test_an_entry_of_the_same_provider_shares_its_server_and_key(primary: FakeLLMServer) -> None:
    settings = LLMSettings(
        provider="anthropic",
        base_url=primary.url,
        api_key=KEY,
        model="dear",
        fallbacks=(Fallback(provider="anthropic", model="cheap"),),
    )
    primary.will(Status(404))
    with closing(choose_llm(settings, FrozenClock())) as llm:
        assert who_answers(llm) == "cheap"
    sent = {request.headers["authorization"] for request in primary.requests}
    assert sent == {f"Bearer {KEY.get_secret_value()}"}


def test_the_first_provider_s_key_is_kept_from_the_others(
    primary: FakeLLMServer, other: FakeLLMServer
) -> None:
    primary.will(Status(401))
    with closing(choose_llm(row(primary, other), FrozenClock())) as llm:
        who_answers(llm)
    assert KEY.get_secret_value() not in str(dict(other.requests[0].headers))


def test_the_built_in_model_may_stand_in() -> None:
    settings = LLMSettings(
        provider="openai",
        base_url=f"{closed_port_url()}/v1",
        model="m",
        fallbacks=(Fallback(provider="local"),),
    )
    with closing(choose_llm(settings, FrozenClock())) as llm:
        assert isinstance(llm, ChainedLLM)
        assert llm.context_tokens == settings.context_tokens


def test_an_entry_that_cannot_be_made_is_named(primary: FakeLLMServer) -> None:
    settings = LLMSettings(
        provider="openai",
        base_url=primary.openai_url,
        model="m",
        fallbacks=(Fallback(provider="local"), Fallback(provider="anthropic")),
    )
    with pytest.raises(Misconfigured, match=r"MIRA_LLM__FALLBACKS, entry 2 \(anthropic\)"):
        line_up(settings)
