"""From a ranking to what is shown of it, and why the rest is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from rapidfuzz.fuzz import token_sort_ratio

from cns.domain.query import PassedOver
from cns.domain.stream import Recalled
from cns.ports import Found
from lt_memory.domain.fusion import Considerable, Ranked, Sifted, circumstances
from lt_memory.domain.places import Places
from lt_memory.domain.sameness import is_repeat
from lt_memory.domain.showing import said_once, side_by_side
from lt_memory.recall_ports import Details, Told

PASSED_OVER = 20  # the best of those that are not shown, told for the trace
SPARE = 5  # hits more than asked for: some may say the same
APART = 0.2  # of the cosines to a question, from which on two do not say the same
LIKE = 80  # percent of spelling, words in any order, from which two may say the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A ranking with all that is told of the best of it."""

    ranked: Sequence[Ranked]
    sifted: Sifted
    details: Details
    places: Places

    def found(self, limit: int) -> Found:
        asked = self.sifted.worth[: limit + SPARE]
        best = [each for each in asked if each.candidate.id in self.details.told]
        once = said_once(best, self._same)
        shown = side_by_side(once, self._partners(once), limit)
        repeats = {r.candidate.id for r in best} - {r.candidate.id for r in once}
        kept = {r.candidate.id for r in shown}
        passed = (r for r in self.ranked if r.candidate.id not in kept)
        return Found(
            hits=tuple(self._recalled(each) for each in shown),
            passed_over=tuple(
                self._passed(each, repeated=each.candidate.id in repeats)
                for each in islice(passed, PASSED_OVER)
            ),
            weighed=len(self.ranked),
        )

    def _same(self, one: Ranked, other: Ranked) -> bool:
        if not _comparable(one.candidate, other.candidate):
            return False
        a, b = self.details.told[one.candidate.id].text, self.details.told[other.candidate.id].text
        return token_sort_ratio(a, b) >= LIKE and is_repeat(a, b)

    def _partners(self, shown: Sequence[Ranked]) -> Mapping[UUID, Sequence[Ranked]]:
        """What each is in conflict with, ranked or not."""
        conflicts = self.details.conflicts
        if not conflicts:
            return {}
        known = {each.candidate.id: each for each in self.ranked}
        return {
            each.candidate.id: [
                known.get(other) or _unranked(self.details.told[other])
                for other in conflicts.get(each.candidate.id, ())
            ]
            for each in shown
        }

    def _recalled(self, each: Ranked) -> Recalled:
        told = self.details.told[each.candidate.id]
        return Recalled(
            kind=told.kind,
            id=told.id,
            text=told.text,
            score=each.score,
            reasons=each.reasons,
            created_at=told.created_at,
            source_message_ids=told.source_message_ids,
            segment_id=told.segment_id,
            external_id=told.external_id,
            speaker=told.speaker,
            before=told.before,
            after=told.after,
            legs=self.places.of(each.candidate),
            via=each.candidate.via,
            conflicts_with=tuple(self.details.conflicts.get(told.id, ())),
        )

    def _passed(self, each: Ranked, *, repeated: bool) -> PassedOver:
        candidate = each.candidate
        return PassedOver(
            kind=candidate.kind,
            id=candidate.id,
            score=each.score,
            reasons=each.reasons,
            why="repeat" if repeated else self.sifted.why.get(candidate.id, "rank"),
            legs=self.places.of(candidate),
            via=candidate.via,
        )


def _unranked(told: Told) -> Ranked:
    candidate = Considerable(kind=told.kind, id=told.id, created_at=told.created_at)
    return Ranked(candidate=candidate, score=0.0)


def _comparable(one: Considerable, other: Considerable) -> bool:
    """Whether they may say the same, before their words are looked at."""
    return (
        one.kind == other.kind == "memory"
        and abs((one.cosine or 0.0) - (other.cosine or 0.0)) <= APART
        and circumstances(one) == circumstances(other)
    )
