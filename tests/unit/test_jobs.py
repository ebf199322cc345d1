"""Background work: its progress, its failures, and who watches it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from threading import Event
from uuid import uuid4

import pytest
from typing_extensions import override

from cns.errors import NotFound, StoreUnavailable
from cns.ports import JobRecord
from cns.services.chores import Chores
from cns.services.jobs import JobRunner, Progress
from tests.fakes.clock import FrozenClock
from tests.fakes.jobs import FakeJobStore
from tests.values import START
from tests.waiting import until


class ForgetfulStore(FakeJobStore):
    """Loses the database when told to.

    Attributes:
        away: in which state of a job the database is gone.
    """

    def __init__(self, away: str) -> None:
        super().__init__()
        self.away = away

    @override
    def save(self, record: JobRecord) -> None:
        if record.state == self.away:
            raise StoreUnavailable("The database cannot be reached now.")
        super().save(record)


@dataclass
class Periodic:
    """Implements `cns.ports.Job`."""

    act: Callable[[], Mapping[str, object]]
    name: str = "sweep"
    interval: timedelta = timedelta(minutes=5)

    def run(self) -> Mapping[str, object]:
        return self.act()


@pytest.fixture
def store() -> FakeJobStore:
    return FakeJobStore()


@pytest.fixture
def runner(store: FakeJobStore, clock: FrozenClock) -> Iterator[JobRunner]:
    with JobRunner(store, clock) as runner:
        yield runner


def refuse() -> Mapping[str, object]:
    raise NotFound("There is no segment 7.", code="segment_not_found")


def break_down() -> Mapping[str, object]:
    raise LookupError("a mistake of ours")


def test_a_job_is_done_with_its_result(runner: JobRunner, store: FakeJobStore) -> None:
    job_id = runner.submit("add", lambda _: {"sum": 3})
    until(lambda: store.load(job_id).state == "done")
    done = store.load(job_id)
    assert (done.name, done.result, done.progress, done.error) == ("add", {"sum": 3}, 1.0, None)
    assert (done.created_at, done.finished_at) == (START, START)


def test_a_job_is_watched_from_its_present_state_to_its_end(runner: JobRunner) -> None:
    seen: list[JobRecord] = []
    may_go, ended = Event(), Event()

    def work(progress: Progress) -> Mapping[str, object]:
        assert may_go.wait(5)
        progress(1, 4)
        progress(4, 4)
        return {}

    def listen(record: JobRecord) -> None:
        seen.append(record)
        if record.state == "done":
            ended.set()

    job_id = runner.submit("count", work)
    until(lambda: runner.get(job_id).state == "running")
    runner.watch(job_id, listen)
    may_go.set()
    assert ended.wait(5)
    shown = [(r.state, r.progress, r.done, r.total) for r in seen]
    assert shown == [
        ("running", 0.0, 0, 0),
        ("running", 0.25, 1, 4),
        ("running", 1.0, 4, 4),
        ("done", 1.0, 4, 4),
    ]


def test_a_total_of_nothing_is_no_progress(runner: JobRunner) -> None:
    may_go = Event()

    def work(progress: Progress) -> Mapping[str, object]:
        progress(0, 0)
        assert may_go.wait(5)
        return {}

    job_id = runner.submit("nothing", work)
    until(lambda: runner.get(job_id).state == "running")
    assert runner.get(job_id).progress == 0.0
    may_go.set()


def test_who_left_is_told_no_more(runner: JobRunner, store: FakeJobStore) -> None:
    seen: list[JobRecord] = []
    may_go = Event()

    def work(_: Progress) -> Mapping[str, object]:
        assert may_go.wait(5)
        return {}

    job_id = runner.submit("wait", work)
    until(lambda: runner.get(job_id).state == "running")
    leave = runner.watch(job_id, seen.append)
    leave()
    may_go.set()
    until(lambda: store.load(job_id).state == "done")
    assert [record.state for record in seen] == ["running"]


def test_a_job_that_ended_is_shown_once(runner: JobRunner, store: FakeJobStore) -> None:
    seen: list[JobRecord] = []
    job_id = runner.submit("add", lambda _: {})
    until(lambda: store.load(job_id).state == "done")
    until(lambda: job_id not in runner._live)
    leave = runner.watch(job_id, seen.append)
    leave()
    assert seen == [store.load(job_id)]


def test_a_refusal_is_the_job_s_problem(runner: JobRunner, store: FakeJobStore) -> None:
    job_id = runner.submit("refuse", lambda _: refuse())
    until(lambda: store.load(job_id).state == "failed")
    failed = store.load(job_id)
    assert failed.error is not None
    assert (failed.error["code"], failed.error["status"]) == ("segment_not_found", 404)
    assert failed.result is None


def test_a_mistake_stays_within_its_job(
    runner: JobRunner, store: FakeJobStore, caplog: pytest.LogCaptureFixture
) -> None:
    broken = runner.submit("break", lambda _: break_down())
    after = runner.submit("add", lambda _: {})
    until(lambda: store.load(broken).state == "failed" and store.load(after).state == "done")
    error = store.load(broken).error
    assert error is not None
    assert error["code"] == "internal_error"
    assert "a mistake of ours" in caplog.text


def test_a_failed_job_keeps_the_progress_it_made(runner: JobRunner, store: FakeJobStore) -> None:
    def work(progress: Progress) -> Mapping[str, object]:
        progress(1, 2)
        return refuse()

    job_id = runner.submit("half", work)
    until(lambda: store.load(job_id).state == "failed")
    assert (store.load(job_id).progress, store.load(job_id).done) == (0.5, 1)


def test_an_unknown_job_is_not_found(runner: JobRunner) -> None:
    with pytest.raises(NotFound):
        runner.get(uuid4())
    with pytest.raises(NotFound):
        runner.watch(uuid4(), lambda _: None)


def test_a_job_is_not_taken_when_it_cannot_be_stored(clock: FrozenClock) -> None:
    with JobRunner(ForgetfulStore(away="queued"), clock) as runner, pytest.raises(StoreUnavailable):
        runner.submit("add", lambda _: {})


@pytest.mark.parametrize(("away", "end"), [("running", "failed"), ("done", "done")])
def test_a_lost_database_hides_no_end(
    away: str, end: str, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    with JobRunner(ForgetfulStore(away), clock) as runner:
        job_id = runner.submit("add", lambda _: {})
        until(lambda: runner.get(job_id).state == end)
    assert "job failed" in caplog.text


def test_an_end_that_could_not_be_stored_is_stored_with_the_next(
    clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    store = ForgetfulStore(away="done")
    with JobRunner(store, clock) as runner:
        missed = runner.submit("add", lambda _: {"sum": 3})
        until(lambda: "job failed" in caplog.text)
        assert runner.get(missed).state == "done"
        store.away = "never"
        runner.submit("add", lambda _: {})
        until(lambda: not runner._live)
    assert (store.load(missed).state, store.load(missed).result) == ("done", {"sum": 3})


def test_leaving_the_runner_waits_for_the_work_under_way(
    store: FakeJobStore, clock: FrozenClock
) -> None:
    began, may_go = Event(), Event()

    def work(_: Progress) -> Mapping[str, object]:
        began.set()
        assert may_go.wait(5)
        return {}

    with JobRunner(store, clock) as runner:
        job_id = runner.submit("wait", work)
        assert began.wait(5)
        may_go.set()
    assert store.load(job_id).state == "done"


def test_a_scheduled_run_is_noted(runner: JobRunner, store: FakeJobStore) -> None:
    run = runner.run_scheduled(Periodic(lambda: {"ended": 1}))
    assert store.last_runs() == {"sweep": run}
    assert (run.at, run.outcome, run.detail) == (START, "done", "{'ended': 1}")


def test_a_scheduled_run_that_failed_is_noted_with_its_reason(
    runner: JobRunner, store: FakeJobStore
) -> None:
    runner.run_scheduled(Periodic(refuse))
    run = store.last_runs()["sweep"]
    assert (run.outcome, run.detail) == ("failed", "There is no segment 7.")


def test_chores_are_done_in_order(runner: JobRunner) -> None:
    done: list[int] = []
    with Chores(runner.attempt) as chores:
        for number in range(5):
            chores.soon("count", partial(done.append, number))
    assert done == [0, 1, 2, 3, 4]


def test_a_chore_that_fails_holds_up_no_other(
    runner: JobRunner, caplog: pytest.LogCaptureFixture
) -> None:
    done = Event()
    with Chores(runner.attempt) as chores:
        chores.soon("refuse", refuse)
        chores.soon("break", break_down)
        chores.soon("last", done.set)
    assert done.is_set()
    failed = next(r for r in caplog.records if r.message == "job failed")
    assert vars(failed)["detail"] == "There is no segment 7."
