"""When what took a memory's place goes, the memory holds again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from lt_memory.domain.memory import Actor, Memory, MemoryId, RunId, State
from lt_memory.domain.revision import changed
from lt_memory.ports import MemoryWork, Rewrite

SUPERSEDES = "supersedes"
AWAKE = frozenset({State.ACTIVE, State.DORMANT})


def revive(
    work: MemoryWork, going: Memory, at: datetime, run_id: RunId | None = None
) -> tuple[MemoryId, ...]:
    """Let what a memory superseded hold again, unless another one that is awake superseded it."""
    return tuple(_revived(work, going, at, run_id))


def _revived(
    work: MemoryWork, going: Memory, at: datetime, run_id: RunId | None
) -> Iterator[MemoryId]:
    for link in going.links:
        if link.kind != SUPERSEDES or link.direction != "out":
            continue
        old = work.memory(link.other_id)
        if old.valid_until is None or _superseded_by_another(work, old, going):
            continue
        new = replace(old, valid_until=None, updated_at=at)
        revision = changed(old, new, Actor.USER, "holds again: what took its place went")
        if revision is not None:
            memory = replace(new, revision=revision.revision)
            work.rewrite(Rewrite(memory=memory, revision=revision, run_id=run_id))
            yield old.id


def _superseded_by_another(work: MemoryWork, old: Memory, going: Memory) -> bool:
    others = (
        work.memory(link.other_id)
        for link in old.links
        if link.kind == SUPERSEDES and link.direction == "in" and link.other_id != going.id
    )
    return any(each.state in AWAKE for each in others)
