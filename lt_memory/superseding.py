"""Which memories a candidate takes the place of, and which it only disagrees with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from cns.errors import NotFound
from lt_memory.deduplication import (
    CONFLICTS,
    SUPERSEDES,
    Neighbour,
    Verdict,
    outlived,
    retired,
)
from lt_memory.domain.judging import credible
from lt_memory.domain.memory import Actor, Candidate, Memory, MemoryId, RunId
from lt_memory.domain.revision import changed
from lt_memory.ports import MemoryWork, Near, Rewrite

DAY = timedelta(days=1)
MOST = 2  # memories that one statement takes the place of because a model says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """What a candidate ends, and what it is linked to as disagreeing.

    Attributes:
        pinned: what it ends was pinned by the user, and so its successor is to be.
    """

    ended: tuple[tuple[Neighbour, Memory], ...] = ()
    disputed: tuple[Neighbour, ...] = ()

    @property
    def pinned(self) -> bool:
        return any(memory.pinned for _, memory in self.ended)

    @property
    def links(self) -> tuple[Neighbour, ...]:
        return (*(each for each, _ in self.ended), *self.disputed)


class Writer(Protocol):
    """Who changes memories, when, and in which run."""

    @property
    def actor(self) -> Actor: ...

    @property
    def at(self) -> datetime: ...

    @property
    def run_id(self) -> RunId | None: ...


class Rewriting(Protocol):
    def rewrite(self, change: Rewrite) -> None: ...


def end(work: Rewriting, writer: Writer, old: Memory, until: datetime) -> None:
    """End its validity when the new statement was made."""
    new = replace(old, valid_until=until, updated_at=writer.at)
    revision = changed(old, new, writer.actor, "superseded")
    if revision is not None:
        memory = replace(new, revision=revision.revision)
        work.rewrite(Rewrite(memory=memory, revision=revision, run_id=writer.run_id))


def succession(
    work: MemoryWork, candidate: Candidate, near: Sequence[Near], verdict: Verdict, said: datetime
) -> Succession:
    """As its words say, as it is near, or as a model judged; nothing that was said later ends."""
    by_words: dict[MemoryId, Neighbour] = {}
    for each in (*_by_words(candidate, near, verdict), *_no_longer_so(work, candidate, near)):
        by_words.setdefault(each.id, each)
    told = [each for each in candidate.supersedes if each not in by_words]
    named = [(each, each.kind == SUPERSEDES) for each in by_words.values()]
    named += [(_told(each), place < MOST) for place, each in enumerate(told)]
    ended: list[tuple[Neighbour, Memory]] = []
    disputed: list[Neighbour] = []
    for each, trusted in named:
        old = None if each.id == verdict.repeats else _standing(work, each.id)
        if old is None:
            continue
        ends = trusted and (
            each.id in by_words or credible(candidate.text, old.text, pinned=old.pinned)
        )
        if ends and work.said_at(old.id) <= said:
            ended.append((each, old))
        else:
            disputed.append(replace(each, kind=CONFLICTS))
    return Succession(ended=tuple(ended), disputed=tuple(disputed))


def _by_words(candidate: Candidate, near: Sequence[Near], verdict: Verdict) -> Iterator[Neighbour]:
    if candidate.rewords is not None:
        yield Neighbour(id=candidate.rewords, kind=SUPERSEDES, reason="put right by the user")
    right = retired(candidate, near)
    if right is not None:
        yield right
    yield from (each for each in verdict.neighbours if each.kind == SUPERSEDES)


def _no_longer_so(
    work: MemoryWork, candidate: Candidate, near: Sequence[Near]
) -> Iterator[Neighbour]:
    """What it says has ended, unless that was before the old statement was made."""
    over = candidate.happens_at
    for each in outlived(candidate, near):
        if over is None or over + DAY > work.said_at(each.id):
            yield each


def _told(memory_id: MemoryId) -> Neighbour:
    return Neighbour(id=memory_id, kind=SUPERSEDES, reason="judged to take its place")


def _standing(work: MemoryWork, memory_id: MemoryId) -> Memory | None:
    """None when the memory is gone, or was superseded before."""
    try:
        old = work.memory(memory_id)
    except NotFound:
        return None
    return old if old.valid_until is None else None
