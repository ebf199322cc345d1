"""What will sink, as a client sees it."""

from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from lt_memory.domain.memory import MemoryId, State
from lt_memory.forecast import Foretold
from tests.fakes.app import World
from tests.values import START


def foretold(number: int, days: int) -> Foretold:
    return Foretold(
        memory_id=MemoryId(UUID(int=number)),
        text=f"boat {number}",
        state=State.ACTIVE,
        becomes="dormant",
        in_active_days=days,
        expected_at=START + timedelta(days=days),
    )


def test_it_is_told_what_sinks_to_what_and_when(world: World, client: TestClient) -> None:
    world.forecast.given = [foretold(1, 7), foretold(2, 40)]
    assert client.get("/api/forecast", params={"days": 7}).json() == {
        "items": [
            {
                "memory_id": str(UUID(int=1)),
                "text": "boat 1",
                "state": "active",
                "becomes": "dormant",
                "in_active_days": 7,
                "expected_at": (START + timedelta(days=7)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        ],
        "next_cursor": None,
    }


def test_a_cursor_brings_the_rest(world: World, client: TestClient) -> None:
    world.forecast.given = [foretold(number, number) for number in (1, 2, 3)]
    first = client.get("/api/forecast", params={"limit": 2}).json()
    rest = client.get("/api/forecast", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    told = [item["in_active_days"] for page in (first, rest) for item in page["items"]]
    assert (told, rest["next_cursor"]) == ([1, 2, 3], None)


@pytest.mark.parametrize("days", [0, 366, "soon"])
def test_days_out_of_bounds_are_refused(client: TestClient, days: object) -> None:
    answer = client.get("/api/forecast", params={"days": str(days)})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")
