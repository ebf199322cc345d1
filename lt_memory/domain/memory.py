"""A memory: one sentence that stands by itself, with the words that it was drawn from."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from cns.errors import InvalidInput
from lt_memory.domain.correction import Correction
from lt_memory.domain.patch import Patch

MemoryId = NewType("MemoryId", UUID)
EntityId = NewType("EntityId", UUID)
RunId = NewType("RunId", UUID)

LONGEST = 4000
LONGEST_ORIGIN = 600
_ORIGIN = re.compile(r"(?:page|file|contact|import|door|tool|call|message):\S[^\x00-\x1f]*")


class Kind(StrEnum):
    FACT = "fact"
    PREFERENCE = "preference"
    EXPERIENCE = "experience"
    DECISION = "decision"
    INTENTION = "intention"
    SKILL = "skill"
    OBSERVATION = "observation"
    CONCEPT = "concept"
    EMOTION = "emotion"
    CONTEXT = "context"


class State(StrEnum):
    ACTIVE = "active"
    DORMANT = "dormant"
    ARCHIVED = "archived"
    PENDING = "pending"


class Source(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    WEB = "web"
    IMPORT = "import"


class Trust(StrEnum):
    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"


class Actor(StrEnum):
    USER = "user"
    EXTRACTION = "extraction"
    CONSOLIDATION = "consolidation"
    REFINEMENT = "refinement"
    DECAY = "decay"
    TOOL = "tool"
    IMPORT = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where in a message a memory was said: `text[start:end]`, in characters."""

    message_id: UUID
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityName:
    """A person, place or thing as it was named; kind as spaCy's labels in lower case."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    id: EntityId
    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where words come from that are not the user's.

    Attributes:
        origin: the place that they stand in: `page:`, `file:`, `contact:`, `import:`, `door:`,
            `tool:`, `call:` or `message:`, and its name.
        through: what else had them on the way here, in the same form.
        part: the part of that place, in the same form; blank: it has none. So many may wait from a
            part as may from a place without.

    Raises:
        InvalidInput: they are said to be the user's, or a place is not in that form.
    """

    source: Source
    origin: str
    through: tuple[str, ...] = ()
    part: str = ""

    def __post_init__(self) -> None:
        if self.source is Source.USER:
            raise InvalidInput("Only the user speaks as the user: name another `source`.")
        for place in self.places:
            if len(place) > LONGEST_ORIGIN or not _ORIGIN.fullmatch(place):
                raise InvalidInput(
                    f"{place[:80]!r} names no place: give `page:`, `contact:`, `import:`, `tool:`"
                    f" or the like and its name, {LONGEST_ORIGIN} characters at most."
                )

    @property
    def places(self) -> tuple[str, ...]:
        parts = (self.part,) if self.part else ()
        return tuple(dict.fromkeys((self.origin, *parts, *self.through)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A fact that an extractor proposes; it becomes a memory if nothing speaks against it.

    Attributes:
        said_at: when the latest of its evidence was said.
        correction: that it puts right what was said before, where the words say so.
        supersedes: memories whose place it takes, as the extractor judged.
        patch: it only names one value for another; what it says is found in what is known.
        rewords: the memory that it is a new wording of, where its patch was put into that.
        provenance: where it comes from, when these are not the user's own words.
    """

    text: str
    evidence: tuple[Evidence, ...]
    kind: Kind = Kind.FACT
    confidence: float = 0.9
    happens_at: datetime | None = None
    expires_at: datetime | None = None
    entities: tuple[EntityName, ...] = ()
    said_at: datetime | None = None
    correction: Correction | None = None
    supersedes: tuple[MemoryId, ...] = ()
    patch: Patch | None = None
    rewords: MemoryId | None = None
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A typed link seen from one of its ends; direction is `out` or `in`."""

    id: UUID
    kind: str
    direction: str
    other_id: MemoryId
    other_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One thing that is remembered.

    Attributes:
        valid_until: what it says was true until then; None while it is.
        origins: the places that others' words in it came from, see `Provenance`.

    Raises:
        InvalidInput: the text is blank or too long.
    """

    id: MemoryId
    text: str
    created_at: datetime
    updated_at: datetime
    kind: Kind = Kind.FACT
    importance: float = 0.5
    confidence: float = 0.9
    source: Source = Source.USER
    trust: Trust = Trust.TRUSTED
    state: State = State.ACTIVE
    pinned: bool = False
    happens_at: datetime | None = None
    expires_at: datetime | None = None
    valid_until: datetime | None = None
    last_accessed_at: datetime | None = None
    access_count: int = 0
    segment_id: UUID | None = None
    revision: int = 1
    evidence: tuple[Evidence, ...] = ()
    entities: tuple[Entity, ...] = ()
    links: tuple[Link, ...] = ()
    origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise InvalidInput("A memory needs words: `text` is blank.")
        if len(self.text) > LONGEST:
            raise InvalidInput(f"A memory is one sentence: at most {LONGEST} characters.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One change of a memory; `before` and `after` hold the fields that changed, JSON-shaped."""

    revision: int
    at: datetime
    actor: Actor
    change: str
    before: dict[str, object] | None
    after: dict[str, object] | None
