"""Memories made of memories: what they take over, and how the old ones are put away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import uuid4

from lt_memory.domain.memory import Actor, Memory, MemoryId, State
from lt_memory.domain.revision import changed
from lt_memory.domain.run import Run
from lt_memory.ports import Birth, NewLink, Rewrite
from lt_memory.reader import Reading


class ReshapingWork(Protocol):
    """One transaction: all of it is kept, or nothing. See `lt_memory.ports.MemoryWork`."""

    def record(self, run: Run) -> None: ...

    def memory(self, memory_id: MemoryId) -> Memory: ...

    def add(self, birth: Birth) -> None: ...

    def rewrite(self, change: Rewrite) -> None: ...

    def link(self, link: NewLink) -> None: ...

    def take_over_links(self, heir: MemoryId, sources: Sequence[MemoryId], run: Run) -> None:
        """Give the heir the links that the sources have with others, settled ones as settled.

        What took the place of a source does not take the heir's.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who makes them, in which run, and what the links to the old ones say of it."""

    actor: Actor
    run: Run
    reason: str


def merged(
    work: ReshapingWork, sources: Sequence[Memory], heir: Memory, reading: Reading, author: Author
) -> None:
    """Store one in place of several; it is linked as they are."""
    _bear(work, heir, reading, sources, author)
    work.take_over_links(heir.id, [each.id for each in sources], author.run)
    _put_away(work, sources, f"merged into {heir.id}", author)


def divided(
    work: ReshapingWork, source: Memory, parts: Sequence[tuple[Memory, Reading]], author: Author
) -> None:
    """Store several in place of one; its links stay with it."""
    for part, reading in parts:
        _bear(work, part, reading, [source], author)
    _put_away(work, [source], f"split into {len(parts)}", author)


def _bear(
    work: ReshapingWork,
    memory: Memory,
    reading: Reading,
    sources: Sequence[Memory],
    author: Author,
) -> None:
    work.add(Birth(
        memory=memory,
        actor=author.actor,
        names=reading.names,
        vector=reading.vector,
        run_id=author.run.id,
        made_of=tuple(each.id for each in sources),
    ))  # fmt: skip
    for source in sources:
        work.link(NewLink(
            id=uuid4(),
            source_id=memory.id,
            target_id=source.id,
            kind="derived_from",
            reason=author.reason,
            at=memory.created_at,
            confidence=1.0,
            run_id=author.run.id,
        ))  # fmt: skip


def _put_away(work: ReshapingWork, sources: Iterable[Memory], change: str, author: Author) -> None:
    for old in sources:
        new = replace(old, state=State.ARCHIVED, updated_at=author.run.started_at)
        step = changed(old, new, author.actor, change)
        if step is not None:
            memory = replace(new, revision=step.revision)
            work.rewrite(Rewrite(memory=memory, revision=step, run_id=author.run.id))
