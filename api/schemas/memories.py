"""Memories as they are shown, made and changed."""

from dataclasses import asdict, replace
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool
from pydantic.config import JsonDict

from api.schemas.base import Asked, Clean, Instant, PageAsked, Question, When, Wire, Words
from api.schemas.levels import Confidence, Importance
from api.schemas.turn_events import ReasonsShown
from cns.domain.stream import Reasons, Recalled
from cns.errors import InvalidInput
from lt_memory.domain.memory import (
    LONGEST,
    LONGEST_ORIGIN,
    Actor,
    Kind,
    Memory,
    Revision,
    Source,
    State,
    Trust,
)
from lt_memory.forgetting import Effect
from lt_memory.history import Met
from lt_memory.memories import AT_FIRST, MemoryChange, NewMemory, Receipt
from lt_memory.ports import MemoryFilter

MEMORY: JsonDict = {
    "id": "0192d3c4-1111-4c3d-9e4f-5a6b7c8d9e0f",
    "text": "The user's sister Ada lives in Leeds.",
    "kind": "fact",
    "importance": 0.5,
    "confidence": 0.9,
    "created_at": "2026-05-04T10:12:31Z",
    "updated_at": "2026-05-04T10:12:31Z",
    "happens_at": None,
    "expires_at": None,
    "valid_until": None,
    "last_accessed_at": None,
    "access_count": 0,
    "pinned": False,
    "archived": False,
    "state": "active",
    "source": "user",
    "trust": "trusted",
    "segment_id": "0192d3c4-2222-4c3d-9e4f-5a6b7c8d9e0f",
    "entities": [{"id": "0192d3c4-3333-4c3d-9e4f-5a6b7c8d9e0f", "name": "Ada", "kind": "person"}],
    "origins": [],
    "source_message_ids": ["0192d3c4-8f00-4c3d-9e4f-5a6b7c8d9e0f"],
    "evidence": [{"message_id": "0192d3c4-8f00-4c3d-9e4f-5a6b7c8d9e0f", "start": 0, "end": 39}],
    "links": [],
    "revision": 1,
}


Origin = Annotated[
    Words,
    Field(
        min_length=1,
        max_length=LONGEST_ORIGIN,
        description="A place that words came from, as a review item or a memory names it.",
        examples=["page:https://example.org/news"],
    ),
]


EntityText = Annotated[
    Clean,
    Field(min_length=1, max_length=200, description="A person, place or thing: its name or id."),
]


AsOf = Annotated[
    When | None, Field(description="Answer as the store stood at that moment: an instant.")
]


class EntityShown(Wire):
    id: UUID
    name: str
    kind: str


class EvidenceShown(Wire):
    """The very characters it was drawn from: `text[start:end]` of the message."""

    message_id: UUID
    start: int
    end: int


class LinkShown(Wire):
    id: UUID
    kind: str
    direction: str = Field(description="out or in")
    other_id: UUID
    other_text: str


class MemoryShown(Wire):
    """One thing that is remembered, with what it was drawn from."""

    model_config = ConfigDict(json_schema_extra={"examples": [MEMORY]})

    id: UUID
    text: str
    kind: Kind
    importance: float
    confidence: float
    created_at: Instant
    updated_at: Instant
    happens_at: Instant | None
    expires_at: Instant | None
    valid_until: Instant | None = Field(
        description="Until then it was true: a later statement took its place. Null while it holds."
    )
    last_accessed_at: Instant | None
    access_count: int
    pinned: bool
    archived: bool
    state: State
    source: Source
    trust: Trust
    segment_id: UUID | None
    entities: list[EntityShown]
    origins: list[str] = Field(
        description="The places that others' words in it came from or through; none: it is yours."
    )
    source_message_ids: list[UUID]
    evidence: list[EvidenceShown]
    links: list[LinkShown]
    revision: int

    @classmethod
    def of(cls, memory: Memory) -> "MemoryShown":
        return cls.model_validate(_plain(memory))


class MemoryFound(MemoryShown):
    """A memory of a list; with a question, its rank's `score` and `reasons`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**MEMORY, "score": None, "reasons": None}]}
    )

    score: float | None = None
    reasons: ReasonsShown | None = None

    @classmethod
    def ranked(cls, memory: Memory, hit: Recalled | None) -> "MemoryFound":
        rank: dict[str, Any] = {}
        if hit is not None:
            rank = {"score": hit.score, "reasons": asdict(hit.reasons)}
        return cls.model_validate({**_plain(memory), **rank})

    @classmethod
    def met(cls, found: Met) -> "MemoryFound":
        rank = {"score": found.share, "reasons": asdict(Reasons(text=found.share))}
        return cls.model_validate({**_plain(found.memory), **rank})


def _plain(memory: Memory) -> dict[str, Any]:
    return {
        **asdict(memory),
        "archived": memory.state is State.ARCHIVED,
        "source_message_ids": list(dict.fromkeys(e.message_id for e in memory.evidence)),
    }


MemoryText = Annotated[
    Words, Field(min_length=1, max_length=LONGEST, description="One sentence that stands alone.")
]


class MemoryAsked(Asked):
    """A memory to keep, in the user's own words."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"text": "The user is allergic to walnuts.", "pinned": True}]
        }
    )

    text: MemoryText
    kind: Kind = Kind.FACT
    happens_at: When | None = None
    expires_at: When | None = None
    pinned: StrictBool = False
    confidence: Confidence = 1.0
    importance: Annotated[
        Importance, Field(description="To begin with; from the next night on its use decides.")
    ] = AT_FIRST

    def as_new(self) -> NewMemory:
        return NewMemory(
            text=self.text,
            kind=self.kind,
            happens_at=self.happens_at,
            expires_at=self.expires_at,
            pinned=self.pinned,
            confidence=self.confidence,
            importance=self.importance,
        )


class MemoryEdit(Asked):
    """What to change; what is not named stays. Null empties a date.

    Without its `valid_until` a memory holds again.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"text": "The user's sister Ada lives in York."}],
            "minProperties": 1,
        }
    )

    text: MemoryText = ""
    kind: Kind = Kind.FACT
    happens_at: When | None = None
    expires_at: When | None = None
    valid_until: When | None = None
    pinned: StrictBool = False
    archived: StrictBool = False
    confidence: Confidence = 1.0

    def as_change(self) -> MemoryChange:
        """Only the fields that were named.

        Raises:
            InvalidInput: none was.
        """
        if not self.model_fields_set:
            raise InvalidInput(
                "Nothing to change: name text, kind, happens_at, expires_at, valid_until, pinned,"
                " archived or confidence."
            )
        return self.model_dump(include=self.model_fields_set)


TOUCHED: JsonDict = {
    "id": "0192d3c4-1111-4c3d-9e4f-5a6b7c8d9e0f",
    "effect": "erased",
    "text": "The user's sister Ada lives in Leeds.",
}


class TouchedShown(Wire):
    """A memory that an erasure changes, or would."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [TOUCHED]})

    id: UUID
    effect: Effect = Field(
        description="`erased`: it goes. `brought_back`: what was made of it goes, so it is out of"
        " the archive again. `valid_again`: what had taken its place goes. `evidence_lost`: it"
        " stays, for it was said elsewhere too."
    )
    text: str | None = Field(
        description="What it says; null once it is done, and of what an undone run had made."
    )


class ReceiptShown(Wire):
    """What a deletion took away, or would: how many rows of each kind, and which memories.

    The words of those are in a preview alone.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "memory_id": "0192d3c4-1111-4c3d-9e4f-5a6b7c8d9e0f",
                    "removed": {"memories": 1, "memory_revisions": 2},
                    "kept": {"messages": 1, "summaries": 1},
                    "knowledge_blocks": ["baking"],
                    "memories": [TOUCHED],
                    "dry_run": True,
                }
            ]
        }
    )

    memory_id: UUID
    removed: dict[str, int]
    kept: dict[str, int] = Field(
        description="What holds the words and stays: messages that they were said in, summaries of"
        " those messages' chapters, memories that it was made of."
    )
    knowledge_blocks: list[str] = Field(
        description="Labels of blocks that go back to before they were written from these words."
    )
    memories: list[TouchedShown]
    dry_run: bool

    @classmethod
    def of(cls, receipt: Receipt) -> "ReceiptShown":
        return cls(
            memory_id=receipt.memory_id,
            removed=dict(receipt.removed),
            kept={kind: count for kind, count in receipt.kept.items() if count},
            knowledge_blocks=list(receipt.knowledge_blocks),
            memories=[TouchedShown.model_validate(each) for each in receipt.memories],
            dry_run=receipt.dry_run,
        )


class RevisionShown(Wire):
    """One change of a memory, with the fields that it changed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "revision": 2,
                    "at": "2026-05-05T08:00:00Z",
                    "actor": "user",
                    "change": "edited",
                    "before": {"text": "The user's sister Ada lives in Leeds."},
                    "after": {"text": "The user's sister Ada lives in York."},
                }
            ]
        }
    )

    revision: int
    at: Instant
    actor: Actor
    change: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @classmethod
    def of(cls, revision: Revision) -> "RevisionShown":
        return cls.model_validate(asdict(revision))


class MemoriesAsked(PageAsked):
    """What a listing of memories is narrowed to."""

    q: Question | None = None
    kind: Kind | None = None
    entity: EntityText | None = None
    source: Source | None = None
    trust: Trust | None = None
    state: State | None = None
    segment_id: UUID | None = None
    after: When | None = None
    before: When | None = None
    min_importance: Importance | None = None
    min_confidence: Confidence | None = None
    archived: bool | None = None
    origin: Origin | None = None
    as_of: AsOf = None

    def narrowed(self) -> MemoryFilter:
        """As the store takes it."""
        return MemoryFilter(
            **self.model_dump(exclude={"q", "as_of", "limit", "cursor"}, mode="python")
        )

    def beyond_time(self) -> MemoryFilter | None:
        """The same but for what recall reads itself; None when nothing is left."""
        archived = self.archived or None
        narrowed = replace(self.narrowed(), after=None, before=None, archived=archived)
        return None if narrowed == MemoryFilter() else narrowed
