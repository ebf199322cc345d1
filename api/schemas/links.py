"""Links between memories, what is seen through them, and what conflicts."""

from dataclasses import asdict
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.schemas.base import Asked, Clean, Instant, Limit, PageAsked, Wire
from api.schemas.levels import Confidence
from api.schemas.memories import MEMORY, EntityShown, MemoryShown
from lt_memory.domain.linking import (
    Alike,
    Dispute,
    Graph,
    Keep,
    KnownEntity,
    LinkAlias,
    LinkKind,
    Node,
    Tie,
)
from lt_memory.domain.memory import Kind, MemoryId, State
from lt_memory.linking import Gathered

DEEPEST = 3
ALIKE_DEFAULT = 20
A, B = "0192d3c4-1111-4c3d-9e4f-5a6b7c8d9e0f", "0192d3c4-4444-4c3d-9e4f-5a6b7c8d9e0f"
EDGE: JsonDict = {
    "id": "0192d3c4-5555-4c3d-9e4f-5a6b7c8d9e0f",
    "kind": "related",
    "source_id": A,
    "target_id": B,
    "confidence": 1.0,
    "reason": "linked by the user",
    "created_at": "2026-05-04T10:12:31Z",
}
ENTITY: JsonDict = {
    "id": "0192d3c4-3333-4c3d-9e4f-5a6b7c8d9e0f",
    "name": "Ada",
    "kind": "person",
    "aliases": ["Ada Lovelace"],
    "memory_count": 1,
    "last_linked_at": "2026-05-04T10:12:31Z",
}


class LinkAsked(Asked):
    """A link to another memory; some kinds have a second word, or one for the other direction."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"target_id": B, "kind": "supports"}]}
    )

    target_id: MemoryId
    kind: LinkKind | LinkAlias = Field(
        description="`causes` is kept as the target's `caused_by`, `invalidated_by` as its"
        " `supersedes`; the other second words keep their direction."
    )
    confidence: Confidence = 1.0


class EdgeShown(Wire):
    """A link as it is kept: from its source to its target."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [EDGE]})

    id: UUID
    kind: str
    source_id: UUID
    target_id: UUID
    confidence: float
    reason: str
    created_at: Instant

    @classmethod
    def of(cls, tie: Tie) -> "EdgeShown":
        return cls.model_validate(tie)


class NodeShown(Wire):
    """A memory of a graph."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    text: str
    kind: Kind
    importance: float
    state: State
    depth: int = Field(description="How many links away it is.")

    @classmethod
    def of(cls, node: Node) -> "NodeShown":
        return cls.model_validate(node)


class GraphShown(Wire):
    """What can be reached from a memory, nearest first, and every link between these."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "nodes": [
                        {
                            "id": A,
                            "text": "The user's sister Ada lives in Leeds.",
                            "kind": "fact",
                            "importance": 0.5,
                            "state": "active",
                            "depth": 0,
                        }
                    ],
                    "edges": [],
                    "truncated": False,
                }
            ]
        }
    )

    nodes: list[NodeShown]
    edges: list[EdgeShown]
    truncated: bool = Field(description="There was more than the 200 that are shown.")

    @classmethod
    def of(cls, graph: Graph) -> "GraphShown":
        return cls(
            nodes=[NodeShown.of(node) for node in graph.nodes],
            edges=[EdgeShown.of(edge) for edge in graph.edges],
            truncated=graph.truncated,
        )


class GraphAsked(Asked):
    """How far to look."""

    depth: Annotated[int, Field(ge=1, le=DEEPEST, description="How many links away.")] = 1


class SimilarAsked(Asked):
    """How many to bring."""

    limit: Limit = ALIKE_DEFAULT


class SimilarShown(MemoryShown):
    """A memory, and how near it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**MEMORY, "score": 0.83}]})

    score: float = Field(description="The cosine of both vectors, at most 1.")

    @classmethod
    def alike(cls, found: Alike) -> "SimilarShown":
        shown = MemoryShown.of(found.memory).model_dump()
        return cls.model_validate({**shown, "score": found.score})


class ConflictShown(Wire):
    """Two memories that cannot both hold."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0192d3c4-5555-4c3d-9e4f-5a6b7c8d9e0f",
                    "a": MEMORY,
                    "b": {**MEMORY, "id": B, "text": "The user's sister Ada lives in York."},
                    "reason": "the same, said of another place",
                    "confidence": 0.9,
                    "created_at": "2026-05-04T10:12:31Z",
                    "settled_at": None,
                    "settlement": None,
                }
            ]
        }
    )

    id: UUID
    a: MemoryShown
    b: MemoryShown
    reason: str
    confidence: float
    created_at: Instant
    settled_at: Instant | None
    settlement: Literal["a", "b", "both", "later"] | None = Field(
        description="Which of them was kept; null while it is open."
    )

    @classmethod
    def of(cls, dispute: Dispute) -> "ConflictShown":
        tie = asdict(dispute.tie)
        sides = {"a": MemoryShown.of(dispute.a), "b": MemoryShown.of(dispute.b)}
        return cls.model_validate({**tie, **sides})


class Resolution(Asked):
    """Which of two memories holds; the other one is superseded by it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"keep": "a"}]})

    keep: Keep


class EntitiesAsked(PageAsked):
    """Which entities."""

    q: (
        Annotated[
            Clean,
            Field(min_length=1, max_length=200, description="A part of its name or an alias."),
        ]
        | None
    ) = None


class KnownEntityShown(EntityShown):
    """A person, place or thing, and how much is remembered of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [ENTITY]})

    aliases: list[str]
    memory_count: int
    last_linked_at: Instant | None = Field(
        description="When the newest memory of it was made; null when there is none."
    )

    @classmethod
    def of(cls, known: KnownEntity) -> "KnownEntityShown":
        return cls.model_validate(_plain(known))


class EntityGathered(KnownEntityShown):
    """An entity with a stretch of its memories, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**ENTITY, "memories": [MEMORY], "next_cursor": None}]}
    )

    memories: list[MemoryShown]
    next_cursor: str | None

    @classmethod
    def gathered(cls, found: Gathered) -> "EntityGathered":
        memories = [MemoryShown.of(memory) for memory in found.memories]
        rest = {"memories": memories, "next_cursor": found.next_cursor}
        return cls.model_validate({**_plain(found.known), **rest})


def _plain(known: KnownEntity) -> dict[str, object]:
    return {**asdict(known.entity), **asdict(known), "aliases": list(known.aliases)}
