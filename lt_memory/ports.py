"""What long-term memory asks of the outside world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from cns.domain.message import Message
from cns.domain.stream import Recalled
from cns.ports import Query
from lt_memory.domain.memory import Candidate, EntityName


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A hit of the text index; `score` is plain BM25, unbounded."""

    kind: str
    id: UUID
    score: float


class TextIndex(Protocol):
    """BM25 over messages (with their neighbours), memories and segment summaries."""

    def search(self, text: str, kinds: frozenset[str], limit: int) -> Sequence[Scored]:
        """Best first.

        Raises:
            Unavailable: the index is missing, damaged or being rebuilt.
        """
        ...

    def catch_up(self, within: timedelta) -> bool:
        """Take in what the database has and the index not; False when time ran out."""
        ...


class RecallStore(Protocol):
    """The one statement that joins both legs with what the store knows of each candidate."""

    def rank(self, query: Query, lexical: Sequence[Scored]) -> Sequence[Recalled]: ...


class Names(Protocol):
    """People, places and things in a text."""

    def find(self, text: str) -> Sequence[EntityName]: ...


class Extractor(Protocol):
    """Draws facts about the user from what was said."""

    @property
    def label(self) -> str:
        """The model's name, or `rules`: what a run is recorded under."""
        ...

    def extract(self, messages: Sequence[Message]) -> Sequence[Candidate]:
        """Candidates with their evidence, in order of appearance.

        Raises:
            ModelUnavailable: the model that does it cannot answer now.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFilter:
    """What a listing is narrowed to; None narrows nothing."""

    kind: str | None = None
    entity: str | None = None
    source: str | None = None
    trust: str | None = None
    state: str | None = None
    segment_id: UUID | None = None
    after: datetime | None = None
    before: datetime | None = None
    min_importance: float | None = None
    min_confidence: float | None = None
    archived: bool | None = None
    ids: tuple[UUID, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a deletion took away, or would take: counts by table."""

    memory_id: UUID
    removed: Mapping[str, int]
    dry_run: bool
