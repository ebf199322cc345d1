"""What long-term memory asks of the outside world."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from cns.domain.message import Message
from cns.domain.stream import Usage
from cns.ports import Page, Vector
from lt_memory.domain.memory import (
    Actor,
    Candidate,
    EntityName,
    Evidence,
    Memory,
    MemoryId,
    Revision,
    RunId,
)
from lt_memory.domain.run import Run, RunRevision
from lt_memory.echo_ports import Echoes


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
    """What the text index is asked; `after` is included, `before` is not.

    Attributes:
        limit: hits of each kind.
        among: the only memories that count; None for all of them.
    """

    text: str
    kinds: frozenset[str]
    limit: int
    after: datetime | None = None
    before: datetime | None = None
    among: frozenset[UUID] | None = None


class TextIndex(Protocol):
    """BM25 over messages (with their neighbours), memories and segment summaries."""

    def search(self, query: TextQuery) -> Sequence[Scored]:
        """Kind by kind, best first.

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

    def agrees(self) -> bool:
        """Whether it holds as much as the database; if not, that is told and it is made anew."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCount:
    """How much there is to index, and whether some change of it is still pending."""

    documents: int
    pending: bool


class TextSource(Protocol):
    """What the text index is fed from: the database, which is the truth."""

    def pending(self, limit: int) -> TextBatch: ...

    def taken(self, batch: TextBatch) -> None:
        """The batch is safely in the index."""
        ...

    def everything(self, size: int) -> Iterator[Sequence[TextItem]]:
        """All there is to index, in pages."""
        ...

    def count(self) -> TextCount:
        """Both of one moment."""
        ...


class Names(Protocol):
    """People, places and things in a text."""

    def find(self, text: str) -> Sequence[EntityName]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What an extractor found.

    Attributes:
        refused: why other proposals were not taken, in words.
        cost_usd: None when a price is not known.
        way: how the answers came, for the inputs of the run, where that is to be told.
    """

    candidates: tuple[Candidate, ...]
    refused: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = 0.0
    way: Mapping[str, object] = field(default_factory=dict)


class Extractor(Protocol):
    """Draws facts about the user from what was said."""

    @property
    def label(self) -> str:
        """The model's name, or `rules`: what a run is recorded under."""
        ...

    def extract(self, messages: Sequence[Message]) -> Extracted:
        """Candidates with their evidence, in order of appearance.

        Raises:
            ModelUnavailable: the model that does it cannot answer now.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFilter:
    """What a listing is narrowed to; None narrows nothing, but what waits is listed by name."""

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
    origin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """A text's vector and the model that made it: vectors of two models never compare."""

    vector: Vector
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """A memory on its way in.

    Attributes:
        vector: None when the embedder was lost.
        made_of: memories in whose place it comes. Its use and its age are theirs, and whom they
            name it names too where it says so.
    """

    memory: Memory
    actor: Actor
    names: tuple[EntityName, ...] = ()
    vector: Embedded | None = None
    run_id: RunId | None = None
    made_of: tuple[MemoryId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """A memory as it is to be, with the revision that says what changed.

    Attributes:
        reworded: its text is new, so that the vector is replaced, and names that it says no more.
    """

    memory: Memory
    revision: Revision
    reworded: bool = False
    names: tuple[EntityName, ...] = ()
    vector: Embedded | None = None
    run_id: RunId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A stored memory that may say the same; cosine is 0 when it was found by spelling."""

    id: MemoryId
    text: str
    cosine: float
    put_away_at: datetime | None = None
    trusted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    id: UUID
    source_id: MemoryId
    target_id: MemoryId
    kind: str
    reason: str
    at: datetime
    confidence: float = 0.9
    run_id: RunId | None = None


class MemoryWork(Protocol):
    """One transaction on the memories: all of it is kept, or nothing."""

    def claim(self, segment_id: UUID) -> bool:
        """Hold a segment for extraction till the end; False when it is open or extracted already.

        Raises:
            NotFound: there is no such segment (`segment_not_found`).
        """
        ...

    def extracted(self, segment_id: UUID, at: datetime) -> None: ...

    def record(self, run: Run) -> None:
        """Keep a run, before anything that names it; again, to bring it up to date.

        From here on to the transaction's end every changed row is noted under the run.
        """
        ...

    def memory(self, memory_id: MemoryId) -> Memory:
        """The memory, held till the end; raises NotFound (`memory_not_found`)."""
        ...

    def said_at(self, memory_id: MemoryId) -> datetime:
        """When the latest of its evidence was said, or it was stored where it has none.

        Raises NotFound (`memory_not_found`).
        """
        ...

    def still_said(self, evidence: Sequence[Evidence]) -> bool:
        """Whether all these messages are there, held till the end: none was erased meanwhile."""
        ...

    def settled(self, evidence: Sequence[Evidence]) -> MemoryId | None:
        """The oldest memory that holds all these words, and was reworded by the user or superseded.

        None where there is none such.
        """
        ...

    def near(
        self, text: str, vector: Embedded | None, limit: int, *, put_away: bool = False
    ) -> Sequence[Near]:
        """Those nearest by vector, and those spelt alike: awake ones, or else the archived.

        What was superseded is none of them.
        """
        ...

    def buried(self, text: str, origin: str = "", said_at: datetime | None = None) -> bool:
        """Whether a memory of these words was deleted; with an origin, or refused from there.

        A deletion from before `said_at` does not count: the words were said anew since.
        """
        ...

    def waiting_from(self, origin: str, limit: int) -> Sequence[str]:
        """The words of memories from there that wait for the user."""
        ...

    def add(self, birth: Birth) -> None:
        """Store a memory and its first revision."""
        ...

    def rewrite(self, change: Rewrite) -> None: ...

    def support(self, memory_id: MemoryId, evidence: Sequence[Evidence]) -> int:
        """Add what else a memory rests on; how many pieces were new."""
        ...

    def link(self, link: NewLink) -> None:
        """Store a link; nothing happens when it stands already, or its target is gone."""
        ...

    def revisions_of(self, run_id: RunId) -> Sequence[RunRevision]:
        """What the run did to memories up to here, in this transaction too."""
        ...

    def descendants(self, memory_id: MemoryId) -> Sequence[MemoryId]:
        """What was made of it, at any remove; by a run that is undone, too."""
        ...

    @property
    def echoes(self) -> Echoes: ...

    def footprint(self, memory_id: MemoryId) -> Mapping[str, int]:
        """What erasing would remove, counted by table; raises NotFound (`memory_not_found`)."""
        ...

    def erase(self, memory_id: MemoryId, at: datetime) -> None:
        """Remove a memory and all that was derived from it, leaving a tombstone."""
        ...


class MemoryStore(Protocol):
    def work(self, *, dry_run: bool = False) -> AbstractContextManager[MemoryWork]:
        """One transaction; of a dry run nothing is kept."""
        ...

    def note(self, run: Run) -> None:
        """Keep a run by itself: one that begins, or that failed."""
        ...

    def list(self, narrowed: MemoryFilter, page: Page) -> tuple[Sequence[Memory], str | None]:
        """Newest first, complete, with the next cursor.

        Raises:
            InvalidInput: the cursor is not one of ours.
        """
        ...

    def ids(self, narrowed: MemoryFilter) -> Sequence[UUID]:
        """Of all that a listing would show, page by page."""
        ...

    def get(self, memory_id: MemoryId) -> Memory:
        """Raises NotFound (`memory_not_found`)."""
        ...

    def history(self, memory_id: MemoryId) -> Sequence[Revision]:
        """Oldest first; raises NotFound (`memory_not_found`)."""
        ...

    def accessed(self, ids: Sequence[UUID], at: datetime, *, cited: bool) -> None:
        """Count a use, on this active day; a dormant memory wakes.

        What was deleted meanwhile is taken out of the traces of its turns.
        """
        ...

    def runs_of(self, segment_id: UUID, state: str) -> Sequence[RunId]:
        """The extraction runs of a segment in that state, oldest first."""
        ...

    def waiting(self, limit: int) -> Sequence[UUID]:
        """Segments collapsed and summarised, not extracted nor out by batch, oldest first."""
        ...
