"""Turns in threads of their own: watched, stopped, tried again, forgotten."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from threading import Event
from uuid import uuid4

import pytest

from cns.domain.message import MessageStatus, TurnId
from cns.domain.stream import TurnCompleted, TurnEvent, TurnFailed
from cns.errors import Conflict, ModelUnavailable, NotFound, StoreUnavailable
from cns.ports import ModelRequest, ToolOutcome
from cns.services.pump import Stop
from cns.services.running import KEPT_FOR
from tests.conversing import (
    Conversation,
    Watcher,
    completed,
    conversation,
    failed,
    saying,
    started,
    words,
)
from tests.fakes.llm import Calls, Fails, FakeLLM, Says, Step
from tests.fakes.toolbox import FakeToolbox, done
from tests.waiting import until

LOST = ModelUnavailable("The model is overloaded.", code="llm_overloaded")


@pytest.fixture
def stall() -> Iterator[Event]:
    """What a stalled model waits for; let go at the end, so that no thread is left behind."""
    event = Event()
    yield event
    event.set()


def silent(stall: Event) -> Conversation:
    """A conversation whose model says nothing at first."""

    def step(_: ModelRequest) -> Step:
        stall.wait()
        return Says("Too late.")

    return conversation(step)


def with_slow_tool(stall: Event) -> Conversation:
    def slow(_: Mapping[str, object]) -> ToolOutcome:
        stall.wait()
        return done("a grey cat")

    return Conversation(llm=FakeLLM([Calls("slow")]), toolbox=FakeToolbox(slow=slow))


def ended(watcher: Watcher) -> list[TurnEvent]:
    assert watcher.ended.wait(5)
    return watcher.events


def test_a_turn_runs_to_its_end_without_being_watched() -> None:
    talk = conversation(Says("A fine name."))
    turn_id = talk.running.start(saying("Miso."))
    until(lambda: talk.store.turn(turn_id).state == "completed")
    assert [m.text for m in talk.stored()] == ["Miso.", "A fine name."]


def test_on_return_the_message_is_durable(stall: Event) -> None:
    talk = silent(stall)
    talk.running.start(saying("Miso."))
    assert [m.text for m in talk.stored()] == ["Miso."]


def test_a_turn_is_watched_from_its_first_event() -> None:
    talk = conversation(Says("A fine name."))
    turn_id, watcher = talk.start()
    events = ended(watcher)
    assert started(events).turn_id == completed(events).turn_id == turn_id
    assert [number for number, _ in watcher.told] == list(range(1, len(events) + 1))


def test_who_comes_later_is_told_what_was_missed() -> None:
    talk = conversation(Says("A fine name."))
    turn_id, first = talk.start()
    events = ended(first)
    late = Watcher()
    talk.running.watch(turn_id, late, after=3)
    assert late.told == list(enumerate(events, 1))[3:]


def test_who_has_left_is_told_no_more(stall: Event) -> None:
    talk = conversation(Says("A fine name.", wait=stall))
    turn_id, watcher = talk.start()
    until(lambda: words(watcher.events) == "A")
    gone = Watcher()
    talk.running.watch(turn_id, gone)()
    before = list(gone.told)
    stall.set()
    ended(watcher)
    assert gone.told == before


def test_a_listener_may_leave_while_it_is_told() -> None:
    talk = conversation(Says("A fine name."))
    turn_id = talk.running.start(saying("Miso."))
    until(lambda: talk.store.turn(turn_id).state == "completed")
    talk.running.watch(turn_id, lambda *_: None)()


# --- one at a time ------------------------------------------------------------


def test_a_second_message_meanwhile_is_told_which_turn_runs(stall: Event) -> None:
    talk = conversation(Says("A fine name.", wait=stall))
    turn_id, watcher = talk.start()
    until(lambda: words(watcher.events) == "A")
    with pytest.raises(Conflict) as caught:
        talk.running.start(saying("And?"))
    assert (caught.value.code, caught.value.extra) == (
        "turn_in_progress",
        {"turn_id": str(turn_id)},
    )
    assert [m.text for m in talk.stored()] == ["My cat is called Miso."]


def test_the_next_message_may_come_as_soon_as_the_answer_is_told() -> None:
    talk = conversation(Says("One."), Says("Two."))
    for expected in ("One.", "Two."):
        _, watcher = talk.start()
        assert completed(ended(watcher)).text == expected


def test_a_chapter_is_not_ended_under_a_running_turn(stall: Event) -> None:
    talk = silent(stall)
    talk.start()
    with pytest.raises(Conflict) as caught:
        talk.segments.end_active()
    assert caught.value.code == "turn_in_progress"


# --- stopping -----------------------------------------------------------------


def test_stopping_keeps_what_was_said(stall: Event) -> None:
    talk = conversation(Says("A fine name.", wait=stall))
    turn_id, watcher = talk.start()
    until(lambda: words(watcher.events) == "A")
    talk.running.cancel(turn_id)
    end = completed(ended(watcher))
    assert (end.text, end.status) == ("A", "interrupted")
    assert (talk.stored()[-1].text, talk.stored()[-1].status) == ("A", MessageStatus.INTERRUPTED)
    assert talk.store.turn(turn_id).state == "interrupted"


def test_stopping_before_a_word_fails_the_turn(stall: Event) -> None:
    talk = silent(stall)
    turn_id, watcher = talk.start()
    until(lambda: len(talk.llm.requests) == 1)
    talk.running.cancel(turn_id)
    assert failed(ended(watcher)).error.code == "turn_cancelled"
    assert [m.text for m in talk.stored()] == ["My cat is called Miso."]
    assert talk.store.turn(turn_id).state == "interrupted"


def test_a_turn_that_has_ended_cannot_be_stopped(stall: Event) -> None:
    talk = conversation(Says("A fine name.", wait=stall))
    turn_id, watcher = talk.start()
    until(lambda: words(watcher.events) == "A")
    talk.running.cancel(turn_id)
    ended(watcher)
    until(lambda: talk.running._runs[turn_id].ended_at is not None)
    with pytest.raises(NotFound) as caught:
        talk.running.cancel(turn_id)
    assert caught.value.code == "turn_not_running"


def test_stopping_an_unknown_turn_is_not_found() -> None:
    with pytest.raises(NotFound) as caught:
        conversation().running.cancel(TurnId(uuid4()))
    assert caught.value.code == "turn_not_running"


def test_stopping_during_a_tool_asks_the_model_no_more(stall: Event) -> None:
    talk = with_slow_tool(stall)
    turn_id, watcher = talk.start()
    until(lambda: len(watcher.told) == 4)
    talk.running.cancel(turn_id)
    stall.set()
    assert failed(ended(watcher)).error.code == "turn_cancelled"
    assert len(talk.llm.requests) == 1


def test_the_conversation_goes_on_after_a_stop(stall: Event) -> None:
    talk = conversation(Says("A fine name.", wait=stall), Says("Yes."))
    turn_id, watcher = talk.start()
    until(lambda: words(watcher.events) == "A")
    talk.running.cancel(turn_id)
    ended(watcher)
    _, second = talk.start("And now?")
    completed(ended(second))
    assert [m.text for m in talk.llm.requests[1].messages] == [
        "My cat is called Miso.",
        "A",
        "And now?",
    ]


def test_closing_down_stops_what_runs_and_waits_for_it(stall: Event) -> None:
    talk = conversation(Says("A fine name.", wait=stall))
    turn_id, watcher = talk.start()
    until(lambda: words(watcher.events) == "A")
    assert talk.running.settle(timedelta(seconds=5))
    assert talk.store.turn(turn_id).state == "interrupted"
    assert talk.running.settle(timedelta(0))


def test_closing_down_does_not_wait_for_ever(stall: Event) -> None:
    talk = with_slow_tool(stall)
    _, watcher = talk.start()
    until(lambda: len(watcher.told) == 4)
    assert not talk.running.settle(timedelta(milliseconds=10))


# --- trying again -------------------------------------------------------------


def test_a_failed_turn_can_be_tried_again() -> None:
    talk = conversation(Fails(LOST), Says("Yes."))
    turn_id, first = talk.start()
    failed(ended(first))
    _, second = talk.retry(turn_id)
    events = ended(second)
    assert started(events).retry_of == turn_id
    assert completed(events).text == "Yes."


def test_an_interrupted_turn_can_be_tried_again(stall: Event) -> None:
    talk = conversation(Says("A fine name.", wait=stall), Says("A fine name."))
    turn_id, first = talk.start()
    until(lambda: words(first.events) == "A")
    talk.running.cancel(turn_id)
    ended(first)
    until(lambda: talk.running._runs[turn_id].ended_at is not None)
    _, second = talk.retry(turn_id)
    assert completed(ended(second)).text == "A fine name."


def test_an_answered_turn_is_not_tried_again() -> None:
    talk = conversation(Says("Yes."))
    turn_id, watcher = talk.start()
    ended(watcher)
    until(lambda: talk.running._runs[turn_id].ended_at is not None)
    with pytest.raises(Conflict, match="nothing to retry"):
        talk.running.retry(turn_id)


def test_a_running_turn_is_not_tried_again(stall: Event) -> None:
    talk = silent(stall)
    turn_id, _ = talk.start()
    with pytest.raises(Conflict) as caught:
        talk.running.retry(turn_id)
    assert caught.value.code == "turn_in_progress"


def test_a_turn_that_the_conversation_has_left_behind_is_not_tried_again() -> None:
    talk = conversation(Fails(LOST), Says("Yes."))
    turn_id, first = talk.start()
    ended(first)
    _, second = talk.start("And now?")
    ended(second)
    with pytest.raises(Conflict):
        talk.running.retry(turn_id)


def test_an_unknown_turn_is_not_tried_again() -> None:
    with pytest.raises(NotFound) as caught:
        conversation().running.retry(TurnId(uuid4()))
    assert caught.value.code == "turn_not_found"


# --- mistakes of ours -----------------------------------------------------------


def test_a_mistake_is_told_and_frees_the_way(broken_threads: list[type[BaseException]]) -> None:
    talk = conversation(Says("Yes."))
    talk.recall.broken = lambda: ValueError("a mistake of ours")
    turn_id, watcher = talk.start()
    assert failed(ended(watcher)).error.code == "internal_error"
    assert talk.store.turn(turn_id).state == "failed"
    until(lambda: broken_threads == [ValueError])
    talk.recall.broken = None
    _, after = talk.start("And now?")
    completed(ended(after))


def test_a_turn_whose_end_could_not_be_stored_can_be_tried_again(
    broken_threads: list[type[BaseException]],
) -> None:
    def lose_the_database(_: ModelRequest) -> Step:
        talk.store.away = 1000
        return Fails(LOST)

    talk = conversation(lose_the_database, Says("Yes."))
    turn_id, watcher = talk.start()
    assert failed(ended(watcher)).error.code == "internal_error"
    until(lambda: broken_threads == [StoreUnavailable])
    talk.store.away = 0
    assert talk.store.turn(turn_id).state == "running"
    _, again = talk.retry(turn_id)
    completed(ended(again))


# --- forgetting ---------------------------------------------------------------


def test_an_ended_turn_can_be_watched_for_some_minutes() -> None:
    talk = conversation(Says("One."), Says("Two."))
    turn_id, watcher = talk.start()
    ended(watcher)
    until(lambda: talk.running._runs[turn_id].ended_at is not None)
    talk.clock.move(KEPT_FOR - timedelta(seconds=1))
    ended(talk.start()[1])
    late = Watcher()
    talk.running.watch(turn_id, late)
    assert isinstance(late.events[-1], TurnCompleted | TurnFailed)


def test_what_an_erased_turn_told_is_forgotten_at_once(stall: Event) -> None:
    talk = silent(stall)
    running, _ = talk.start()
    talk.running.forget([running, TurnId(uuid4())])
    watcher = Watcher()
    talk.running.watch(running, watcher)
    assert watcher.events, "a running turn stays"
    stall.set()
    assert watcher.ended.wait(10)
    until(lambda: _is_let_go(talk, running))


def _is_let_go(talk: Conversation, turn_id: TurnId) -> bool:
    """Told again from the store, a turn has no streamed words."""
    talk.running.forget([turn_id])
    again = Watcher()
    talk.running.watch(turn_id, again)
    return words(again.events) == ""


def test_an_ended_turn_is_forgotten_after_some_minutes() -> None:
    talk = conversation(Says("One."), Says("Two."))
    turn_id, watcher = talk.start()
    ended(watcher)
    until(lambda: talk.running._runs[turn_id].ended_at is not None)
    talk.clock.move(KEPT_FOR)
    ended(talk.start()[1])
    assert turn_id not in talk.running._runs
    late = Watcher()
    talk.running.watch(turn_id, late)
    assert completed(late.events).text == "One."


# --- the wish to stop ---------------------------------------------------------


def test_a_wish_to_stop_wakes_those_who_wait_and_those_who_come_later() -> None:
    woken: list[str] = []
    stop = Stop()
    stop.when_wished(lambda: woken.append("early"))
    for _ in range(2):
        stop.wish()
    stop.when_wished(lambda: woken.append("late"))
    assert woken == ["early", "late"]


def test_the_same_key_never_begins_two_turns() -> None:
    talk = conversation(Says("Hello."))
    request = replace(saying("Hi"), idempotency_key="k1")
    first = talk.running.start(request)
    until(lambda: talk.store.turn(first).state == "completed")

    assert talk.running.start(request) == first
    assert len(talk.llm.requests) == 1


def test_a_key_that_came_with_another_message_is_refused() -> None:
    talk = conversation(Says("Hello."))
    first = talk.running.start(replace(saying("Hi"), idempotency_key="k1"))
    until(lambda: talk.store.turn(first).state == "completed")

    with pytest.raises(Conflict) as refused:
        talk.running.start(replace(saying("Ho"), idempotency_key="k1"))

    assert refused.value.code == "idempotency_key_reused"
