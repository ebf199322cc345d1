"""Search, the prompt, what MIRA is, and how it is."""

from dataclasses import replace
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from api.schemas.search import snippet
from cns.domain.grounds import Leg, Legs, Via
from cns.ports import Part
from tests.fakes.app import WELL, World
from tests.values import at, passed_over, recalled


def test_a_search_finds_everything_best_first(world: World, client: TestClient) -> None:
    said = recalled("I drink tea.", "message", segment_id=uuid4(), external_id="mail-1")
    world.recall.hits = (said, recalled("Anna drinks tea."))
    found = client.get("/api/search", params={"q": "tea"}).json()
    assert found["items"][0] == {
        "kind": "message",
        "id": str(said.id),
        "score": 0.75,
        "snippet": "I drink tea.",
        "created_at": "2026-03-01T09:30:00Z",
        "segment_id": str(said.segment_id),
        "external_id": "mail-1",
        "reasons": {
            "vector": 0.5,
            "text": 0.25,
            "entity": 0.0,
            "time": 0.0,
            "links": 0.0,
            "importance": 0.0,
        },
        "legs": {"vector": None, "text": None},
        "via": None,
        "conflicts_with": [],
    }
    assert [item["kind"] for item in found["items"]] == ["message", "memory"]


def test_a_search_is_asked_as_it_was_meant(world: World, client: TestClient) -> None:
    client.get(
        "/api/search",
        params={
            "q": "tea",
            "kinds": "memory,segment",
            "limit": 5,
            "after": "2026-03-02T09:00:00Z",
            "before": "2026-03-02T09:30:00Z",
        },
    )
    (asked,) = world.recall.asked
    assert (asked.text, asked.limit) == ("tea", 5)
    assert asked.kinds == {"memory", "segment"}
    assert (asked.after, asked.before) == (at(-30), at(0))


def test_a_search_has_twenty_items_unless_told_otherwise(world: World, client: TestClient) -> None:
    client.get("/api/search", params={"q": "tea"})
    assert world.recall.asked[0].limit == 20


def test_reasons_are_left_out_when_not_wanted(world: World, client: TestClient) -> None:
    world.recall.hits = (recalled(),)
    found = client.get("/api/search", params={"q": "cat", "explain": False}).json()
    assert found["items"][0]["reasons"] is None
    assert (found["items"][0]["legs"], found["passed_over"]) == (None, [])


def test_a_search_says_where_a_find_came_from_and_what_was_passed_over(
    world: World, client: TestClient
) -> None:
    origin = uuid4()
    legs = Legs(vector=Leg(rank=3, score=0.4))
    via = Via(id=origin, link="caused_by", hops=2)
    hit = recalled("It rained.", legs=legs, via=via, conflicts_with=(origin,))
    world.recall.hits, world.recall.passed_over = (hit,), (passed_over(),)
    found = client.get("/api/search", params={"q": "rain"}).json()
    (item,), (passed,) = found["items"], found["passed_over"]
    assert item["legs"] == {"vector": {"rank": 3, "score": 0.4}, "text": None}
    assert item["via"] == {"id": str(origin), "link": "caused_by", "hops": 2}
    assert item["conflicts_with"] == [str(origin)]
    assert (passed["why"], passed["score"], found["weighed"]) == ("floor", 0.25, 2)


def test_a_search_says_what_it_had_to_do_without(world: World, client: TestClient) -> None:
    world.embedder.lost = True
    world.recall.degraded = ("words",)
    found = client.get("/api/search", params={"q": "tea"}).json()
    assert len(found["degraded"]) == 2


@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=",
        "q=%20",
        "q=a%00b",
        "q=" + "x" * 2001,
        "q=x&limit=0",
        "q=x&limit=201",
        "q=x&kinds=",
        "q=x&kinds=memory,mood",
        "q=x&after=noon",
        "q=x&before=2026-13-01",
        "q=x&explain=perhaps",
        "q=x&page=2",
    ],
)
def test_a_search_refuses_what_cannot_be_asked(client: TestClient, query: str) -> None:
    answer = client.get(f"/api/search?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_a_snippet_of_a_short_text_is_the_text() -> None:
    assert snippet("I drink tea.", "tea") == "I drink tea."


def test_a_snippet_of_a_long_text_shows_the_word_that_was_asked_for() -> None:
    text = "word " * 200 + "walnuts make me ill " + "word " * 200
    cut = snippet(text, "which nuts? walnuts")
    assert "walnuts" in cut
    assert (cut[0], cut[-1]) == ("…", "…")
    assert len(cut) <= 282


def test_a_snippet_begins_at_the_beginning_when_no_word_is_shared() -> None:
    cut = snippet("word " * 200, "??")
    assert cut.startswith("word")
    assert cut.endswith("…")


def test_the_prompt_shows_its_sections_and_their_size(client: TestClient) -> None:
    said = "You speak with Anna."
    shown = {"name": "base_prompt", "cached": True, "tokens": 7, "content": said}
    prompt = client.get("/api/prompt").json()
    assert prompt == {"sections": [shown], "tokens": 7, "left_out": []}


def test_about_names_the_version_and_the_model(client: TestClient) -> None:
    about = client.get("/api/about").json()
    assert about == {"version": "0.0.0", "model": {"provider": "fake", "name": "fake-model"}}


def test_the_server_lives(client: TestClient) -> None:
    assert client.get("/health/live").json() == {"status": "alive"}


def test_readiness_names_each_part(client: TestClient) -> None:
    ready = client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json()["status"] == "ready"
    assert ready.json()["parts"]["database"] == {
        "ok": True,
        "latency_ms": 0.2,
        "detail": "in memory",
        "required": True,
    }


def test_a_lost_part_that_can_be_done_without_degrades(world: World, client: TestClient) -> None:
    world.parts = (WELL[0], Part(name="cache", ok=False, detail="away"))
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")


def test_a_lost_part_that_is_required_makes_it_unavailable(
    world: World, client: TestClient
) -> None:
    world.parts = (replace(WELL[0], ok=False, detail="away"), WELL[1])
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
    assert ready.json()["parts"]["database"]["detail"] == "away"
