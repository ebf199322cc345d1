"""Erases memories with whatever holds their words: one law, whether a memory or a message goes."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from lt_memory.domain.memory import Actor, MemoryId, State
from lt_memory.domain.revision import changed
from lt_memory.ports import MemoryWork, Rewrite
from lt_memory.reviving import revive


def forget(
    work: MemoryWork,
    falls: Sequence[MemoryId],
    at: datetime,
    *,
    named: Collection[MemoryId] = (),
) -> Counter[str]:
    """Erase memories; what they had taken the place of, and does not fall, is there again.

    Args:
        work: the transaction.
        falls: all that go.
        at: the instant.
        named: those of them that are meant themselves: what they were made of stays put away.

    Returns:
        What went, by kind.
    """
    removed = Counter(work.echoes.silence(falls))
    returning = {
        source for each in falls if each not in named for source in work.echoes.put_away_for(each)
    } - set(falls)
    for each in falls:
        footprint = work.footprint(each)
        removed.update(footprint)
        if footprint["memories"]:
            revive(work, work.memory(each), at)
        work.erase(each, at)
    for source in sorted(returning):
        _bring_back(work, source, at)
    return removed


def _bring_back(work: MemoryWork, memory_id: MemoryId, at: datetime) -> None:
    old = work.memory(memory_id)
    new = replace(old, state=State.ACTIVE, updated_at=at)
    revision = changed(old, new, Actor.USER, "there again: what was made of it went")
    if revision is not None:
        memory = replace(new, revision=revision.revision)
        work.rewrite(Rewrite(memory=memory, revision=revision))
