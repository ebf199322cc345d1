"""Scheduled jobs, over HTTP."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.fakes.app import World, running

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
