"""What every store of jobs promises: the one in memory and PostgreSQL alike."""

from dataclasses import replace
from uuid import uuid4

import pytest

from cns.errors import NotFound
from cns.ports import JobRecord, JobStore, LastRun
from cns.postgres_jobs import PostgresJobStore
from tests.fakes.jobs import FakeJobStore
from tests.values import START, at


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> JobStore:
    if request.param == "fake":
        return FakeJobStore()
    return PostgresJobStore(request.getfixturevalue("database"))


def job(state: str = "queued") -> JobRecord:
    return JobRecord(id=uuid4(), name="collapse", created_at=START, state=state)


def test_a_job_is_found_as_it_was_saved(store: JobStore) -> None:
    saved = replace(
        job("done"),
        progress=0.75,
        done=3,
        total=4,
        error={"code": "x"},
        result={"segment_id": "s", "runs": [1, {"a": None}]},
        finished_at=at(1),
    )
    store.save(saved)
    assert store.load(saved.id) == saved


def test_saving_again_takes_the_new_state(store: JobStore) -> None:
    first = job()
    store.save(first)
    later = replace(first, state="running", progress=0.5, done=1, total=2)
    store.save(later)
    assert store.load(first.id) == later


def test_an_unknown_job_is_not_found(store: JobStore) -> None:
    with pytest.raises(NotFound) as caught:
        store.load(uuid4())
    assert caught.value.code == "job_not_found"


def test_jobs_that_a_crash_left_are_failed(store: JobStore) -> None:
    left = [job("queued"), job("running")]
    for one in left:
        store.save(one)
    assert store.abandon(at(5)) == 2
    for one in left:
        found = store.load(one.id)
        assert (found.state, found.finished_at) == ("failed", at(5))
        assert found.error is not None
        assert found.error["code"] == "job_interrupted"


def test_jobs_that_ended_are_not_abandoned(store: JobStore) -> None:
    ended = [job("done"), job("failed")]
    for one in ended:
        store.save(one)
    assert store.abandon(at(5)) == 0
    assert [store.load(one.id) for one in ended] == ended


def test_before_the_first_run_there_are_none(store: JobStore) -> None:
    assert store.last_runs() == {}


def test_the_last_run_of_each_job_is_kept(store: JobStore) -> None:
    old = LastRun(name="sweep", at=START, seconds=0.5, outcome="failed", detail="broke")
    new = LastRun(name="sweep", at=at(5), seconds=0.25, outcome="done", detail="{'ended': 1}")
    other = LastRun(name="decay", at=at(1), seconds=2.0, outcome="done", detail="")
    for run in (old, other, new):
        store.note_run(run)
    assert store.last_runs() == {"sweep": new, "decay": other}


def test_a_paused_job_stays_so_until_it_goes_on(store: JobStore) -> None:
    for name in ("decay", "decay", "link"):
        store.pause(name, paused=True)
    assert store.paused() == {"decay", "link"}
    store.pause("decay", paused=False)
    assert store.paused() == {"link"}
