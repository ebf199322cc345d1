"""Erasing a message: as a client asks for it."""

from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from cns.domain.message import TurnId
from tests.fakes.app import Edge, World
from tests.fakes.erasing import FakeErasing
from tests.fakes.llm import Says

PATH = "/api/messages"


@pytest.fixture
def said(world: World, client: TestClient) -> list[dict[str, Any]]:
    """An exchange, oldest first."""
    world.llm.will(Says("A1"))
    client.post("/api/chat", json={"message": "Q1", "stream": False}).raise_for_status()
    items: list[dict[str, Any]] = client.get(PATH).json()["items"]
    return items[::-1]


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_message_is_erased_with_its_exchange(
    client: TestClient, said: list[dict[str, Any]], place: int, *, dry_run: bool
) -> None:
    answer = client.delete(f"{PATH}/{said[place]['id']}", params={"dry_run": dry_run})
    assert answer.json() == {
        "message_ids": [each["id"] for each in said],
        "removed": {"messages": 2},
        "knowledge_blocks": [],
        "memories": [],
        "dry_run": dry_run,
    }


def test_an_unknown_message_is_not_erased(client: TestClient) -> None:
    answer = client.delete(f"{PATH}/{uuid4()}")
    assert (answer.status_code, answer.json()["code"]) == (404, "message_not_found")


def test_nothing_is_erased_while_a_turn_runs(edge: Edge, said: list[dict[str, Any]]) -> None:
    erasing = edge.services.erasing
    assert isinstance(erasing, FakeErasing)
    with erasing.gate.turn(TurnId(uuid4())):
        answer = edge.client.delete(f"{PATH}/{said[0]['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "turn_in_progress")
