"""Whether a candidate is a repeat, a newer value, or news: nearness nominates, words decide."""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.fuzz import ratio

from config.settings import MemorySettings
from lt_memory.domain.memory import MemoryId
from lt_memory.domain.sameness import differences, relation
from lt_memory.ports import Near


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From which nearness on two memories are compared word by word."""

    cosine: float
    ratio: float


def thresholds_of(settings: MemorySettings) -> Thresholds:
    return Thresholds(cosine=settings.duplicate_cosine, ratio=settings.duplicate_ratio)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A near memory that says something else, and how the candidate stands to it."""

    id: MemoryId
    kind: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`repeats` names the memory that says the same; else `neighbours` are to be linked."""

    repeats: MemoryId | None = None
    neighbours: tuple[Neighbour, ...] = ()


def judged(text: str, near: Sequence[Near], thresholds: Thresholds) -> Verdict:
    """What a candidate is beside what is stored."""
    nominated = [each for each in near if _nominated(text, each, thresholds)]
    differing = [(each, differences(text, each.text)) for each in nominated]
    repeated = next((each.id for each, points in differing if not points), None)
    if repeated is not None:
        return Verdict(repeats=repeated)
    return Verdict(neighbours=tuple(
        Neighbour(
            id=each.id,
            kind=relation(text, each.text),
            reason=f"near, but they differ in {', '.join(points)}",
        )
        for each, points in differing
    ))  # fmt: skip


def _nominated(text: str, near: Near, thresholds: Thresholds) -> bool:
    if near.cosine >= thresholds.cosine:
        return True
    return ratio(text.casefold(), near.text.casefold()) / 100 >= thresholds.ratio
