"""What long-term memory asks of the outside world."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from cns.domain.message import Message
from cns.domain.stream import Recalled
from cns.ports import Query, Vector
from lt_memory.domain.fusion import Considerable, Ranked
from lt_memory.domain.memory import Candidate, EntityName


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A hit of the text index.

    Attributes:
        score: plain BM25, unbounded.
        coverage: that score divided by the most that the question's words could reach, 0 to 1.
    """

    kind: str
    id: UUID
    score: float
    coverage: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TextQuery:
    """What the text index is asked; `after` is included, `before` is not."""

    text: str
    kinds: frozenset[str]
    limit: int
    after: datetime | None = None
    before: datetime | None = None


class TextIndex(Protocol):
    """BM25 over messages (with their neighbours), memories and segment summaries."""

    def search(self, query: TextQuery) -> Sequence[Scored]:
        """Best first.

        Raises:
            Unavailable: the index is missing, damaged or being rebuilt.
        """
        ...

    def catch_up(self, within: timedelta) -> bool:
        """Take in what the database has and the index not; False when time ran out."""
        ...

    def purge(self) -> bool:
        """Take the words of what was deleted out of the files; False when there was nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TextItem:
    """What the text index holds of one thing.

    Attributes:
        around: what was said just before and after it; counts less than its own words.
        instants: when it was said, and when it happens.
    """

    kind: str
    id: UUID
    text: str
    instants: tuple[datetime, ...]
    speaker: str = ""
    around: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBatch:
    """Some pending changes: what to index anew, what to forget, and their numbers."""

    changes: tuple[int, ...]
    items: tuple[TextItem, ...]
    gone: frozenset[tuple[str, UUID]]


class TextSource(Protocol):
    """What the text index is fed from: the database, which is the truth."""

    def pending(self, limit: int) -> TextBatch: ...

    def taken(self, batch: TextBatch) -> None:
        """The batch is safely in the index."""
        ...

    def everything(self, size: int) -> Iterator[Sequence[TextItem]]:
        """All there is to index, in pages."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """What both legs brought up, and whether the text index has yet to take something in."""

    candidates: Sequence[Considerable]
    text_is_behind: bool


class RecallStore(Protocol):
    """What the store knows of what a question may mean."""

    def consider(self, query: Query, lexical: Sequence[Scored]) -> Considered:
        """In one statement: the nearest by vector, joined with those that words found."""
        ...

    def details(self, ranked: Sequence[Ranked]) -> Sequence[Recalled]:
        """In one statement, in the order given; what has gone meanwhile is left out."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Unembedded:
    """A text that has no vector yet."""

    kind: str
    id: UUID
    text: str


class VectorStore(Protocol):
    """Where vectors are kept, with the name of the model that made them."""

    def without_vector(self, limit: int) -> Sequence[Unembedded]:
        """Newest first."""
        ...

    def keep(self, made: Sequence[tuple[Unembedded, Vector]], model: str) -> int:
        """Store them, but for texts that changed meanwhile; how many were stored."""
        ...

    def forget_others(self, model: str) -> int:
        """Drop vectors of other models, so that they are made anew; how many there were."""
        ...


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
