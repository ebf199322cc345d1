"""What a hit rests on: where each leg of recall put it, and what it was come to from."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A place in one leg, 1 for its best, and the leg's own score: a cosine, or BM25."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """None where a leg did not have it."""

    vector: Leg | None = None
    text: Leg | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Via:
    """The memory that a hit was come to from, by which kind of link, over how many of them."""

    id: UUID
    link: str
    hops: int
