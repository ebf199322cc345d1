"""What recall asks of the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from cns.ports import Query
from lt_memory.domain.following import Bond, Replaced
from lt_memory.domain.fusion import Considerable
from lt_memory.ports import Scored

REACH = 100  # candidates of a leg, whatever the limit is, so that a smaller one only cuts
SHARED = 50  # of each kind, where several are asked for: keeps 0.93 of the ten best at 600 each


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that is told of a hit, save how it ranks; as in `cns.domain.stream.Recalled`."""

    kind: str
    id: UUID
    text: str
    created_at: datetime
    source_message_ids: tuple[UUID, ...] = ()
    segment_id: UUID | None = None
    external_id: str | None = None
    speaker: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What is told of the hits, and of what is in open conflict with them, by id.

    Attributes:
        conflicts: the memories with which each cannot hold.
    """

    told: Mapping[UUID, Told] = field(default_factory=dict)
    conflicts: Mapping[UUID, Sequence[UUID]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """What both legs brought up, and what links lead to from there.

    Attributes:
        text_is_behind: the text index has yet to take something in.
        details: of all of it, where they were asked for.
    """

    candidates: Sequence[Considerable]
    bonds: Sequence[Bond] = ()
    replaced: Sequence[Replaced] = ()
    text_is_behind: bool = False
    details: Details | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, and what the text index and the reading of it say of it.

    Attributes:
        names: what may be a name in it, folded.
    """

    query: Query
    words: Sequence[Scored] = ()
    names: frozenset[str] = frozenset()

    @property
    def reach(self) -> int:
        return reach_of(self.query)


def reach_of(query: Query) -> int:
    """Candidates that each leg brings up of each kind."""
    return REACH if len(query.kinds) == 1 else SHARED


class RecallStore(Protocol):
    """What the store knows of what a question may mean."""

    def consider(self, asked: Asked, *, told: bool = False) -> Considered:
        """In one statement: the nearest by vector, those that words found, and what they lead to.

        With `told`, the details of all of it in the same statement.
        """
        ...

    def details(self, query: Query, ids: Sequence[UUID]) -> Details:
        """In one statement; what has gone meanwhile is left out."""
        ...
