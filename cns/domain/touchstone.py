"""What a turn is about, in the words that recall is given."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LEAST_WORDS = 3
LONGEST = 3000  # characters of what recall is asked


class Source(StrEnum):
    """How a turn came by its touchstone.

    `made` by the model, in time; `carried`: the last one, with the new message; `late`: the same,
    but that last one had come after its deadline; `rule_made`: drawn from the words alone.
    """

    MADE = "made"
    CARRIED = "carried"
    LATE = "late"
    RULE_MADE = "rule_made"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touchstone:
    """The evolving intent of the conversation, made before retrieval.

    Attributes:
        narrative: one or two sentences on what is being talked about.
        entities: people, places and things named.
        hooks: 2 or 3 phrases to search memory with.
        intent: what the user wants of it (recall, explore, an exact detail, ...).
        relationship: who the people named are to the user.
        temporal: when what is talked about was or will be.
        at: when the message was said that it was made for.
        vector: of what recall was asked by it; empty when that is not known.
    """

    narrative: str
    entities: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    intent: str = ""
    relationship: str = ""
    temporal: str = ""
    source: str = Source.RULE_MADE
    at: datetime | None = None
    vector: tuple[float, ...] = ()

    @property
    def is_lost(self) -> bool:
        """Too few words to say anything."""
        return len(self.narrative.split()) < LEAST_WORDS

    def weighted(self, message: str) -> str:
        """What recall is asked: the narrative, when, the message itself and the hooks.

        Bare of labels, and without the relationship: measured by benchmarks/touchstone.py, both
        cost more places than they gain.
        """
        parts = (self.narrative, self.temporal, message, ", ".join(self.hooks))
        return " ".join(part for part in parts if part)[:LONGEST]

    def is_far_from(self, other: "Touchstone", cosine: float) -> bool:
        """Whether the two lie further apart than the figure; not when one has no vector."""
        if not self.vector or len(self.vector) != len(other.vector):
            return False
        return sum(a * b for a, b in zip(self.vector, other.vector, strict=True)) < cosine


NOTHING = Touchstone(narrative="")
