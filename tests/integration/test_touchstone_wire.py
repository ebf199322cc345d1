"""The fast model's part in a turn, in both wire protocols."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from threading import Event
from uuid import uuid4

import pytest
from pydantic import SecretStr

from adapters.anthropic import AnthropicLLM
from adapters.openai_compatible import OpenAICompatibleLLM
from cns.domain.message import TurnId
from cns.domain.stream import MemoriesSurfaced, TouchstoneReady, TurnCompleted, TurnEvent
from cns.ports import LLM, ToolOutcome
from cns.services.pump import Stop
from config.settings import LLMSettings, TouchstoneSettings
from tests.conversing import Conversation, completed, saying, touchstones, words
from tests.fakes.llm import Calls, Says, document
from tests.fakes.llm_server import (
    Behaviour,
    Cut,
    ErrorEvent,
    FakeLLMServer,
    Nothing,
    Page,
    Raw,
    Status,
    Waits,
)
from tests.fakes.toolbox import FakeToolbox, done
from tests.waiting import until

VISIT = document({"narrative": "The visit of Ines in May", "hooks": ["train"]})


@dataclass(frozen=True)
class Wired:
    """A conversation whose models answer over a wire."""

    talk: Conversation
    server: FakeLLMServer
    llm: LLM

    def say(self, text: str, deadline: float = 20.0) -> list[TurnEvent]:
        figures = TouchstoneSettings(deadline_seconds=deadline)
        made = touchstones(self.llm, self.talk.store, lambda: figures, self.talk.pool)
        turns = replace(self.talk.turns, llm=self.llm, touchstones=made)
        return list(turns.run(TurnId(uuid4()), saying(text), Stop()))

    def source(self, events: list[TurnEvent]) -> str:
        end = events[-1]
        assert isinstance(end, TurnCompleted)
        trace = self.talk.store.turn(end.turn_id).trace
        assert trace is not None
        about = trace["touchstone"]
        assert isinstance(about, Mapping)
        return str(about["source"])

    def kept(self) -> str:
        touchstone = self.talk.store.load(self.talk.user.id).touchstone
        return touchstone.narrative if touchstone else ""

    def models(self) -> list[str]:
        return [str(request.body["model"]) for request in self.server.requests]


@pytest.fixture(params=["anthropic", "openai"])
def wired(request: pytest.FixtureRequest) -> Iterator[Wired]:
    kinds: dict[str, type[AnthropicLLM | OpenAICompatibleLLM]]
    kinds = {"anthropic": AnthropicLLM, "openai": OpenAICompatibleLLM}
    with FakeLLMServer() as server:
        settings = LLMSettings(
            provider=request.param,
            base_url=server.url if request.param == "anthropic" else server.openai_url,
            api_key=SecretStr("key"),
            model="slow",
            fast_model="quick",
        )
        llm = kinds[request.param].from_settings(settings)
        talk = Conversation(toolbox=FakeToolbox(echo=echo, look=echo))
        yield Wired(talk=talk, server=server, llm=llm)
        llm.close()
        talk.pool.shutdown(wait=True)


def echo(given: Mapping[str, object]) -> ToolOutcome:
    return done(str(given.get("word", "")))


def told(events: list[TurnEvent]) -> str:
    return next(event.text for event in events if isinstance(event, TouchstoneReady))


def degraded(events: list[TurnEvent]) -> tuple[str, ...]:
    return next(event.degraded for event in events if isinstance(event, MemoriesSurfaced))


def test_the_fast_model_says_what_it_is_about_and_the_other_answers(wired: Wired) -> None:
    wired.server.notes.append(VISIT)
    events = wired.say("When does she come?")
    (aside,) = wired.server.asides
    assert (aside.body["model"], wired.models()) == ("quick", ["slow"])
    assert told(events).startswith("The visit of Ines in May")
    assert (wired.source(events), degraded(events)) == ("made", ())


def test_an_answer_cut_short_by_its_length_serves_as_far_as_it_goes(wired: Wired) -> None:
    wired.server.notes.append(Says(VISIT.text[:-3], stop="length"))
    assert wired.source(wired.say("When does she come?")) == "made"


@pytest.mark.parametrize(
    "fault",
    [
        Says("I would rather not."),
        Says('{"narrative": "Too short", "hooks": []}'),
        Says('{"narrative" oh'),
        Says(""),
        Nothing(),
        Page(),
        Raw(b"data: {half"),
        Status(401),
        Status(429, retry_after="60"),
        Status(500),
        Cut(VISIT, frames=1),
        ErrorEvent(after=Says("{")),
    ],
    ids=str,
)
def test_a_fault_is_said_and_the_last_one_carried_forward(wired: Wired, fault: Behaviour) -> None:
    wired.server.notes += (VISIT, fault)
    completed(wired.say("When does she come?"))
    events = wired.say("By train?")
    assert wired.source(events) == "carried"
    assert "The visit of Ines in May" in told(events)
    assert len(degraded(events)) == 1


def test_what_comes_too_late_serves_the_next_turn(wired: Wired) -> None:
    gate = Event()
    wired.server.notes += (Waits(gate, VISIT), Status(500))
    events = wired.say("When does she come?", deadline=0.1)
    assert "did not answer within 0.1 s" in degraded(events)[0]
    gate.set()
    until(lambda: wired.kept() == "The visit of Ines in May")
    assert wired.source(wired.say("By train?")) == "late"


def test_closing_the_model_ends_one_that_never_comes(wired: Wired) -> None:
    wired.server.notes.append(Waits(Event(), VISIT))
    completed(wired.say("When does she come?", deadline=0.1))
    wired.llm.close()
    wired.talk.pool.shutdown(wait=True)
    assert wired.kept() == ""


def test_after_a_simple_tool_the_fast_model_goes_on(wired: Wired) -> None:
    wired.talk.toolbox.simple = ("echo",)
    wired.server.will(Calls("echo", {"word": "hi"}), Calls("look"), Says("Done."))
    completed(wired.say("Say hi."))
    assert wired.models() == ["slow", "quick", "slow"]


def test_a_tool_that_is_asked_for_is_offered_in_one_more_call(wired: Wired) -> None:
    wired.talk.toolbox.on_demand = ("look",)
    wired.server.will(
        Says("I have to look. <mira:need_tool/>"), Calls("look", {"word": "rain"}), Says("Rain.")
    )
    events = wired.say("Does it rain?")
    offered = ["look" in json.dumps(request.body["tools"]) for request in wired.server.requests]
    assert offered == [False, True, False]
    assert completed(events).text == "I have to look.\n\nRain."
    assert words(events).split() == completed(events).text.split()
