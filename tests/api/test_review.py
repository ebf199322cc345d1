"""What waits for the user, over HTTP."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from lt_memory.domain.memory import Memory, MemoryId, Source, State, Trust
from tests.fakes.app import Edge
from tests.values import at

PATH = "/api/review"
PAGE = "page:https://evil.example/a"
UNKNOWN = str(UUID(int=1))


@pytest.fixture
def waiting(edge: Edge) -> list[str]:
    """The ids of two memories that wait, the older first."""
    made = [
        Memory(
            id=MemoryId(uuid4()),
            text=text,
            created_at=at(minutes),
            updated_at=at(minutes),
            source=Source.WEB,
            trust=Trust.UNTRUSTED,
            state=State.PENDING,
            origins=(PAGE, "tool:web"),
        )
        for minutes, text in enumerate(("I live in Rome.", "I like snails."))
    ]
    return [str(edge.memories.keep(memory).id) for memory in made]


def listed(client: TestClient, **asked: str) -> list[dict[str, Any]]:
    answer = client.get(PATH, params=asked)
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_an_item_shows_the_memory_its_origin_and_the_reason(
    client: TestClient, waiting: list[str]
) -> None:
    item = listed(client)[-1]
    assert set(item) == {"id", "memory", "origin", "reason", "created_at"}
    assert (item["id"], item["origin"]) == (waiting[0], PAGE)
    assert (item["memory"]["state"], item["memory"]["trust"]) == ("pending", "untrusted")
    assert item["memory"]["origins"] == [PAGE, "tool:web"]


def test_what_waits_is_narrowed_to_a_place(client: TestClient, waiting: list[str]) -> None:
    assert len(listed(client, origin=PAGE)) == len(waiting)
    assert listed(client, origin="page:https://other.example/") == []


@pytest.mark.parametrize(("verb", "state"), [("approve", "active"), ("reject", "archived")])
def test_a_word_said_twice_is_one_word(
    client: TestClient, waiting: list[str], verb: str, state: str
) -> None:
    first, second = (client.post(f"{PATH}/{waiting[0]}/{verb}") for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert first.json()["memory"]["state"] == state
    assert [item["id"] for item in listed(client)] == [waiting[1]]


def test_a_word_cannot_be_turned_into_its_opposite(client: TestClient, waiting: list[str]) -> None:
    client.post(f"{PATH}/{waiting[0]}/approve")
    refused = client.post(f"{PATH}/{waiting[0]}/reject")
    assert (refused.status_code, refused.json()["code"]) == (409, "review_decided")


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_what_does_not_wait_cannot_be_decided(client: TestClient, verb: str) -> None:
    refused = client.post(f"{PATH}/{UNKNOWN}/{verb}")
    assert (refused.status_code, refused.json()["code"]) == (404, "review_item_not_found")


def test_several_are_decided_at_once(client: TestClient, waiting: list[str]) -> None:
    body = {"approve": [waiting[0]], "reject": [waiting[1]]}
    answer = client.post(f"{PATH}/batch", json=body)
    assert answer.status_code == 200
    assert answer.json()["run_id"]
    states = [item["memory"]["state"] for item in answer.json()["items"]]
    assert states == ["active", "archived"]
    assert listed(client) == []


def test_a_rollback_is_previewed_and_done(client: TestClient, waiting: list[str]) -> None:
    preview = client.post(f"{PATH}/rollback", params={"dry_run": True}, json={"origin": PAGE})
    assert (preview.json()["run_id"], set(preview.json()["put_away"])) == (None, set(waiting))
    assert len(listed(client)) == len(waiting)
    done = client.post(f"{PATH}/rollback", json={"origin": PAGE}).json()
    assert done["run_id"]
    assert listed(client) == []


@pytest.mark.parametrize("body", [{}, {"origin": " "}, {"origin": "x" * 700}, {"origin": 7}])
def test_a_rollback_names_a_place(client: TestClient, body: object) -> None:
    assert client.post(f"{PATH}/rollback", json=body).status_code == 400


def test_a_place_that_nothing_came_from_is_not_found(client: TestClient) -> None:
    refused = client.post(f"{PATH}/rollback", json={"origin": "import:nothing.jsonl"})
    assert (refused.status_code, refused.json()["code"]) == (404, "origin_not_found")
