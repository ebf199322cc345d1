"""Which memories a candidate takes the place of, and which it only disagrees with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cns.errors import NotFound
from lt_memory.deduplication import SUPERSEDES, Neighbour, Verdict, retired
from lt_memory.domain.memory import Candidate, Memory, MemoryId
from lt_memory.domain.words import terms
from lt_memory.ports import MemoryWork, Near

CONFLICTS = "conflicts"
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


def succession(
    work: MemoryWork, candidate: Candidate, near: Sequence[Near], verdict: Verdict, said: datetime
) -> Succession:
    """As its words say, as it is near, or as a model judged; nothing that was said later ends."""
    by_words = {each.id: each for each in _by_words(candidate, near, verdict)}
    told = [each for each in candidate.supersedes if each not in by_words]
    named = [(each, True) for each in by_words.values()]
    named += [(_told(each), place < MOST) for place, each in enumerate(told)]
    ended: list[tuple[Neighbour, Memory]] = []
    disputed: list[Neighbour] = []
    for each, trusted in named:
        old = None if each.id == verdict.repeats else _standing(work, each.id)
        if old is None:
            continue
        credible = trusted and (each.id in by_words or _credible(candidate, old))
        if credible and work.said_at(old.id) <= said:
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


def _told(memory_id: MemoryId) -> Neighbour:
    return Neighbour(id=memory_id, kind=SUPERSEDES, reason="judged to take its place")


def _standing(work: MemoryWork, memory_id: MemoryId) -> Memory | None:
    """None when the memory is gone, or was superseded before."""
    try:
        old = work.memory(memory_id)
    except NotFound:
        return None
    return old if old.valid_until is None else None


def _credible(candidate: Candidate, old: Memory) -> bool:
    """What a model judged: not over what the user pinned, and of some common word."""
    return not old.pinned and bool(set(terms(candidate.text)) & set(terms(old.text)))
