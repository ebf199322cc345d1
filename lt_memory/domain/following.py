"""What comes to mind by way of something else: along links, and in place of what holds no more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from cns.domain.grounds import Via
from lt_memory.domain.fusion import Considerable, Ranked, in_order

STEPS = 3
ORIGINS = 10  # of the best memories, that links are followed from
SUREST = 0.6  # confidence under which a link is not followed
BELOW = 0.99  # of the way to the score of what a hit was come to from: it never gets past that
OWN_SHARE = 0.7  # of the importance of a linked memory; the rest is that of where it was come from
LINK_WEIGHTS: Mapping[str, float] = {
    "conflicts": 1.0,
    "caused_by": 0.8,
    "motivated_by": 0.8,
    "instance_of": 0.7,
}
OTHER_LINK = 0.5
CONFLICTS = "conflicts"
SUPERSEDES = "supersedes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bond:
    """A link between two memories, followed both ways."""

    one: UUID
    other: UUID
    link: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """A memory that holds no more, found by words or meaning, and one that took its place."""

    id: UUID
    by: UUID
    hops: int
    cosine: float | None = None
    words: float = 0.0
    coverage: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    via: Via
    origin: Ranked
    strength: float


def with_successors(
    candidates: Sequence[Considerable], replaced: Sequence[Replaced]
) -> list[Considerable]:
    """What took another's place is found by the other's words and meaning as well."""
    if not replaced:
        return list(candidates)
    by_successor: dict[UUID, list[Replaced]] = {}
    for each in sorted(replaced, key=lambda old: (old.hops, old.id)):
        by_successor.setdefault(each.by, []).append(each)
    return [_in_place_of(each, by_successor.get(each.id, ())) for each in candidates]


def with_links(ranked: Sequence[Ranked], bonds: Sequence[Bond], weight: float) -> list[Ranked]:
    """The ranking with a part for links, one to three of them away from the best memories.

    What a link adds is the product of the links' weights and confidences, times an importance. It
    puts nothing past what it was come to from.
    """
    if not bonds:
        return list(ranked)
    steps = _steps([r for r in ranked if r.candidate.kind == "memory"][:ORIGINS], bonds)
    return in_order(
        _linked(each, found, weight) if (found := steps.get(each.candidate.id)) else each
        for each in ranked
    )


def beside(shown: Ranked, other: Ranked) -> Ranked:
    """What is in conflict with a hit that is shown, put just below that."""
    gap = max(0.0, shown.score - other.score)
    via = Via(id=shown.candidate.id, link=CONFLICTS, hops=1)
    return other.by_links(other.links + BELOW * gap, via)


def _in_place_of(each: Considerable, old: Sequence[Replaced]) -> Considerable:
    found = each
    for one in old:
        nearer = one.cosine is not None and (found.cosine is None or one.cosine > found.cosine)
        better = found._replace(
            cosine=one.cosine if nearer else found.cosine,
            words=max(found.words, one.words),
            coverage=max(found.coverage, one.coverage),
        )
        if better != found:
            found = better._replace(via=Via(id=one.id, link=SUPERSEDES, hops=one.hops))
    return found


def _steps(origins: Sequence[Ranked], bonds: Sequence[Bond]) -> Mapping[UUID, Mapping[UUID, _Step]]:
    """The strongest way to each memory from each origin, by where it leads to and from."""
    neighbours: dict[UUID, list[tuple[UUID, str, float]]] = {}
    for bond in sorted(bonds, key=lambda b: (b.one.int, b.other.int, b.link)):
        strength = LINK_WEIGHTS.get(bond.link, OTHER_LINK) * bond.confidence
        neighbours.setdefault(bond.one, []).append((bond.other, bond.link, strength))
        neighbours.setdefault(bond.other, []).append((bond.one, bond.link, strength))
    steps: dict[UUID, dict[UUID, _Step]] = {}
    for origin in origins:
        for memory_id, step in _walk(origin, neighbours):
            known = steps.setdefault(memory_id, {}).get(origin.candidate.id)
            if known is None or step.strength > known.strength:
                steps[memory_id][origin.candidate.id] = step
    return steps


def _walk(
    origin: Ranked, neighbours: Mapping[UUID, Sequence[tuple[UUID, str, float]]]
) -> Iterator[tuple[UUID, _Step]]:
    reached = {origin.candidate.id: 1.0}
    for hops in range(1, STEPS + 1):
        before, reached = reached, {}
        for at, strength in before.items():
            for to, link, weight in neighbours.get(at, ()):
                if to != origin.candidate.id and strength * weight > reached.get(to, 0.0):
                    reached[to] = strength * weight
                    via = Via(id=origin.candidate.id, link=link, hops=hops)
                    yield to, _Step(via=via, origin=origin, strength=strength * weight)


def _linked(each: Ranked, steps: Mapping[UUID, _Step], weight: float) -> Ranked:
    parts = [(_part(each, step, weight), step) for step in steps.values()]
    best, step = max(parts, key=lambda p: (p[0], -p[1].via.hops, p[1].via.id), default=(0.0, None))
    if step is None or best <= 0:
        return each
    return each.by_links(best, step.via)


def _part(each: Ranked, step: _Step, weight: float) -> float:
    importance = (
        OWN_SHARE * each.candidate.importance + (1 - OWN_SHARE) * step.origin.candidate.importance
    )
    gap = max(0.0, step.origin.score - each.score)
    return min(weight * step.strength * importance, BELOW * gap)
