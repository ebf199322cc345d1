"""Scheduled jobs: run now, rehearsed, and never one of them twice at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

import pytest
from typing_extensions import override

from cns.domain.job import JobRecord
from cns.errors import Conflict, NotFound, Unavailable
from cns.services.jobs import JobRunner
from cns.services.timetable import Schedule, Timetable
from tests.fakes.alarm import FakeAlarm
from tests.fakes.clock import FrozenClock
from tests.fakes.jobs import FakeJobStore
from tests.values import at


@dataclass
class Chime:
    """Chimes till it is let go."""

    name: str = "chime"
    interval: timedelta = timedelta(hours=1)
    begun: Event = field(default_factory=Event)
    let_go: Event = field(default_factory=Event)
    times: int = 0

    def run(self) -> Mapping[str, object]:
        self.begun.set()
        assert self.let_go.wait(5)
        self.times += 1
        return {"times": self.times}


@dataclass
class Rehearsed(Chime):
    name: str = "rehearsed"

    def rehearse(self) -> Mapping[str, object]:
        return {"would": "chime"}


@dataclass
class Broken(Chime):
    name: str = "broken"

    @override
    def run(self) -> Mapping[str, object]:
        raise Unavailable("The bell is cracked.", code="bell_cracked")


@dataclass
class Tower:
    """Three jobs, their timetable, and a wait for what was started."""

    runner: JobRunner
    store: FakeJobStore
    chime: Chime = field(default_factory=Chime)
    rehearsed: Rehearsed = field(default_factory=Rehearsed)

    def __post_init__(self) -> None:
        self.timetable = Timetable([self.chime, self.rehearsed, Broken()], self.runner)
        self.schedule = Schedule(self.timetable, FakeAlarm(), self.store)

    def ended(self, name: str, *, dry_run: bool = False) -> JobRecord:
        over = Event()
        job_id = self.schedule.run_now(name, dry_run=dry_run)
        self.runner.watch(job_id, lambda record: over.set() if record.finished_at else None)
        assert over.wait(5)
        return self.runner.get(job_id)


@pytest.fixture
def tower(clock: FrozenClock) -> Iterator[Tower]:
    store = FakeJobStore()
    with JobRunner(store, clock) as runner:
        yield Tower(runner, store)


def test_what_a_job_came_to_is_told_and_noted(tower: Tower) -> None:
    tower.chime.let_go.set()
    assert tower.ended("chime").result == {"times": 1}
    assert tower.store.last_runs()["chime"].outcome == "done"


def test_a_dry_run_runs_nothing(tower: Tower) -> None:
    told = tower.ended("rehearsed", dry_run=True).result
    assert told == {"dry_run": True, "would": "chime"}
    assert tower.store.last_runs() == {}


def test_a_job_without_a_dry_run_says_so(tower: Tower) -> None:
    with pytest.raises(Conflict, match="no dry run: what it would do shows only when it runs"):
        tower.schedule.run_now("chime", dry_run=True)


def test_a_job_that_fails_says_why(tower: Tower) -> None:
    record = tower.ended("broken")
    assert record.state == "failed"
    assert record.error is not None
    assert record.error["code"] == "bell_cracked"
    assert tower.store.last_runs()["broken"].outcome == "failed"


def test_a_running_job_is_not_run_beside_itself(tower: Tower) -> None:
    tower.schedule.run_now("chime")
    assert tower.chime.begun.wait(5)
    with pytest.raises(Conflict, match="runs already"):
        tower.schedule.run_now("chime")
    tower.timetable.run_due(tower.chime)
    assert [entry.running for entry in tower.schedule.entries()] == [False, True, False]
    tower.chime.let_go.set()
    tower.runner.__exit__(None, None, None)
    assert tower.chime.times == 1


def test_a_due_job_is_run_and_noted(tower: Tower) -> None:
    tower.chime.let_go.set()
    tower.timetable.run_due(tower.chime)
    assert tower.store.last_runs()["chime"].detail == "{'times': 1}"


def test_entries_say_when_and_how(tower: Tower) -> None:
    tower.schedule.pause("chime", paused=True)
    broken, chime, rehearsed = tower.schedule.entries()
    assert (chime.paused, chime.next_at, chime.rehearses) == (True, None, False)
    assert (rehearsed.paused, rehearsed.next_at, rehearsed.rehearses) == (False, at(60), True)
    assert broken.last is None


def test_an_unknown_job_is_not_found(tower: Tower) -> None:
    with pytest.raises(NotFound, match="there are broken, chime, rehearsed"):
        tower.schedule.run_now("sweep")
    with pytest.raises(NotFound):
        tower.schedule.pause("sweep", paused=True)
