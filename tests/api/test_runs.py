"""What background work did, over HTTP."""

from dataclasses import replace
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from cns.domain.stream import Usage
from lt_memory.domain.memory import MemoryId, RunId
from lt_memory.domain.run import Rewritten, Run, RunRecord, RunRevision, RunScore
from tests.fakes.app import Edge
from tests.values import at

PATH = "/api/runs"
RUN = {
    "id",
    "job",
    "state",
    "summary",
    "started_at",
    "finished_at",
    "model",
    "tokens",
    "cost_usd",
    "final",
    "inputs",
    "decisions",
    "revisions",
    "revision_count",
    "user_information",
}


@pytest.fixture
def record(edge: Edge) -> RunRecord:
    memory_id = MemoryId(uuid4())
    record = RunRecord(
        run=Run(
            id=RunId(uuid4()),
            job="extract",
            state="done",
            summary="1 stored",
            started_at=at(0),
            finished_at=at(1),
            model="rules",
            inputs={"segment_id": str(uuid4())},
            decisions=({"decision": "stored", "memory_id": str(memory_id)},),
            usage=Usage(input_tokens=30, output_tokens=12),
            cost_usd=0.25,
        ),
        revisions=(
            RunRevision(
                memory_id=memory_id,
                revision=1,
                change="created",
                before=None,
                after={"text": "Ada lives in Leeds."},
            ),
        ),
    )
    edge.runs.keep(record)
    return record


def test_a_run_shows_what_it_saw_decided_and_changed(client: TestClient, record: RunRecord) -> None:
    shown = client.get(f"{PATH}/{record.run.id}").json()
    assert set(shown) == RUN
    assert (shown["tokens"], shown["cost_usd"], shown["model"]) == (42, 0.25, "rules")
    assert shown["revisions"][0]["after"] == {"text": "Ada lives in Leeds."}
    assert client.get(PATH).json() == {"items": [shown], "next_cursor": None}


def test_runs_are_narrowed_to_a_job(client: TestClient, record: RunRecord) -> None:
    assert client.get(PATH, params={"job": "decay"}).json()["items"] == []
    assert len(client.get(PATH, params={"job": record.run.job}).json()["items"]) == 1


def test_a_run_shows_how_it_scored(client: TestClient, edge: Edge, record: RunRecord) -> None:
    memory_id = record.revisions[0].memory_id
    edge.runs.weighed.append(RunScore(memory_id=memory_id, before=0.5, after=0.421))
    shown = client.get(f"{PATH}/{record.run.id}/scores").json()
    assert shown == {
        "items": [{"memory_id": str(memory_id), "before": 0.5, "after": 0.421}],
        "next_cursor": None,
    }
    assert client.get(f"{PATH}/{uuid4()}/scores").status_code == 404


def test_a_run_shows_what_it_made_of_the_section_on_the_user(
    client: TestClient, edge: Edge, record: RunRecord
) -> None:
    edge.runs.keep(replace(record, user_information=Rewritten(before=None, after="- I like tea.")))
    shown = client.get(f"{PATH}/{record.run.id}").json()
    assert shown["user_information"] == {"before": None, "after": "- I like tea."}


def test_a_run_is_undone_and_done_again(client: TestClient, record: RunRecord) -> None:
    one = f"{PATH}/{record.run.id}"
    assert client.post(f"{one}/undo").json()["state"] == "undone"
    assert client.post(f"{one}/redo").json()["state"] == "done"


def test_what_cannot_be_undone_is_a_problem(client: TestClient, record: RunRecord) -> None:
    refused = client.post(f"{PATH}/{record.run.id}/redo")
    assert (refused.status_code, refused.json()["code"]) == (409, "run_not_in_state")
    unknown = client.post(f"{PATH}/{uuid4()}/undo")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "run_not_found")
