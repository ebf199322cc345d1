"""Which of the ranked are shown: each thing said once, what is in conflict side by side."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from uuid import UUID

from lt_memory.domain.following import beside
from lt_memory.domain.fusion import Ranked

Same = Callable[[Ranked, Ranked], bool]


def said_once(ranked: Sequence[Ranked], same: Same) -> list[Ranked]:
    """Without what says the same as a better one."""
    kept: list[Ranked] = []
    for each in ranked:
        if not any(same(other, each) for other in kept):
            kept.append(each)
    return kept


def side_by_side(
    ranked: Sequence[Ranked], partners: Mapping[UUID, Sequence[Ranked]], limit: int
) -> list[Ranked]:
    """At most so many, best first; each is followed by what is in conflict with it.

    Room for that is made by the last of those that are in no conflict.
    """
    shown = _followed(ranked[:limit], partners)
    excess = len(shown) - limit
    bound = {id_ for key, others in partners.items() if others for id_ in (key, *_ids(others))}
    apart = [place for place, each in enumerate(shown) if each.candidate.id not in bound]
    gone = set(apart[-excess:] if excess > 0 else ())
    return [each for place, each in enumerate(shown) if place not in gone][:limit]


def _followed(ranked: Sequence[Ranked], partners: Mapping[UUID, Sequence[Ranked]]) -> list[Ranked]:
    shown: dict[UUID, Ranked] = {}
    for each in ranked:
        if each.candidate.id not in shown:
            shown[each.candidate.id] = each
            for other in _below(shown, partners.get(each.candidate.id, ())):
                shown[other.candidate.id] = beside(each, other)
    return list(shown.values())


def _ids(ranked: Sequence[Ranked]) -> Iterator[UUID]:
    return (each.candidate.id for each in ranked)


def _below(shown: Mapping[UUID, Ranked], partners: Sequence[Ranked]) -> Iterator[Ranked]:
    return (other for other in partners if other.candidate.id not in shown)
