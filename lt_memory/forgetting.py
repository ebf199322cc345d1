"""Erases memories with whatever holds their words: one law, whether a memory or a message goes."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from lt_memory.domain.memory import Actor, MemoryId, State
from lt_memory.domain.revision import changed
from lt_memory.ports import MemoryWork, Rewrite
from lt_memory.reviving import revive


class Effect(StrEnum):
    """What an erasure does to a memory."""

    ERASED = "erased"
    BROUGHT_BACK = "brought_back"  # out of the archive: what was made of it went
    VALID_AGAIN = "valid_again"  # what had taken its place went
    EVIDENCE_LOST = "evidence_lost"  # it stays, for it was said elsewhere too


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A memory that an erasure changes.

    Attributes:
        text: what it says; None once it is done, and of what an undone run had made.
    """

    id: MemoryId
    effect: Effect
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What went, by kind, and the memories that were touched."""

    removed: Counter[str]
    touched: tuple[Touched, ...]


def touched(work: MemoryWork, ids: Iterable[MemoryId], effect: Effect) -> tuple[Touched, ...]:
    """Memories as a preview names them; asked before they go."""
    return tuple(Touched(id=each, effect=effect, text=_text(work, each)) for each in ids)


def told(memories: Iterable[Touched], *, dry_run: bool) -> tuple[Touched, ...]:
    """As a receipt may name them: with their words only while nothing is done."""
    return tuple(each if dry_run else replace(each, text=None) for each in memories)


def forget(
    work: MemoryWork,
    falls: Sequence[MemoryId],
    at: datetime,
    *,
    named: Collection[MemoryId] = (),
) -> Forgotten:
    """Erase memories; what they had taken the place of, and does not fall, is there again.

    Args:
        work: the transaction.
        falls: all that go.
        at: the instant.
        named: those of them that are meant themselves: what they were made of stays put away.
    """
    removed = Counter(work.echoes.silence(falls))
    going: list[Touched] = []
    returning = {
        source for each in falls if each not in named for source in work.echoes.put_away_for(each)
    } - set(falls)
    valid: list[MemoryId] = []
    for each in falls:
        footprint = work.footprint(each)
        removed.update(footprint)
        memory = work.memory(each) if footprint["memories"] else None
        text = None if memory is None else memory.text
        going.append(Touched(id=each, effect=Effect.ERASED, text=text))
        if memory is not None:
            valid += revive(work, memory, at)
        work.erase(each, at)
    for source in sorted(returning):
        _bring_back(work, source, at)
    staying = dict.fromkeys(each for each in valid if each not in falls)
    back = touched(work, sorted(returning), Effect.BROUGHT_BACK)
    again = touched(work, staying, Effect.VALID_AGAIN)
    return Forgotten(removed=removed, touched=(*going, *back, *again))


def _text(work: MemoryWork, memory_id: MemoryId) -> str | None:
    stands = work.footprint(memory_id)["memories"]
    return work.memory(memory_id).text if stands else None


def _bring_back(work: MemoryWork, memory_id: MemoryId, at: datetime) -> None:
    old = work.memory(memory_id)
    new = replace(old, state=State.ACTIVE, updated_at=at)
    revision = changed(old, new, Actor.USER, "there again: what was made of it went")
    if revision is not None:
        memory = replace(new, revision=revision.revision)
        work.rewrite(Rewrite(memory=memory, revision=revision))
