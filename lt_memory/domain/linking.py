"""How two memories bear on each other: the kinds of links, and what is seen through them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lt_memory.domain.memory import Entity, Memory, MemoryId, State
from lt_memory.domain.memory import Kind as MemoryKind


class LinkKind(StrEnum):
    SUPPORTS = "supports"
    CONFLICTS = "conflicts"
    SUPERSEDES = "supersedes"
    RELATED = "related"
    CAUSED_BY = "caused_by"
    MOTIVATED_BY = "motivated_by"
    INSTANCE_OF = "instance_of"
    DERIVED_FROM = "derived_from"
    SEQUENCE = "sequence"
    CONTAINS = "contains"


class LinkAlias(StrEnum):
    """Other words for the kinds."""

    CONTRADICTS = "contradicts"
    SIMILAR_TO = "similar_to"
    CO_OCCURRED = "co_occurred"
    DERIVES_FROM = "derives_from"
    CAUSES = "causes"
    INVALIDATED_BY = "invalidated_by"


class Keep(StrEnum):
    """Which side of a conflict holds."""

    A = "a"
    B = "b"
    BOTH = "both"


_SAME: Mapping[LinkAlias, LinkKind] = {
    LinkAlias.CONTRADICTS: LinkKind.CONFLICTS,
    LinkAlias.SIMILAR_TO: LinkKind.RELATED,
    LinkAlias.CO_OCCURRED: LinkKind.RELATED,
    LinkAlias.DERIVES_FROM: LinkKind.DERIVED_FROM,
}
_REVERSED: Mapping[LinkAlias, LinkKind] = {
    LinkAlias.CAUSES: LinkKind.CAUSED_BY,
    LinkAlias.INVALIDATED_BY: LinkKind.SUPERSEDES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """What a link is stored as: one kind has one direction."""

    source_id: MemoryId
    target_id: MemoryId
    kind: LinkKind


def ends(memory_id: MemoryId, target_id: MemoryId, word: LinkKind | LinkAlias) -> Ends:
    """A link as it is stored, from the word that was used for it."""
    if isinstance(word, LinkKind):
        return Ends(source_id=memory_id, target_id=target_id, kind=word)
    if word in _SAME:
        return Ends(source_id=memory_id, target_id=target_id, kind=_SAME[word])
    return Ends(source_id=target_id, target_id=memory_id, kind=_REVERSED[word])


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """A link as it is stored.

    Attributes:
        settlement: of a conflict: `a` (the source holds), `b`, `both` or `later`.
    """

    id: UUID
    kind: str
    source_id: MemoryId
    target_id: MemoryId
    confidence: float
    reason: str
    created_at: datetime
    settled_at: datetime | None = None
    settlement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A memory of a graph; depth counts the links on the shortest way to it."""

    id: MemoryId
    text: str
    kind: MemoryKind
    importance: float
    state: State
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What can be reached from a memory, nearest first, and all links between these.

    Attributes:
        truncated: there was more than is shown.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Tie, ...]
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A memory with its cosine to another."""

    memory: Memory
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """Two memories that cannot both hold: `a` is the link's source, `b` its target."""

    tie: Tie
    a: Memory
    b: Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntity:
    """A person, place or thing, and how much is remembered of it.

    Attributes:
        last_linked_at: when the newest memory of it was made; None when there is none.
    """

    entity: Entity
    created_at: datetime
    aliases: tuple[str, ...]
    memory_count: int
    last_linked_at: datetime | None
