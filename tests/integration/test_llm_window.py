"""A server whose context is smaller than MIRA takes it to be, over the wire."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from uuid import uuid4

import pytest
from pydantic import SecretStr

from adapters.providers import choose_llm
from cns.domain.message import TurnId
from cns.domain.stream import TurnEvent
from cns.domain.tokens import text_tokens
from cns.ports import LLM
from cns.services.pump import Stop
from config.settings import LLMSettings
from tests.conversing import Conversation, completed, saying
from tests.fakes.clock import FrozenClock
from tests.fakes.llm import Says
from tests.fakes.llm_server import Answerer, Behaviour, FakeLLMServer, Status
from tests.fakes.llm_wire import WireRequest

WINDOW = 8192
LONG = "I saw a heron by the weir. " * 200
SILENT = "Please reduce the length of the messages or completion."
STATED = "This model's maximum context length is 8192 tokens. However, you requested more."


def holding(words: str) -> Answerer:
    """Refuses, in these words, what is above the window by the plain estimate."""

    def answer(request: WireRequest) -> Behaviour:
        if text_tokens(request.raw.decode()) > WINDOW:
            return Status(400, words, code="context_length_exceeded")
        return Says("Yes, a heron.")

    return answer


@pytest.fixture
def server() -> Iterator[FakeLLMServer]:
    with FakeLLMServer() as running:
        yield running


@pytest.fixture
def llm(server: FakeLLMServer) -> Iterator[LLM]:
    settings = LLMSettings(
        provider="openai", base_url=server.openai_url, api_key=SecretStr("key"), model="small"
    )
    with closing(choose_llm(settings, FrozenClock())) as made:
        yield made


def talking(llm: LLM) -> Callable[[], Sequence[TurnEvent]]:
    """Says the same long thing in one chapter, as often as it is called."""
    turns = replace(Conversation().turns, llm=llm)
    return lambda: list(turns.run(TurnId(uuid4()), saying(LONG), Stop()))


@pytest.mark.parametrize("words", [SILENT, STATED], ids=["silent", "stated"])
def test_a_chapter_that_outgrows_an_undeclared_window_costs_one_request(
    server: FakeLLMServer, llm: LLM, words: str
) -> None:
    server.answerer, say = holding(words), talking(llm)
    for _ in range(8):
        assert completed(say()).text == "Yes, a heron."
    assert len(server.requests) == 9


@pytest.mark.parametrize("words", [SILENT, STATED], ids=["silent", "stated"])
def test_a_long_chapter_that_moves_to_a_small_server_goes_on_at_once(
    server: FakeLLMServer, llm: LLM, words: str
) -> None:
    server.answerer, say = (lambda _: Says("Yes.")), talking(llm)
    for _ in range(10):
        completed(say())
    server.answerer = holding(words)
    for _ in range(3):
        completed(say())
    assert len(server.requests) == 10 + 1 + 3
