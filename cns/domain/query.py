"""A question to everything said and remembered, and what came to mind."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from cns.domain.grounds import Legs, Via
from cns.domain.stream import Reasons, Recalled

Vector = Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question to everything said and remembered.

    Attributes:
        vector: the question's embedding; None when the embedder is lost.
        kinds: which of `memory`, `segment`, `message`.
        exclude_messages: messages that are in the prompt anyway.
        put_away: archived, pending and expired memories too.
        off_path: messages of branches that are not the conversation now, too.
        among: the only memories that count; None for all of them.
        intent: what is wanted, in words of which the first counts; it shifts the weights.
        surfacing: what is found goes to the model unasked: a dormant memory only when it is among
            the first by words or by meaning.
    """

    text: str
    vector: Vector | None
    limit: int = 10
    kinds: frozenset[str] = frozenset({"memory", "segment", "message"})
    after: datetime | None = None
    before: datetime | None = None
    exclude_messages: frozenset[UUID] = frozenset()
    exclude_memories: frozenset[UUID] = frozenset()
    among: frozenset[UUID] | None = None
    put_away: bool = False
    off_path: bool = False
    intent: str = ""
    floor: float = 0.0
    surfacing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """What was considered and is not shown.

    Attributes:
        why: `floor`, not near enough to the question; `repeat`, a memory drawn from it, or one
            that says the same, is shown; `rank`, others fit better; `dormant`, it is, and not near
            enough to wake.
    """

    kind: str
    id: UUID
    score: float
    reasons: Reasons
    why: Literal["floor", "repeat", "rank", "dormant"]
    legs: Legs = field(default_factory=Legs)
    via: Via | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came to mind, best first, what nearly did, and in words what could not be asked.

    Attributes:
        passed_over: the best of it.
        weighed: how many candidates there were, all that was passed over among them.
    """

    hits: tuple[Recalled, ...]
    degraded: tuple[str, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    weighed: int = 0
