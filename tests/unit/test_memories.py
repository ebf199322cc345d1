"""The user's hand on their memories, on a store in memory."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from cns.errors import InvalidInput, NotFound
from cns.ports import Page
from lt_memory.domain.memory import LONGEST, Actor, Kind, Memory, MemoryId, Source, State
from lt_memory.memories import MemoryService, NewMemory
from lt_memory.ports import MemoryFilter, NewLink
from lt_memory.reader import Reader
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.memory_store import FakeMemoryStore
from tests.fakes.names import FakeNames
from tests.fakes.store import FakeContinuumStore
from tests.values import at

TEXT = "My sister Anna lives in Leeds."


class World:
    """The service over fakes, and the fakes."""

    def __init__(self) -> None:
        self.store = FakeMemoryStore(FakeContinuumStore())
        self.embedder = FakeEmbedder()
        self.clock = FrozenClock()
        reader = Reader(FakeNames({"Anna": "person", "York": "gpe"}), self.embedder)
        self.service = MemoryService(self.store, reader, self.clock)

    def edit(self, memory: Memory, **change: object) -> Memory:
        self.clock.move(timedelta(minutes=1))
        return self.service.edit(memory.id, change)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def kept(world: World) -> Memory:
    return world.service.add(NewMemory(text=TEXT))


def test_what_the_user_writes_is_theirs_and_sure(world: World) -> None:
    kept = world.service.add(NewMemory(text=f"  {TEXT} ", kind=Kind.CONTEXT, pinned=True))
    assert (kept.text, kept.kind, kept.pinned) == (TEXT, Kind.CONTEXT, True)
    assert (kept.source, kept.confidence, kept.state) == (Source.USER, 1.0, State.ACTIVE)
    assert [e.name for e in kept.entities] == ["Anna"]
    assert world.store.vector_of(kept.id) is not None


@pytest.mark.parametrize("text", ["", "   ", "x" * (LONGEST + 1)])
def test_a_memory_without_words_or_with_too_many_is_refused(world: World, text: str) -> None:
    with pytest.raises(InvalidInput):
        world.service.add(NewMemory(text=text))


def test_a_memory_is_added_without_a_vector_when_the_embedder_is_lost(world: World) -> None:
    world.embedder.lost = True
    assert world.store.vector_of(world.service.add(NewMemory(text=TEXT)).id) is None


def test_a_memory_is_as_sure_and_as_weighty_as_the_user_says(world: World) -> None:
    kept = world.service.add(NewMemory(text=TEXT, confidence=0.7, importance=0.9))
    assert (kept.confidence, kept.importance) == (0.7, 0.9)
    assert world.edit(kept, confidence=0.3).confidence == 0.3


def test_an_instant_without_a_zone_is_refused(world: World) -> None:
    naive = datetime(2026, 5, 3)  # noqa: DTZ001 - that is the point
    with pytest.raises(InvalidInput, match="expires_at"):
        world.service.add(NewMemory(text=TEXT, expires_at=naive))


def test_an_edit_is_one_revision_with_what_was_and_is(world: World, kept: Memory) -> None:
    edited = world.edit(kept, text="My sister Anna lives in York.", pinned=True)
    revision = world.service.history(kept.id)[-1]
    assert (edited.revision, edited.updated_at) == (2, world.clock.now())
    assert (revision.actor, revision.change) == (Actor.USER, "edited")
    assert revision.before == {"text": TEXT, "pinned": False}
    assert revision.after == {"text": "My sister Anna lives in York.", "pinned": True}


def test_a_new_wording_is_read_anew(world: World, kept: Memory) -> None:
    before = world.store.vector_of(kept.id)
    edited = world.edit(kept, text="My brother lives in York.")
    assert [e.name for e in edited.entities] == ["York"]
    assert world.store.vector_of(kept.id) != before


def test_an_edit_of_something_else_leaves_names_and_vector(world: World, kept: Memory) -> None:
    before = world.store.vector_of(kept.id)
    edited = world.edit(kept, kind="preference", happens_at=at(5), expires_at=None)
    assert (edited.kind, edited.happens_at) == (Kind.PREFERENCE, at(5))
    assert (edited.entities, world.store.vector_of(kept.id)) == (kept.entities, before)


def test_an_edit_that_changes_nothing_is_none(world: World, kept: Memory) -> None:
    assert world.edit(kept, text=TEXT, archived=False) == kept
    assert len(world.service.history(kept.id)) == 1


def test_putting_away_and_bringing_back(world: World, kept: Memory) -> None:
    assert world.edit(kept, archived=True).state is State.ARCHIVED
    assert world.edit(kept, archived=False).state is State.ACTIVE


@pytest.mark.parametrize(
    "change",
    [
        {"text": ""},
        {"text": 7},
        {"text": "x" * (LONGEST + 1)},
        {"kind": "gossip"},
        {"pinned": "yes"},
        {"archived": None},
        {"happens_at": "tomorrow"},
        {"importance": 1.0},
        {"confidence": 1.1},
        {"confidence": True},
    ],
)
def test_an_unfit_edit_is_refused_and_changes_nothing(
    world: World, kept: Memory, change: Mapping[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        world.edit(kept, **change)
    assert world.service.get(kept.id) == kept


def test_editing_what_is_gone_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        world.service.edit(MemoryId(uuid4()), {"pinned": True})


def test_a_dry_run_counts_what_deleting_takes_and_takes_nothing(world: World, kept: Memory) -> None:
    preview = world.service.delete(kept.id, dry_run=True)
    assert world.service.get(kept.id) == kept
    receipt = world.service.delete(kept.id, dry_run=False)
    assert (preview.dry_run, receipt.dry_run) == (True, False)
    assert preview.removed == receipt.removed
    with pytest.raises(NotFound):
        world.service.get(kept.id)


def test_uses_shown_and_cited_are_counted(world: World, kept: Memory) -> None:
    world.service.record_surfaced([kept.id])
    world.service.record_cited([kept.id])
    world.service.record_cited([])
    assert world.service.get(kept.id).access_count == 2


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_page_out_of_bounds_is_refused(world: World, limit: int) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        world.service.list(MemoryFilter(), Page(limit=limit))


def test_a_page_lists_what_is_kept(world: World, kept: Memory) -> None:
    assert world.service.list(MemoryFilter(), Page(limit=200)) == ([kept], None)


def test_no_texts_make_no_vectors(world: World) -> None:
    assert Reader(FakeNames(), world.embedder).vectors([]) == []


def superseded(world: World, old: Memory, *texts: str) -> list[Memory]:
    """Memories that took the place of an old one."""
    newer = [world.service.add(NewMemory(text=text)) for text in texts]
    with world.store.work() as work:
        for each in newer:
            work.link(NewLink(
                id=uuid4(), source_id=each.id, target_id=old.id, kind="supersedes", reason="",
                at=at(1),
            ))  # fmt: skip
    world.edit(old, valid_until=at(2))
    return newer


def test_what_was_superseded_holds_again_when_its_successor_is_deleted(
    world: World, kept: Memory
) -> None:
    (newer,) = superseded(world, kept, "My sister Anna lives in York.")
    world.service.delete(newer.id, dry_run=True)
    assert world.service.get(kept.id).valid_until == at(2)
    world.service.delete(newer.id, dry_run=False)
    assert world.service.get(kept.id).valid_until is None
    assert world.service.history(kept.id)[-1].change == "holds again: what took its place went"


def test_what_was_superseded_holds_again_when_its_successor_is_put_away(
    world: World, kept: Memory
) -> None:
    (newer,) = superseded(world, kept, "My sister Anna lives in York.")
    world.edit(newer, archived=True)
    assert world.service.get(kept.id).valid_until is None


def test_what_another_one_supersedes_stays_superseded(world: World, kept: Memory) -> None:
    newer, newest = superseded(world, kept, "Anna lives in York.", "Anna lives in Bath.")
    world.service.delete(newer.id, dry_run=False)
    assert world.service.get(kept.id).valid_until == at(2)
    world.service.delete(newest.id, dry_run=False)
    assert world.service.get(kept.id).valid_until is None


def test_deleting_what_superseded_nothing_revives_nothing(world: World, kept: Memory) -> None:
    (newer,) = superseded(world, kept, "My sister Anna lives in York.")
    world.edit(kept, valid_until=None)
    revisions = len(world.service.history(kept.id))
    world.service.delete(newer.id, dry_run=False)
    assert len(world.service.history(kept.id)) == revisions
