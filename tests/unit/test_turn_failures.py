"""What a turn keeps when something fails, and how it is tried again."""

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from cns.domain.events import TurnCompletedEvent, TurnFailedEvent
from cns.domain.message import Image, MessageStatus, TurnId
from cns.domain.stream import (
    TouchstoneReady,
    TurnFailed,
    TurnStarted,
)
from cns.errors import Conflict, InvalidInput, ModelUnavailable, NotFound, StoreUnavailable
from cns.ports import ModelRequest
from cns.problems import INTERNAL
from cns.services.pump import Stop
from cns.services.request import TurnRequest
from tests.conversing import Conversation, completed, conversation, failed, saying, started
from tests.fakes.llm import Calls, Fails, FakeLLM, Says, Step
from tests.fakes.toolbox import FakeToolbox, done

LOST = ModelUnavailable("The model is overloaded.", code="llm_overloaded")
COMPOSED = (
    "SegmentOpened",
    "MessageReceived",
    "MemoriesSurfaced",
    "ComposeSystemPrompt",
    "TrinketContent",
    "TrinketContent",
    "WorkingMemoryUpdated",
    "SystemPromptComposed",
)


# --- the model fails ----------------------------------------------------------


def test_a_failing_model_keeps_the_message_and_what_it_had_said() -> None:
    talk = conversation(Fails(LOST, after="I think that"))
    end = failed(talk.say("Well?"))
    assert (end.error.code, end.error.detail) == ("llm_overloaded", "The model is overloaded.")
    assert [(m.text, m.status) for m in talk.stored()] == [
        ("Well?", MessageStatus.COMPLETE),
        ("I think that", MessageStatus.FAILED),
    ]
    record = talk.store.turn(end.turn_id)
    assert (record.state, record.error and record.error["code"]) == ("failed", "llm_overloaded")
    assert record.assistant_message_id == talk.stored()[1].id


def test_what_a_broken_stream_held_back_is_kept() -> None:
    talk = conversation(Fails(LOST, after="It is <mira:touchstone>a cat"))
    talk.say()
    assert talk.stored()[-1].text == "It is a cat"


def test_a_model_that_fails_at_once_leaves_the_message_alone() -> None:
    talk = conversation(Fails(LOST))
    failed(talk.say("Well?"))
    assert [m.text for m in talk.stored()] == ["Well?"]


def test_a_failure_is_a_fact_and_no_answer() -> None:
    talk = conversation(Fails(LOST, after="I think"))
    events = talk.say()
    assert talk.told_names() == [*COMPOSED, "TurnFailed"]
    fact = talk.heard[-1]
    assert isinstance(fact, TurnFailedEvent)
    assert (fact.code, fact.user_message_id) == ("llm_overloaded", started(events).user_message_id)


def test_what_a_failed_turn_recalled_and_did_is_told_before_its_failure() -> None:
    talk = Conversation(
        llm=FakeLLM([Calls("look_tool"), Fails(LOST)]),
        toolbox=FakeToolbox(look_tool=lambda _: done("a grey cat")),
    )
    failed(talk.say("Well?"))
    assert talk.told_names() == [*COMPOSED, "ToolCallsRequested", "ToolUsed", "TurnFailed"]


def test_what_a_failed_turn_never_came_to_is_not_told() -> None:
    talk = conversation()
    talk.recall.broken = lambda: StoreUnavailable("The database is away.")
    failed(talk.say("Well?"))
    assert talk.told_names() == ["SegmentOpened", "MessageReceived", "TurnFailed"]


@pytest.mark.parametrize("answer", ["", " \n", "<mira:topic_changed/>"])
def test_an_empty_answer_is_a_failure(answer: str) -> None:
    assert failed(conversation(Says(answer)).say()).error.code == "llm_empty"


def test_what_failed_is_not_sent_to_the_model_again() -> None:
    talk = conversation(Fails(LOST, after="I think"), Says("Yes."))
    talk.say("first")
    talk.say("second")
    assert [m.text for m in talk.llm.requests[1].messages] == ["first", "second"]


def test_a_lost_recall_fails_the_turn_with_its_reason() -> None:
    talk = conversation()
    talk.recall.broken = lambda: StoreUnavailable("The database is away.")
    events = talk.say()
    assert [type(event) for event in events] == [TurnStarted, TouchstoneReady, TurnFailed]
    assert failed(events).error.code == "store_unavailable"


# --- a mistake of ours --------------------------------------------------------


def test_a_mistake_is_stored_and_frees_the_way() -> None:
    talk = conversation(Says("Yes."))
    talk.recall.broken = lambda: ValueError("a mistake of ours")
    turn_id = TurnId(uuid4())
    with pytest.raises(ValueError, match="a mistake of ours"):
        list(talk.turns.run(turn_id, saying("Well?"), Stop()))
    record = talk.store.turn(turn_id)
    assert (record.state, record.error and record.error["code"]) == ("failed", INTERNAL.code)
    talk.recall.broken = None
    completed(talk.say())


# --- those who listen fail ----------------------------------------------------


def test_a_handler_that_breaks_costs_nobody_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    def break_down(_: TurnCompletedEvent) -> None:
        raise LookupError("a mistake of ours")

    talk = conversation(Says("Yes."), Says("Yes."))
    talk.bus.subscribe(TurnCompletedEvent, break_down)
    completed(talk.say())
    assert [(r.message, r.levelno) for r in caplog.records] == [
        ("event handler failed", logging.ERROR)
    ]
    assert "a mistake of ours" in caplog.text
    completed(talk.say())


# --- the database fails -------------------------------------------------------


def test_before_the_message_is_stored_nothing_is_accepted() -> None:
    talk = conversation()
    talk.store.away = 1
    with pytest.raises(StoreUnavailable):
        talk.say()
    assert talk.stored() == []


def losing(talk: Conversation, **how: int) -> Callable[[ModelRequest], Step]:
    """The database goes while the model answers."""

    def step(_: ModelRequest) -> Step:
        for name, times in how.items():
            setattr(talk.store, name, times)
        return Says("Yes.")

    return step


@pytest.mark.parametrize("how", ["away", "unheard"])
def test_a_database_that_comes_back_soon_is_waited_for(how: str) -> None:
    talk = conversation()
    talk.llm.will(losing(talk, **{how: 2}))
    end = completed(talk.say("Well?"))
    assert [m.text for m in talk.stored()] == ["Well?", "Yes."]
    assert talk.store.turn(end.turn_id).state == "completed"


def test_a_database_lost_for_longer_fails_the_turn() -> None:
    talk = conversation()
    talk.llm.will(losing(talk, away=3))
    assert failed(talk.say("Well?")).error.code == "store_unavailable"
    assert talk.told_names() == [*COMPOSED, "TurnFailed"]


def test_an_answer_stored_without_confirmation_is_not_doubled() -> None:
    talk = conversation()
    talk.llm.will(losing(talk, unheard=3))
    failed(talk.say("Well?"))
    assert [m.text for m in talk.stored()] == ["Well?", "Yes."]


# --- bad requests -------------------------------------------------------------


def test_an_empty_message_is_refused_and_not_stored() -> None:
    talk = conversation(Says("Yes."))
    with pytest.raises(InvalidInput):
        talk.say("  ")
    assert talk.stored() == []
    completed(talk.say())


def test_a_picture_without_words_is_answered() -> None:
    talk = conversation(Says("A cat."))
    completed(talk.turn(TurnRequest(content=(Image(media_type="image/png", data="aGk="),))))


# --- retries ------------------------------------------------------------------


def test_a_retry_answers_the_same_message() -> None:
    talk = conversation(Fails(LOST, after="I think"), Says("Yes."))
    first = started(talk.say("Well?"))
    events = talk.turn(TurnRequest(retry_of=first.turn_id))
    again = started(events)
    assert (again.user_message_id, again.retry_of) == (first.user_message_id, first.turn_id)
    assert [m.text for m in talk.stored()] == ["Well?", "Yes."]
    assert talk.store.turn(again.turn_id).retry_of == first.turn_id
    assert [m.text for m in talk.llm.requests[1].messages] == ["Well?"]
    completed(events)


def test_a_retry_hears_nothing_anew() -> None:
    talk = conversation(Fails(LOST), Says("Yes."))
    first = started(talk.say("Well?"))
    talk.heard.clear()
    talk.turn(TurnRequest(retry_of=first.turn_id))
    assert "MessageReceived" not in talk.told_names()


def test_a_retry_is_refused_once_the_conversation_has_gone_on() -> None:
    talk = conversation(Fails(LOST), Says("Yes."))
    first = started(talk.say("Well?"))
    talk.say("And now?")
    with pytest.raises(Conflict) as caught:
        talk.turn(TurnRequest(retry_of=first.turn_id))
    assert caught.value.code == "turn_not_last"


def test_a_retry_is_refused_once_the_segment_has_ended() -> None:
    talk = conversation(Fails(LOST))
    first = started(talk.say("Well?"))
    talk.segments.end_active()
    with pytest.raises(Conflict):
        talk.turn(TurnRequest(retry_of=first.turn_id))


def test_a_retry_is_refused_once_another_has_answered() -> None:
    talk = conversation(Fails(LOST), Says("Yes."))
    first = started(talk.say())
    talk.clock.move(timedelta(seconds=1))
    talk.turn(TurnRequest(retry_of=first.turn_id))
    with pytest.raises(Conflict, match="was answered since"):
        talk.turn(TurnRequest(retry_of=first.turn_id))


def test_a_retry_of_an_unknown_turn_is_not_found() -> None:
    with pytest.raises(NotFound):
        conversation().turn(TurnRequest(retry_of=TurnId(uuid4())))
