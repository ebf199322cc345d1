"""One turn at a time, and no chapter ended under a running one."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import uuid4

import pytest

from cns.domain.message import TurnId
from cns.errors import Conflict
from cns.services.gate import Gate


@pytest.fixture
def gate() -> Gate:
    return Gate()


def turn_id() -> TurnId:
    return TurnId(uuid4())


def test_a_second_turn_is_told_which_one_runs(gate: Gate) -> None:
    running = turn_id()
    with gate.turn(running), pytest.raises(Conflict) as caught, gate.turn(turn_id()):
        pass
    assert caught.value.code == "turn_in_progress"
    assert caught.value.extra == {"turn_id": str(running)}


def test_no_chapter_is_ended_under_a_running_turn(gate: Gate) -> None:
    with gate.turn(turn_id()), pytest.raises(Conflict), gate.pause():
        pass


def test_after_a_turn_the_gate_is_free(gate: Gate) -> None:
    with gate.turn(turn_id()):
        pass
    with gate.turn(turn_id()):
        pass


def test_a_turn_that_breaks_frees_the_gate(gate: Gate) -> None:
    with pytest.raises(LookupError), gate.turn(turn_id()):
        raise LookupError
    with gate.pause():
        pass


def test_a_pause_that_breaks_frees_the_gate(gate: Gate) -> None:
    with pytest.raises(LookupError), gate.pause():
        raise LookupError
    with gate.turn(turn_id()):
        pass


def test_a_turn_waits_for_the_last_steps_of_the_one_before(gate: Gate) -> None:
    told, entered = Event(), Event()

    def next_turn() -> None:
        assert told.wait(5)
        with gate.turn(turn_id()):
            entered.set()

    with ThreadPoolExecutor() as pool:
        with gate.turn(turn_id()):
            waiting = pool.submit(next_turn)
            gate.ending()
            told.set()
            assert not entered.wait(0.05)
        waiting.result(timeout=5)
    assert entered.is_set()


def test_a_turn_waits_for_a_chapter_to_end(gate: Gate) -> None:
    started = Event()

    def a_turn() -> None:
        started.set()
        with gate.turn(turn_id()):
            pass

    with ThreadPoolExecutor() as pool:
        with gate.pause():
            waiting = pool.submit(a_turn)
            assert started.wait(5)
        waiting.result(timeout=5)


def test_patience_has_an_end() -> None:
    gate = Gate(patience_seconds=0.02)
    with gate.pause(), pytest.raises(Conflict) as caught, gate.turn(turn_id()):
        pass
    assert caught.value.extra == {}
