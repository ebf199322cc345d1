"""What is remembered, over HTTP."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from lt_memory.domain.memory import (
    Entity,
    EntityId,
    Evidence,
    Kind,
    Link,
    Memory,
    MemoryId,
)
from tests.fakes.app import Edge, World
from tests.values import at, recalled

MEMORY = {
    "id",
    "text",
    "kind",
    "importance",
    "confidence",
    "created_at",
    "updated_at",
    "happens_at",
    "expires_at",
    "valid_until",
    "last_accessed_at",
    "access_count",
    "pinned",
    "archived",
    "state",
    "source",
    "trust",
    "segment_id",
    "entities",
    "origins",
    "source_message_ids",
    "evidence",
    "links",
    "revision",
}
PATH = "/api/memories"


def remember(client: TestClient, *texts: str) -> list[dict[str, Any]]:
    return [client.post(PATH, json={"text": text}).json() for text in texts]


def test_a_memory_is_kept_and_read_back(client: TestClient) -> None:
    kept = client.post(
        PATH,
        json={
            "text": "Anna is allergic to walnuts.",
            "kind": "fact",
            "happens_at": "2026-05-04T12:00:00+02:00",
            "pinned": True,
        },
    )
    assert kept.status_code == 201
    assert set(kept.json()) == MEMORY
    assert kept.json()["happens_at"] == "2026-05-04T10:00:00Z"
    assert client.get(f"{PATH}/{kept.json()['id']}").json() == kept.json()


def test_an_instant_without_offset_is_taken_as_utc(client: TestClient) -> None:
    kept = client.post(PATH, json={"text": "A party.", "happens_at": "2026-05-04T12:00:00"})
    assert kept.json()["happens_at"] == "2026-05-04T12:00:00Z"


def test_evidence_entities_and_links_are_shown(edge: Edge) -> None:
    said, other = uuid4(), MemoryId(uuid4())
    memory = edge.memories.keep(
        Memory(
            id=MemoryId(uuid4()),
            text="Ada lives in Leeds.",
            created_at=at(0),
            updated_at=at(0),
            evidence=(
                Evidence(message_id=said, start=0, end=4),
                Evidence(message_id=said, start=6, end=9),
            ),
            entities=(Entity(id=EntityId(uuid4()), name="Ada", kind="person"),),
            links=(
                Link(id=uuid4(), kind="related", direction="out", other_id=other, other_text="x"),
            ),
        )
    )
    shown = edge.client.get(f"{PATH}/{memory.id}").json()
    assert shown["source_message_ids"] == [str(said)]
    assert shown["evidence"][1] == {"message_id": str(said), "start": 6, "end": 9}
    assert shown["entities"][0]["name"] == "Ada"
    assert shown["links"][0]["other_id"] == str(other)


def test_memories_are_listed_newest_first_and_paged(client: TestClient) -> None:
    remember(client, "one", "two", "three")
    first = client.get(PATH, params={"limit": 2}).json()
    assert [item["text"] for item in first["items"]] == ["three", "two"]
    assert (first["items"][0]["score"], first["items"][0]["reasons"]) == (None, None)
    second = client.get(PATH, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [item["text"] for item in second["items"]] == ["one"]
    assert second["next_cursor"] is None


def test_memories_are_narrowed(client: TestClient) -> None:
    client.post(PATH, json={"text": "likes tea", "kind": "preference"})
    remember(client, "lives in Leeds")
    listed = client.get(PATH, params={"kind": "preference", "archived": False}).json()
    assert [item["text"] for item in listed["items"]] == ["likes tea"]


def test_a_measure_can_be_said_in_words(client: TestClient) -> None:
    remember(client, "lives in Leeds")
    asked = {"min_importance": "moderate", "min_confidence": "very high"}
    answer = client.get(PATH, params=asked)
    assert [item["text"] for item in answer.json()["items"]] == ["lives in Leeds"]


def test_a_memory_is_made_and_mended_with_measures_in_words(client: TestClient) -> None:
    asked = {"text": "lives in Leeds", "confidence": "high", "importance": "critical"}
    kept = client.post(PATH, json=asked).json()
    assert (kept["confidence"], kept["importance"]) == (0.7, 0.9)
    mended = client.patch(f"{PATH}/{kept['id']}", json={"confidence": "very low"}).json()
    assert mended["confidence"] == 0.1
    (one,) = client.post(f"{PATH}/batch", json=[{**asked, "importance": "trivial"}]).json()["items"]
    assert one["importance"] == 0.1
    link = {"target_id": one["id"], "kind": "supports", "confidence": "low"}
    assert client.post(f"{PATH}/{kept['id']}/links", json=link).json()["confidence"] == 0.3


def found(world: World, memories: list[dict[str, Any]], *order: int) -> None:
    world.recall.hits = tuple(
        recalled(memories[place]["text"], id=UUID(memories[place]["id"])) for place in order
    )


def test_a_question_ranks_memories_with_score_and_reasons(world: World, client: TestClient) -> None:
    found(world, remember(client, "one", "two", "three"), 1, 0)
    listed = client.get(PATH, params={"q": "which?"}).json()
    assert [item["text"] for item in listed["items"]] == ["two", "one"]
    assert listed["items"][0]["score"] == 0.75
    assert listed["items"][0]["reasons"]["vector"] == 0.5
    assert world.recall.asked[0].kinds == {"memory"}


def test_ranked_memories_are_paged_to_their_end(world: World, client: TestClient) -> None:
    found(world, remember(client, "one", "two", "three"), 2, 0, 1)
    first = client.get(PATH, params={"q": "which?", "limit": 2}).json()
    rest = client.get(PATH, params={"q": "which?", "limit": 2, "cursor": first["next_cursor"]})
    assert [item["text"] for item in rest.json()["items"]] == ["two"]
    assert rest.json()["next_cursor"] is None


def test_a_question_is_narrowed_too(world: World, client: TestClient) -> None:
    memories = remember(client, "one", "two")
    found(world, memories, 0, 1)
    client.patch(f"{PATH}/{memories[0]['id']}", json={"kind": "skill"})
    listed = client.get(PATH, params={"q": "which?", "kind": "skill"}).json()
    assert [item["text"] for item in listed["items"]] == ["one"]


def test_a_question_that_nothing_answers_finds_nothing(client: TestClient) -> None:
    remember(client, "one")
    assert client.get(PATH, params={"q": "which?"}).json() == {"items": [], "next_cursor": None}


def test_a_memory_is_mended_in_the_named_fields_alone(client: TestClient) -> None:
    (kept,) = remember(client, "Ada lives in Leeds.")
    mended = client.patch(
        f"{PATH}/{kept['id']}", json={"text": "Ada lives in York.", "archived": True}
    ).json()
    assert (mended["text"], mended["archived"], mended["state"]) == (
        "Ada lives in York.",
        True,
        "archived",
    )
    assert (mended["kind"], mended["revision"]) == (Kind.FACT, 2)


def test_an_instant_is_emptied_by_null(client: TestClient) -> None:
    kept = client.post(PATH, json={"text": "A party.", "happens_at": "2026-05-04"}).json()
    mended = client.patch(f"{PATH}/{kept['id']}", json={"happens_at": None}).json()
    assert mended["happens_at"] is None


def test_a_deletion_can_be_seen_before_it_is_done(client: TestClient) -> None:
    (kept,) = remember(client, "Ada lives in Leeds.")
    path = f"{PATH}/{kept['id']}"
    preview = client.delete(path, params={"dry_run": True}).json()
    assert preview == {
        "memory_id": kept["id"],
        "removed": {"memories": 1, "memory_revisions": 1},
        "kept": {},
        "knowledge_blocks": [],
        "memories": [{"id": kept["id"], "effect": "erased", "text": "Ada lives in Leeds."}],
        "dry_run": True,
    }
    assert client.get(path).status_code == 200
    wordless = [{**preview["memories"][0], "text": None}]
    assert client.delete(path).json() == {**preview, "memories": wordless, "dry_run": False}
    assert client.get(path).json()["code"] == "memory_not_found"


def test_the_history_of_a_memory_is_listed(client: TestClient) -> None:
    (kept,) = remember(client, "Ada lives in Leeds.")
    client.patch(f"{PATH}/{kept['id']}", json={"text": "Ada lives in York."})
    first, second = client.get(f"{PATH}/{kept['id']}/history").json()["items"]
    assert (first["revision"], second["revision"]) == (1, 2)
    assert second["actor"] == "user"
    assert second["before"] == {"text": "Ada lives in Leeds."}
    assert second["after"] == {"text": "Ada lives in York."}


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"pinned": True}),
        ("DELETE", "", None),
        ("GET", "/history", None),
    ],
)
def test_an_unknown_memory_is_not_found(
    client: TestClient, method: str, tail: str, body: object
) -> None:
    answer = client.request(method, f"{PATH}/{uuid4()}{tail}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "memory_not_found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": "  "},
        {"text": 5},
        {"text": "x" * 4001},
        {"text": "a\x00"},
        {"text": "x", "kind": "rumour"},
        {"text": "x", "happens_at": "soon"},
        {"text": "x", "happens_at": 1234567890},
        {"text": "x", "expires_at": "0000-00-00"},
        {"text": "x", "pinned": 1},
        {"text": "\x1c \x85\ufeff"},
        {"text": "x", "id": str(uuid4())},
        "text",
        None,
    ],
)
def test_a_memory_that_cannot_be_kept_is_refused(client: TestClient, body: object) -> None:
    answer = client.post(PATH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")
    assert client.get(PATH).json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [{}, {"text": None}, {"text": " "}, {"kind": None}, {"pinned": None}, {"importance": 1}, []],
)
def test_a_change_that_cannot_be_made_is_refused(client: TestClient, body: object) -> None:
    (kept,) = remember(client, "Ada lives in Leeds.")
    answer = client.patch(f"{PATH}/{kept['id']}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")
    assert client.get(f"{PATH}/{kept['id']}").json()["revision"] == 1


@pytest.mark.parametrize(
    "query",
    [
        "q=",
        "q=%20",
        "q=%00",
        "q=" + "x" * 2001,
        "limit=0",
        "cursor=x",
        "q=x&cursor=x",
        "q=x&cursor=Wy01XQ",
        "q=x&cursor=WzEwMDBd",
        "kind=rumour",
        "state=lost",
        "source=me",
        "trust=some",
        "segment_id=x",
        "after=x",
        "min_importance=2",
        "min_importance=nan",
        "min_confidence=-1",
        "min_confidence=critical",
        "min_importance=high",
        "archived=perhaps",
        "entity=",
        "as_of=yesterday",
    ],
)
def test_a_listing_refuses_what_cannot_be_asked(client: TestClient, query: str) -> None:
    answer = client.get(f"{PATH}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_a_deletion_refuses_a_half_said_dry_run(client: TestClient) -> None:
    (kept,) = remember(client, "Ada lives in Leeds.")
    answer = client.delete(f"{PATH}/{kept['id']}", params={"dry_run": "maybe"})
    assert answer.status_code == 400
    assert client.get(f"{PATH}/{kept['id']}").status_code == 200


def test_a_text_that_is_too_long_is_measured_in_characters(client: TestClient) -> None:
    refused = client.post("/api/memories", json={"text": "x" * 4001})
    assert refused.status_code == 400
    assert "at most 4000 characters, not 4001" in refused.json()["detail"]
