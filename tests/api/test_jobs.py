"""Scheduled jobs, over HTTP."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from lt_memory.domain.run import Run
from lt_memory.jobs.consolidate import ConsolidateMemories
from lt_memory.jobs.refine import RefineMemories
from lt_memory.weekly import begun
from tests.fakes.app import World, running
from tests.values import at

PATH = "/api/jobs"


@dataclass(frozen=True)
class Sweep:
    """A job that sweeps."""

    name: str = "sweep"
    interval: timedelta = timedelta(hours=1)

    def run(self) -> Mapping[str, object]:
        return {"swept": 3}


@pytest.fixture
def client(web_dir: Path) -> Iterator[TestClient]:
    with running(World(jobs=(Sweep(),)), web_dir) as edge:
        yield edge.client


def test_scheduled_jobs_are_listed_with_their_hours(client: TestClient) -> None:
    (sweep,) = client.get(PATH).json()["items"]
    assert (sweep["name"], sweep["interval_seconds"], sweep["paused"]) == ("sweep", 3600, False)
    assert sweep["next_run_at"] is not None
    assert sweep["last_outcome"] is None


def test_a_job_is_run_now_and_asked_after(client: TestClient) -> None:
    started = client.post(f"{PATH}/sweep/run")
    assert started.status_code == 202
    with client.stream("GET", f"{PATH}/{started.json()['job_id']}/events") as events:
        list(events.iter_lines())
    job = client.get(f"{PATH}/{started.json()['job_id']}").json()
    assert (job["name"], job["state"], job["result"]) == ("sweep", "done", {"swept": 3})
    assert client.get(PATH).json()["items"][0]["last_outcome"] == "done"


def test_a_paused_job_has_no_hour(client: TestClient) -> None:
    paused = client.post(f"{PATH}/sweep/pause").json()
    assert (paused["paused"], paused["next_run_at"]) == (True, None)
    assert client.post(f"{PATH}/sweep/resume").json()["next_run_at"] is not None


def test_an_unknown_job_and_a_dry_run_that_is_none_are_problems(client: TestClient) -> None:
    unknown = client.post(f"{PATH}/mop/run")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "job_not_found")
    assert client.post(f"{PATH}/sweep/run", params={"dry_run": True}).status_code == 409


@dataclass(frozen=True)
class Tidy:
    """Work on the memories' wording: one cluster is due, and is merged."""

    is_on: bool = True

    def planned(self) -> Sequence[Mapping[str, object]]:
        return [{"sources": ["a", "b"]}]

    def carry_out(self) -> Run:
        run = begun("consolidate", "fake-model", {}, at(0))
        return replace(run, state="done", summary="1 merged")


@pytest.mark.parametrize("job", [ConsolidateMemories(Tidy()), RefineMemories(Tidy())])
def test_the_weekly_jobs_are_listed_rehearsed_and_run(
    web_dir: Path, job: ConsolidateMemories | RefineMemories
) -> None:
    def outcome(client: TestClient, **params: bool) -> dict[str, object]:
        started = client.post(f"{PATH}/{job.name}/run", params=params).json()["job_id"]
        with client.stream("GET", f"{PATH}/{started}/events") as events:
            list(events.iter_lines())
        told: dict[str, object] = client.get(f"{PATH}/{started}").json()["result"]
        return told

    with running(World(jobs=(job,)), web_dir) as edge:
        (listed,) = edge.client.get(PATH).json()["items"]
        assert (listed["name"], listed["interval_seconds"]) == (job.name, 7 * 24 * 3600)
        rehearsed = outcome(edge.client, dry_run=True)
        assert rehearsed == {"dry_run": True, "due": [{"sources": ["a", "b"]}]}
        assert outcome(edge.client)["summary"] == "1 merged"
