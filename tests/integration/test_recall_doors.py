"""One recall behind every door: the same question gives the same ids in the same order."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from adapters.postgres import Postgres
from cns.domain.message import UserId
from cns.ports import Query
from cns.services.search import Search
from lt_memory.entities import RuleNames
from lt_memory.memories import MemoryService
from lt_memory.postgres import PostgresMemories
from lt_memory.reader import Reader
from lt_memory.recall_ports import REACH
from tests.fakes import app
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.recalling import Bench, bench
from tests.seeding import BEGAN
from tools.implementations.continuumsearch import ContinuumSearch, SearchArguments

pytestmark = pytest.mark.postgres

QUESTION = "Which green boat was it?"
COLOURS = ("green", "blue", "white")
NAMES = {"memory": "memories", "message": "messages", "segment": "summaries"}


@pytest.fixture
def stored(database: Postgres, tmp_path: Path) -> Iterator[Bench]:
    with bench(database, tmp_path, FakeEmbedder()) as made:
        for number in range(150):
            kind = "skill" if number % 50 == 7 else "fact"
            colour = COLOURS[number % 3]
            text = f"boat {number} is {colour}" if kind == "fact" else f"ties knot {number}"
            made.seeds.memory(text, kind=kind, created_at=BEGAN + timedelta(minutes=number))
        made.seeds.run(
            "INSERT INTO memory_revisions (memory_id, revision, at, actor, change)"
            " SELECT id, 1, created_at, 'user', 'born' FROM memories"
        )
        made.seeds.segment([f"a {COLOURS[n % 3]} boat {n}" for n in range(15)], summary="Boats.")
        made.settle()
        yield made


@pytest.fixture
def client(stored: Bench, database: Postgres, tmp_path: Path) -> Iterator[TestClient]:
    store = PostgresMemories(database, UserId(stored.seeds.user_id))
    memories = MemoryService(store, Reader(RuleNames(), stored.embedder), FrozenClock())
    changed = {"search": search_of(stored), "memories": memories}
    with app.running(app.World(), tmp_path, **changed) as edge:
        yield edge.client


def search_of(stored: Bench) -> Search:
    return Search(embedder=stored.embedder, recall=stored.recall)


def over_http(client: TestClient, path: str, **asked: str | int) -> list[UUID]:
    answer = client.get(path, params={"q": QUESTION, **asked})
    return [UUID(item["id"]) for item in answer.json()["items"]]


@pytest.mark.parametrize("kind", ["memory", "message", "segment"])
@pytest.mark.parametrize("limit", [1, 10, 30])
def test_every_door_finds_the_same_in_the_same_order(
    stored: Bench, client: TestClient, kind: str, limit: int
) -> None:
    search = search_of(stored)
    query = Query(text=QUESTION, vector=None, kinds=frozenset({kind}), limit=limit)
    hits = [hit.id for hit in search.find(query).hits]
    asked = {"query": QUESTION, "search_mode": NAMES[kind], "limit": limit}
    arguments = SearchArguments.model_validate(asked)
    assert hits
    assert [hit.id for hit in search.find(replace(query, surfacing=True)).hits] == hits
    assert over_http(client, "/api/search", kinds=kind, limit=limit) == hits
    assert list(ContinuumSearch(search).run(arguments).showed) == hits
    if kind == "memory":
        assert over_http(client, "/api/memories", limit=limit) == hits


def test_a_smaller_limit_only_cuts(client: TestClient) -> None:
    most = over_http(client, "/api/search", limit=100)
    for limit in (1, 7, 45, 200):
        assert over_http(client, "/api/search", limit=limit)[:100] == most[:limit]


def test_what_memories_are_narrowed_to_is_found_though_much_else_is_nearer(
    client: TestClient,
) -> None:
    assert len(over_http(client, "/api/memories", kind="skill")) == 3
    assert over_http(client, "/api/memories", entity="nobody") == []
    assert over_http(client, "/api/memories", kind="skill", archived=True) == []


def test_pages_of_memories_bring_each_once(client: TestClient) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while cursor or not seen:
        asked: dict[str, str | int] = {"q": QUESTION, "limit": 40, **cursor}
        page = client.get("/api/memories", params=asked).json()
        seen += [item["id"] for item in page["items"]]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert len(seen) == len(set(seen)) >= REACH


def test_only_the_memories_that_count_are_weighed(stored: Bench) -> None:
    far = stored.seeds.memory("a pear")
    stored.settle()
    found = stored.ask(QUESTION, among=frozenset({far}), kinds=frozenset({"memory"}))
    assert [hit.id for hit in found.hits] == [far]
    assert not stored.ask(QUESTION, among=frozenset(), kinds=frozenset({"memory"})).hits
