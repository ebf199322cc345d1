"""A chapter of several stretches whose model is lost, or spoils one of them, on the way."""

import pytest

from cns.domain.message import Message, SegmentId
from cns.errors import ModelUnavailable
from config.settings import MemorySettings
from lt_memory.extraction import ATTEMPTS, Extraction, Sources
from lt_memory.extractors import chosen_extractors
from lt_memory.model_extraction import Asking
from lt_memory.reader import Reader
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.llm import Fails, FakeLLM, Says, Step, document
from tests.fakes.names import FakeNames
from tests.retelling import World

SAID = ("I have a dog called Rex.", "Good boy.", "I live in Leeds.", "Rain again.")
SPOILT = Says("no notes at all")
AWAY = Fails(ModelUnavailable("The model is away.", code="llm_unreachable"))


def noted(line: str) -> Step:
    proposal = {
        "text": line,
        "kind": "fact",
        "confidence": 90,
        "evidence": [{"message": 1, "quote": line}],
        "happens_at": None,
        "expires_at": None,
        "supersedes": [],
    }
    return document({"memories": [proposal]})


DOG, HOME = noted(SAID[0]), noted(SAID[2])


def chapter(world: World) -> SegmentId:
    said: list[Message] = [world.said(text) for text in SAID]
    world.next_chapter()
    return said[0].segment_id


def extraction(world: World, *steps: Step) -> Extraction:
    """By a model that is asked about two messages at a time."""
    settings = MemorySettings(extraction="immediate", chunk_messages=2)
    chosen = chosen_extractors(settings, FakeLLM(steps), Asking(prompt="notes"), FakeNames())
    sources = Sources(
        conversation=world.conversation,
        extractors=lambda: chosen,
        reader=Reader(FakeNames(), FakeEmbedder()),
    )
    return Extraction(sources, world.memories, world.clock, settings)


def kept(world: World) -> list[str]:
    return sorted(memory.text for memory in world.all().values())


def test_what_a_model_answers_of_a_chapter_is_kept_though_it_spoils_another_stretch() -> None:
    world = World()
    segment_id = chapter(world)
    work = extraction(world, *[DOG, SPOILT] * (ATTEMPTS + 1))
    for _ in range(ATTEMPTS):
        with pytest.raises(ModelUnavailable):
            work.extract(segment_id)
        assert not world.all()
    run_id = work.extract(segment_id)
    assert run_id is not None
    run = world.memories.run(run_id)
    assert run.model == "fake-model, rules"
    assert run.summary.endswith("1 of 2 stretches read by rules")
    assert kept(world) == [SAID[0], SAID[2]]
    assert work.extract(segment_id) is None
    assert kept(world) == [SAID[0], SAID[2]]


def test_a_model_that_goes_away_between_two_stretches_leaves_nothing_half_learnt() -> None:
    world = World()
    segment_id = chapter(world)
    work = extraction(world, DOG, AWAY, DOG, HOME)
    with pytest.raises(ModelUnavailable):
        work.extract(segment_id)
    assert not world.all()
    assert work.extract(segment_id) is not None
    assert kept(world) == [SAID[0], SAID[2]]


def test_a_model_that_is_away_is_waited_for_when_rules_would_stand_in_too() -> None:
    world = World()
    segment_id = chapter(world)
    work = extraction(world, *[DOG, SPOILT] * ATTEMPTS, DOG, AWAY, DOG, HOME)
    for _ in range(ATTEMPTS + 1):
        with pytest.raises(ModelUnavailable):
            work.extract(segment_id)
    assert not world.all()
    assert work.extract(segment_id) is not None
    assert kept(world) == [SAID[0], SAID[2]]
