"""The story: tell ten facts, end the chapter, restart, ask ten questions, find each source."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.application import Application, application, wired
from tests.fakes.diligent import diligent
from tests.fakes.llm_server import FakeLLMServer

pytestmark = [pytest.mark.postgres, pytest.mark.valkey, pytest.mark.model]

# What is told, what is asked later, and the words by which the right memory is known.
STORY = (
    ("I'm allergic to peanuts, so I always read the labels.", "What food must I avoid?", "peanuts"),
    ("My sister Anna lives in Leeds.", "Where does my sister live?", "Leeds"),
    ("I work as a nurse at St Mary's hospital.", "What is my job?", "nurse"),
    ("I have two cats, Miso and Tofu.", "What are my cats called?", "Miso"),
    ("I was born on 3 May 1987.", "When is my birthday?", "3 May 1987"),
    ("I prefer tea over coffee in the morning.", "What do I like to drink at breakfast?", "tea"),
    (
        "I'm training for the Lisbon marathon in October.",
        "Which race am I preparing for?",
        "Lisbon",
    ),
    ("My car is a blue 2015 Honda Jazz.", "What do I drive?", "Honda"),
    ("I moved to Bristol last year.", "Which city do I live in?", "Bristol"),
    ("I can't stand cilantro.", "Which herb do I dislike?", "cilantro"),
)


@pytest.fixture(params=["built-in", "anthropic", "openai"])
def app(request: pytest.FixtureRequest) -> Iterator[Application]:
    if request.param == "built-in":
        with application(MIRA_LLM__PROVIDER="local") as running:
            yield running
        return
    with FakeLLMServer(diligent) as server, application(**wired(server, request.param)) as running:
        yield running


def test_what_was_told_comes_back_with_its_source(app: Application) -> None:
    for told, _, _ in STORY:
        assert app.turn(told)[-1].name == "turn_completed"
    result = app.collapse()
    assert result["segment_id"]
    assert result["runs"]
    app.stop()
    app.start()

    found = [_surfaced(app, question, answer) for _, question, answer in STORY]

    assert sum(hit is not None for hit in found) >= 9, found
    for (told, _, answer), hit in zip(STORY, found, strict=True):
        if hit is not None:
            assert answer in _source_sentence(app, hit), told


def _surfaced(app: Application, question: str, answer: str) -> dict[str, Any] | None:
    """The memory among those shown to the model that holds the answer."""
    events = app.turn(question)
    shown = next(e for e in events if e.name == "memories_surfaced").data["memories"]
    memories = [hit for hit in shown if hit["kind"] == "memory"]
    return next((hit for hit in memories if answer in hit["text"]), None)


def _source_sentence(app: Application, hit: dict[str, Any]) -> str:
    """What clicking the memory leads to: the very words in the message that it came from."""
    with app.client() as client:
        memory = client.get(f"/api/memories/{hit['id']}").json()
        (source,) = memory["evidence"][:1]
        segment = client.get(f"/api/segments/{memory['segment_id']}").json()
    message = next(m for m in segment["messages"] if m["id"] == source["message_id"])
    words: str = message["text"][source["start"] : source["end"]]
    assert message["role"] == "user"
    return words
