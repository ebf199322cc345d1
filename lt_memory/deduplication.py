"""Whether a candidate is a repeat, a newer value, or news: nearness nominates, words decide."""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.fuzz import ratio

from config.settings import MemorySettings
from lt_memory.domain.correction import retires, succeeds
from lt_memory.domain.memory import Candidate, MemoryId
from lt_memory.domain.sameness import differences, opposed, relation
from lt_memory.ports import Near
from lt_memory.rules.endings import Ends, ended_by
from lt_memory.rules.partings import parted_by

SUPERSEDES = "supersedes"
CONFLICTS = "conflicts"
PLACES = frozenset(("gpe", "loc", "fac"))
OPPOSED = 0.6  # cosine, from which a plain denial counts: such pairs of one month lie at .66 to .96
CORRECTED = (
    0.3  # cosine, from which a correction is looked at: those of one month lie at .57 to .98
)


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
            kind=_relation(text, each.text),
            reason=f"near, but they differ in {', '.join(points)}",
        )
        for each, points in differing
    ))  # fmt: skip


def retired(candidate: Candidate, near: Sequence[Near]) -> Neighbour | None:
    """The nearest memory that a candidate puts right, where its words say that it does."""
    if candidate.correction is None:
        return None
    for each in near:
        comparable = each.cosine >= CORRECTED or each.cosine == 0
        if comparable and retires(candidate.text, each.text, candidate.correction):
            return Neighbour(id=each.id, kind=SUPERSEDES, reason="put right by the user")
    return None


def outlived(candidate: Candidate, near: Sequence[Near]) -> tuple[Neighbour, ...]:
    """The memories that a candidate says are no longer so; where that is unsure, in conflict."""
    found = [
        (each.id, how)
        for each in near
        if (each.cosine >= CORRECTED or each.cosine == 0)
        and (how := _how_ended(candidate, each.text)) is not None
    ]
    several = [how for _, how in found].count(Ends.ONE) > 1
    return tuple(
        Neighbour(id=memory_id, kind=CONFLICTS, reason="may be no longer so")
        if how is Ends.PERHAPS or (several and how is Ends.ONE)
        else Neighbour(id=memory_id, kind=SUPERSEDES, reason="no longer so, as the user says")
        for memory_id, how in found
    )


def _how_ended(candidate: Candidate, old: str) -> Ends | None:
    places = [each.name for each in candidate.entities if each.kind in PLACES]
    corrected = candidate.correction is not None
    return ended_by(candidate.text, old, corrected=corrected) or parted_by(
        candidate.text, old, places
    )


def _relation(new: str, old: str) -> str:
    kind = relation(new, old)
    return "related" if kind == SUPERSEDES and not succeeds(new, old) else kind


def _nominated(text: str, near: Near, thresholds: Thresholds) -> bool:
    if near.cosine >= thresholds.cosine:
        return True
    if near.cosine >= OPPOSED and opposed(text, near.text):
        return True
    return ratio(text.casefold(), near.text.casefold()) / 100 >= thresholds.ratio
