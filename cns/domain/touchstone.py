"""What a turn is about, in the words that recall is given."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Touchstone:
    """The evolving intent of the conversation, made before retrieval.

    Attributes:
        narrative: one or two sentences on what is being talked about.
        entities: people, places and things named.
        hooks: 2 or 3 phrases to search memory with.
        source: who made it: `model`, `rules`, or `carried` (the last one, with the new message).
    """

    narrative: str
    entities: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    source: str = "rules"
