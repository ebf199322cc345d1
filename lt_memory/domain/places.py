"""Which place a candidate has in each leg."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from cns.domain.grounds import Leg, Legs
from lt_memory.domain.fusion import Considerable


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The scores of each leg, negated, best first; equals have the same place."""

    vector: Sequence[float]
    text: Sequence[float]

    def of(self, candidate: Considerable) -> Legs:
        return Legs(
            vector=None if candidate.cosine is None else _leg(self.vector, candidate.cosine),
            text=_leg(self.text, candidate.words) if candidate.words > 0 else None,
        )


def places(candidates: Sequence[Considerable]) -> Places:
    return Places(
        vector=sorted(-each.cosine for each in candidates if each.cosine is not None),
        text=sorted(-each.words for each in candidates if each.words > 0),
    )


def _leg(scores: Sequence[float], score: float) -> Leg:
    return Leg(rank=bisect_left(scores, -score) + 1, score=score)
