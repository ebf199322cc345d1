"""Jobs on a schedule that outlives restarts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clock import SystemClock
from adapters.scheduler import SETTLE, first_run, scheduled
from cns.ports import LastRun
from cns.services.jobs import JobRunner
from cns.services.timetable import Schedule, Timetable
from tests.fakes.clock import FrozenClock
from tests.fakes.jobs import FakeJobStore
from tests.values import START

HOUR = timedelta(hours=1)


@dataclass
class Bell:
    """Rings when it is run."""

    name: str = "bell"
    interval: timedelta = HOUR
    rung: Event = field(default_factory=Event)

    def run(self) -> Mapping[str, object]:
        self.rung.set()
        return {"rung": 1}


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (None, START + SETTLE),
        (START - HOUR * 30, START + SETTLE),
        (START - HOUR, START + SETTLE),
        (START - HOUR / 2, START + HOUR / 2),
        (START, START + HOUR),
    ],
)
def test_a_missed_run_is_caught_up_and_others_keep_their_hour(
    last: datetime | None, due: datetime
) -> None:
    assert first_run(last, HOUR, START) == due


@given(st.integers(-10_000, 10_000), st.integers(1, 10_000))
def test_no_job_runs_at_the_instant_of_the_start(ago: int, interval: int) -> None:
    last = START - timedelta(seconds=ago)
    assert first_run(last, timedelta(seconds=interval), START) >= START + SETTLE


def test_a_due_job_runs_and_is_noted(clock: FrozenClock) -> None:
    store, bell = FakeJobStore(), Bell()
    with (
        JobRunner(store, clock) as runner,
        scheduled(Timetable([bell], runner), store, clock),
    ):
        assert bell.rung.wait(5)
    assert store.last_runs()["bell"].outcome == "done"


def test_leaving_stops_the_schedule(clock: FrozenClock) -> None:
    store, bell = FakeJobStore(), Bell()
    with (
        JobRunner(store, clock) as runner,
        scheduled(Timetable([bell], runner), store, clock) as alarm,
    ):
        assert alarm.next_run("bell") is not None
    assert alarm.next_run("bell") is None


def test_a_job_that_ran_lately_waits_for_its_hour() -> None:
    clock, store, bell = SystemClock(), FakeJobStore(), Bell()
    last = clock.now() - HOUR / 2
    store.note_run(LastRun(name="bell", at=last, seconds=0, outcome="done", detail=""))
    with (
        JobRunner(store, clock) as runner,
        scheduled(Timetable([bell], runner), store, clock) as alarm,
    ):
        assert alarm.next_run("bell") == last + HOUR
    assert not bell.rung.is_set()


def test_a_paused_job_has_no_hour_until_it_goes_on() -> None:
    clock, store, bell = SystemClock(), FakeJobStore(), Bell()
    store.pause("bell", paused=True)
    with (
        JobRunner(store, clock) as runner,
        scheduled(Timetable([bell], runner), store, clock) as alarm,
    ):
        schedule = Schedule(Timetable([bell], runner), alarm, store)
        assert [entry.next_at for entry in schedule.entries()] == [None]
        schedule.pause("bell", paused=False)
        assert schedule.entries()[0].next_at is not None
        schedule.pause("bell", paused=True)
        assert alarm.next_run("bell") is None


def test_the_machine_s_clock_is_aware() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
