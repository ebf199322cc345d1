"""What a turn came to is told again from the store: after some minutes, and after a restart."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Event
from uuid import uuid4

import pytest

from cns.domain.message import TurnId
from cns.domain.stream import (
    MemoriesSurfaced,
    TextDelta,
    Timings,
    ToolFinished,
    ToolStarted,
    TouchstoneReady,
    TurnCompleted,
    TurnEvent,
    TurnFailed,
    TurnStarted,
)
from cns.domain.turn import KEY_LIFE
from cns.errors import Conflict, ModelUnavailable, NotFound
from cns.ports import ModelRequest
from cns.problems import as_json, from_json, problem
from cns.services.outcome import OUTCOME
from cns.services.request import TurnRequest
from cns.services.running import RunningTurns
from tests.conversing import Conversation, Watcher, completed, conversation, failed, saying
from tests.fakes.llm import Calls, Fails, FakeLLM, Says, Step
from tests.fakes.recall import FakeRecall
from tests.fakes.toolbox import FakeToolbox, done
from tests.values import passed_over, recalled
from tests.waiting import until

LOST = ModelUnavailable("The model is overloaded.", code="llm_overloaded", extra={"after": 3})
IN_PASSING = (TextDelta, ToolStarted, ToolFinished)


def restarted(talk: Conversation) -> RunningTurns:
    """The same store after a restart, which remembers no turn."""
    return RunningTurns(lambda _: talk.turns, talk.store, talk.clock)


def told_after_a_restart(talk: Conversation, turn_id: TurnId, after: int = 0) -> Watcher:
    watcher = Watcher()
    restarted(talk).watch(turn_id, watcher, after)()
    return watcher


def but_for_timings(events: list[TurnEvent]) -> list[TurnEvent]:
    return [
        replace(event, timings_ms=Timings()) if isinstance(event, TurnCompleted) else event
        for event in events
        if not isinstance(event, IN_PASSING)
    ]


def keyed(text: str = "Hi") -> TurnRequest:
    return replace(saying(text), idempotency_key="k1")


def answered(talk: Conversation, request: TurnRequest) -> TurnId:
    turn_id, watcher = talk.running.start(request), Watcher()
    talk.running.watch(turn_id, watcher)
    assert watcher.ended.wait(5)
    return turn_id


def test_an_answered_turn_is_told_as_it_was() -> None:
    hit = recalled()
    talk = Conversation(
        llm=FakeLLM(
            [
                Calls("look", {"at": "stars"}, text="Let me look."),
                Says(
                    "<mira:display_title>Stars</mira:display_title>There. "
                    f'<mira:memory_ref="{hit.id}" /> <mira:my_emotion>🙂</mira:my_emotion>'
                ),
            ]
        ),
        toolbox=FakeToolbox(look=lambda _: done("found")),
        recall=FakeRecall(hit, degraded=("words",)),
    )
    talk.recall.passed_over = (passed_over(),)
    events = talk.say()
    told = told_after_a_restart(talk, completed(events).turn_id).events
    assert but_for_timings(told) == but_for_timings(events)
    assert completed(told).text == "Let me look.\n\nThere."
    assert (completed(told).memory_refs, completed(told).emotion) == ((hit.id,), "🙂")
    assert completed(told).display_title == "Stars"
    assert completed(told).timings_ms.surface == completed(events).timings_ms.surface


def test_a_stopped_answer_is_told_with_what_was_said() -> None:
    stall = Event()
    talk = conversation(Says("A fine name.", wait=stall))
    turn_id, watcher = talk.start()
    until(lambda: any(isinstance(event, TextDelta) for event in watcher.events))
    talk.running.cancel(turn_id)
    assert watcher.ended.wait(5)
    stall.set()
    told = told_after_a_restart(talk, turn_id).events
    assert but_for_timings(told) == but_for_timings(watcher.events)
    assert (completed(told).status, completed(told).model) == ("interrupted", "")


def test_a_failed_turn_is_told_with_its_problem() -> None:
    talk = conversation(Fails(LOST, after="I was"))
    events = talk.say()
    told = told_after_a_restart(talk, failed(events).turn_id).events
    assert told == but_for_timings(events)
    assert failed(told).error.extra == {"after": 3}


def test_what_never_came_to_mind_is_not_told() -> None:
    talk = conversation()
    talk.recall.broken = lambda: LOST
    events = talk.say()
    told = told_after_a_restart(talk, failed(events).turn_id).events
    assert [type(event) for event in told] == [TurnStarted, TouchstoneReady, TurnFailed]


def test_a_turn_that_a_crash_cut_off_is_told_as_interrupted() -> None:
    stall = Event()

    def step(_: ModelRequest) -> Step:
        stall.wait()
        return Says("Too late.")

    talk = conversation(step)
    turn_id, watcher = talk.start()
    talk.store.fail_running_turns()
    told = told_after_a_restart(talk, turn_id).events
    stall.set()
    assert watcher.ended.wait(5)
    assert [type(event) for event in told] == [TurnStarted, TurnFailed]
    assert (failed(told).error.code, failed(told).error.retryable) == ("turn_interrupted", True)


def test_a_turn_whose_end_was_never_stored_is_told_as_interrupted() -> None:
    talk = conversation()
    talk.store.unheard = 1
    with pytest.raises(Exception, match="lost"):
        talk.running.start(keyed())
    turn_id = talk.running.start(keyed())
    watcher = Watcher()
    talk.running.watch(turn_id, watcher)
    assert failed(watcher.events).error.code == "turn_interrupted"


def test_a_retry_is_told_with_what_it_repeats() -> None:
    talk = conversation(Fails(LOST), Says("Yes."))
    first = failed(talk.say()).turn_id
    second = completed(talk.turn(TurnRequest(retry_of=first))).turn_id
    told = told_after_a_restart(talk, second).events
    assert isinstance(told[0], TurnStarted)
    assert told[0].retry_of == first


def test_the_end_is_told_to_one_who_heard_much_of_the_turn() -> None:
    talk = conversation(Says("A fine name."))
    turn_id = completed(talk.say()).turn_id
    told = told_after_a_restart(talk, turn_id, after=6).told
    assert [(number, type(event)) for number, event in told] == [(OUTCOME, TurnCompleted)]
    assert told_after_a_restart(talk, turn_id, after=OUTCOME).told == []


def test_the_beginning_keeps_its_numbers() -> None:
    talk = conversation(Says("A fine name."))
    told = told_after_a_restart(talk, completed(talk.say()).turn_id).told
    assert [(number, type(event)) for number, event in told[:-1]] == [
        (1, TurnStarted),
        (2, TouchstoneReady),
        (3, MemoriesSurfaced),
    ]


def test_an_unknown_turn_is_not_told() -> None:
    with pytest.raises(NotFound) as caught:
        told_after_a_restart(conversation(), TurnId(uuid4()))
    assert caught.value.code == "turn_not_found"


def test_a_problem_comes_back_as_it_was_stored() -> None:
    shown = problem(LOST)
    assert from_json(as_json(shown)) == shown


# --- the key ------------------------------------------------------------------


def test_a_key_finds_its_turn_after_a_restart() -> None:
    talk = conversation(Says("Hello."))
    first = answered(talk, keyed())
    talk.clock.move(KEY_LIFE - timedelta(seconds=1))
    assert restarted(talk).start(keyed()) == first
    with pytest.raises(Conflict) as refused:
        restarted(talk).start(keyed("Ho"))
    assert refused.value.code == "idempotency_key_reused"


def test_a_key_is_free_again_after_a_day() -> None:
    talk = conversation(Says("Hello."), Says("Hello again."))
    first = answered(talk, keyed())
    talk.clock.move(KEY_LIFE)
    second = answered(talk, keyed("Ho"))
    assert talk.running.start(keyed("Ho")) == second != first
    assert talk.store.turn(first).idempotency_key is None


def test_the_same_key_at_the_same_moment_begins_one_turn() -> None:
    talk = conversation(Says("Hello."))
    moment = Barrier(8)

    def send(_: int) -> TurnId:
        moment.wait(5)
        return answered(talk, keyed())

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(send, range(8)))
    assert len(ids) == 1
    assert [m.text for m in talk.stored()] == ["Hi", "Hello."]


# --- a retry asks what the first try asked --------------------------------------


def test_a_retry_and_its_retry_ask_what_the_first_try_asked() -> None:
    talk = conversation(Fails(LOST), Fails(LOST), Says("Yes."))
    left_out = uuid4()
    wish = replace(saying("Hi"), thinking=2048, model="o", exclude_memory_ids=frozenset({left_out}))
    turn_id = answered(talk, wish)
    for _ in range(2):
        until(lambda: all(run.ended_at for run in talk.running._runs.values()))
        turn_id, watcher = talk.retry(turn_id)
        assert watcher.ended.wait(5)
    assert [(r.thinking, r.model) for r in talk.llm.requests] == [(2048, "o")] * 3
    assert [query.exclude_memories for query in talk.recall.asked] == [{left_out}] * 3


def test_a_retry_does_not_ask_for_a_model_that_nobody_knew() -> None:
    talk = conversation(Fails(ModelUnavailable("Unknown.", code="llm_unknown_model")), Says("Yes."))
    turn_id = answered(talk, replace(saying("Hi"), thinking=2048, model="gone"))
    until(lambda: all(run.ended_at for run in talk.running._runs.values()))
    _, watcher = talk.retry(turn_id)
    assert watcher.ended.wait(5)
    assert [(r.thinking, r.model) for r in talk.llm.requests] == [(2048, "gone"), (2048, None)]


def test_a_turn_without_wishes_is_tried_again_without_any() -> None:
    talk = conversation(Says("Yes."))
    record = replace(talk.store.turn(completed(talk.say()).turn_id), wishes={})
    assert TurnRequest.again(record) == TurnRequest(retry_of=record.id)
