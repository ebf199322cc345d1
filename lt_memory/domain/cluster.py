"""Which memories lie so near each other that one may stand for them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

from lt_memory.domain.memory import Memory, MemoryId
from lt_memory.domain.rewording import at_odds

Nearness = Mapping[frozenset[MemoryId], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeness:
    """What makes a cluster.

    Attributes:
        to_hub: cosine that each has to the hub at least.
        mean: cosine that all pairs have on the average.
        most: members, the hub included.
    """

    to_hub: float
    mean: float
    most: int


def clusters(
    hubs: Sequence[MemoryId],
    memories: Mapping[MemoryId, Memory],
    nearness: Nearness,
    closeness: Closeness,
) -> list[tuple[Memory, ...]]:
    """Two or more around each hub, the nearest first; each memory in one cluster at most.

    A hub that has gone from `memories` is passed over, and so is a pair of unknown nearness.
    """
    taken: set[MemoryId] = set()
    found: list[tuple[Memory, ...]] = []
    for hub in hubs:
        if hub not in memories or hub in taken:
            continue
        free = [each for each in memories if each not in taken and each != hub]
        members = _around(hub, free, nearness, closeness, _fitting(memories))
        if len(members) > 1:
            taken.update(members)
            found.append(tuple(memories[each] for each in members))
    return found


def _around(
    hub: MemoryId,
    free: Sequence[MemoryId],
    nearness: Nearness,
    closeness: Closeness,
    fits: Callable[[MemoryId, MemoryId], bool],
) -> list[MemoryId]:
    near = {each: nearness.get(frozenset((hub, each)), 0.0) for each in free}
    members = [hub]
    for each in sorted(near, key=lambda each: (-near[each], each)):
        if near[each] < closeness.to_hub or len(members) == closeness.most:
            break
        if _mean([*members, each], nearness) >= closeness.mean and all(
            fits(each, member) for member in members
        ):
            members.append(each)
    return members


def _mean(members: Sequence[MemoryId], nearness: Nearness) -> float:
    return fmean(nearness.get(frozenset(pair), 0.0) for pair in combinations(members, 2))


def _fitting(memories: Mapping[MemoryId, Memory]) -> Callable[[MemoryId, MemoryId], bool]:
    return lambda one, other: may_join(memories[one], memories[other])


def may_join(one: Memory, other: Memory) -> bool:
    """Of one source and place, ending together, of no two dates, and at odds in nothing they say.

    What came from one place can then be taken back without anybody else's words.
    """
    dates = {each.happens_at for each in (one, other) if each.happens_at is not None}
    return (
        (one.trust, one.source) == (other.trust, other.source)
        and set(one.origins) == set(other.origins)
        and one.expires_at == other.expires_at
        and len(dates) <= 1
        and not at_odds(one.text, other.text)
    )
