"""What the conversation and the features above it ask of the outside world."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from cns.domain.branches import Branch, Kin
from cns.domain.continuum import Change, Continuum
from cns.domain.deed import Deed
from cns.domain.job import JobRecord, LastRun
from cns.domain.message import (
    ContinuumId,
    Message,
    MessageId,
    SegmentId,
    ToolCall,
    TurnId,
    UserId,
)
from cns.domain.model import (
    ModelDone,
    ModelEvent,
    ModelRequest,
    ModelText,
    ModelThinking,
    ModelToolCall,
    StopWish,
    SystemBlock,
    ToolDefinition,
)
from cns.domain.query import Found, Query, Vector
from cns.domain.segment import Segment, SoFar, Summary
from cns.domain.stream import Recalled
from cns.domain.tokens import text_tokens
from cns.domain.touchstone import Touchstone
from cns.domain.turn import TurnRecord

# The words in which these ports speak are to be had here as well.
__all__ = ["Found", "Query", "Vector"]
__all__ += ["JobRecord", "LastRun", "ModelDone", "ModelEvent", "ModelRequest", "ModelText"]
__all__ += ["ModelThinking", "ModelToolCall", "StopWish", "SystemBlock", "ToolDefinition"]
__all__ += ["TurnRecord"]

Row = Mapping[str, Any]


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, aware, in UTC."""


# --- the database ---------------------------------------------------------------------------


class Transaction(Protocol):
    """One unit of work; values are named (`%(name)s`), rows are mappings."""

    def all(self, query: str, **values: object) -> list[Row]: ...

    def one(self, query: str, **values: object) -> Row:
        """The only row.

        Raises:
            NotFound: there is none.
        """

    def maybe(self, query: str, **values: object) -> Row | None: ...

    def run(self, query: str, **values: object) -> int:
        """Execute; the number of rows it touched."""


class Database(Protocol):
    def transaction(self) -> AbstractContextManager[Transaction]:
        """Commits on leaving, rolls back on an exception.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """


# --- the conversation's store ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    id: UserId
    name: str
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A stretch of a list: at most `limit` items, starting after what `cursor` names."""

    limit: int = 50
    cursor: str | None = None


class ContinuumStore(Protocol):
    """Continuum, segments, messages and turns; commits before anyone is told."""

    def load(self, user_id: UserId) -> Continuum:
        """The user's continuum with the newest messages of its active segment's path."""

    def commit(self, change: Change, turn: TurnRecord) -> None:
        """Store what a turn's change brought, and the turn itself, in one transaction.

        With them goes the continuum's touchstone, as by `keep_touchstone`; where the path changes,
        it takes the place of the one that stood, or none does.

        A turn more than `KEY_LIFE` older gives the new one's idempotency key up; a younger one
        keeps it, and that is a Conflict.
        """

    def change_path(self, change: Change) -> None:
        """Store which messages of the active segment are on the path; drop the touchstone."""

    def close_segment(self, change: Change) -> None:
        """Store that the active segment has ended, under a first summary."""

    def finish_segment(
        self, segment_id: SegmentId, summary: Summary, vector: Vector | None, model: str
    ) -> bool:
        """Store the final summary and its vector; False when it was finished or erased before."""

    def sum_up(self, segment_id: SegmentId, so_far: SoFar) -> None:
        """Keep what stands for an open segment's beginning, if that is still on its path."""

    def unfinished_segments(self) -> Sequence[SegmentId]:
        """Collapsed, but without a final summary: oldest first."""

    def keep_touchstone(self, continuum_id: ContinuumId, touchstone: Touchstone) -> None:
        """Store it, unless one stands there that was made for a later message."""

    def segment_count(self) -> int: ...

    def record(self, turn: TurnRecord) -> None:
        """Store a turn's new state alone; its key and wishes stay as they were first stored."""

    def turn(self, turn_id: TurnId) -> TurnRecord:
        """Raises NotFound (`turn_not_found`)."""

    def turn_of_key(self, idempotency_key: str) -> TurnRecord | None:
        """The turn that this key began, if it began one."""

    def answered_since(self, turn_id: TurnId) -> bool:
        """Whether a later turn answered the same message."""

    def message(self, message_id: MessageId) -> Message:
        """Raises NotFound (`message_not_found`)."""

    def segments(
        self, page: Page, *, imported: bool = True
    ) -> tuple[Sequence[Segment], str | None]:
        """Newest first, with the next cursor; those that were imported among them or not."""

    def segment(self, segment_id: SegmentId) -> Segment:
        """Raises NotFound (`segment_not_found`)."""

    def segment_messages(
        self, segment_id: SegmentId, *, off_path: bool = False
    ) -> Sequence[Message]:
        """Those on the path, or all; oldest first."""

    def kin(self, segment_id: SegmentId) -> Sequence[Kin]:
        """Where each message of the segment stands, on the path or off it; oldest first."""

    def branches(self, messages: Sequence[Message]) -> Mapping[MessageId, Branch]:
        """The branch of each message that is off the path or has several versions."""

    def turn_messages(self, turn_id: TurnId) -> Sequence[Message]:
        """Oldest first; a retry's do not include the user's message."""

    def messages(
        self,
        page: Page,
        *,
        before: MessageId | datetime | None = None,
        after: MessageId | datetime | None = None,
        segment_id: SegmentId | None = None,
        off_path: bool = False,
    ) -> tuple[Sequence[Message], str | None]:
        """Those on the path, or all; newest first, with the next cursor."""

    def following(self, after: MessageId, page: Page) -> tuple[Sequence[Message], str | None]:
        """What stands on the path behind a message, or `START`: oldest first, with a cursor."""

    def fail_running_turns(self) -> int:
        """Mark turns that a crash left running as interrupted; how many there were."""

    def only_user(self, name: str, timezone: str, now: datetime) -> User:
        """The one user, made on first start; a new zone or name is taken over."""


# --- language models -------------------------------------------------------------------------


class LLM(Protocol):
    """A language model.

    Attributes:
        provider: `anthropic`, `openai`, `ollama` or `local`.
        model: the reasoning model's name.
        capable: fit for extraction, summaries and tools; the built-in one is not.
        context_tokens: how much it can take in, answer included.
    """

    @property
    def provider(self) -> str: ...

    @property
    def model(self) -> str: ...

    @property
    def capable(self) -> bool: ...

    @property
    def context_tokens(self) -> int: ...

    def stream(self, request: ModelRequest) -> Generator[ModelEvent]:
        """Ask; closing the iterator ends the call at once.

        Raises:
            ModelUnavailable: refused, timed out, overloaded, cut or nonsense.
            SpendingCeiling: no more may be spent on this today.
        """

    def ping(self) -> str:
        """A word on how it is; raises ModelUnavailable when it is not."""

    def close(self) -> None:
        """Give back what it holds; calls under way end with ModelUnavailable."""


class Embedder(Protocol):
    """Text to unit vectors."""

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """One unit vector of `dimensions` floats a text.

        Raises:
            Unavailable: the model cannot be run now.
        """


class Cache(Protocol):
    """Bytes under a key for a while; a lost cache only costs time, never a fact."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, value: bytes, ttl: timedelta) -> None: ...

    def forget(self, key: str) -> None: ...


# --- recall ----------------------------------------------------------------------------------


class Recall(Protocol):
    def recall(self, query: Query) -> Found: ...


class Bidding(Protocol):
    """What the user plainly orders to be remembered or forgotten is done at once."""

    def obey(self, said: Message) -> tuple[Deed, ...]:
        """Each order of the message, and what became of it; the same again when asked again.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """


# --- the prompt ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """All that one turn knows: passed to trinkets, tools and the composer.

    Attributes:
        incognito: nothing of it will be kept.
        deeds: what was remembered or forgotten at the user's word, before anything was asked.
    """

    continuum: Continuum
    user: User
    now: datetime
    touchstone: Touchstone
    memories: tuple[Recalled, ...] = ()
    compact: bool = False
    incognito: bool = False
    deeds: tuple[Deed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A named part of the prompt; its tokens are an upper estimate."""

    name: str
    content: str
    cached: bool
    seconds: float

    @property
    def tokens(self) -> int:
        return text_tokens(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """The sections in order; failures name trinkets that were left out, and why."""

    sections: tuple[Section, ...]
    failures: tuple[tuple[str, Exception], ...] = ()


class Composer(Protocol):
    def compose(self, turn: Turn) -> Prompt: ...


# --- tools -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOutcome:
    """What a call came to; `text` is for the model (`showed`: ids in it), `summary` for people."""

    text: str
    ok: bool
    summary: str
    showed: tuple[UUID, ...] = ()


class Toolbox(Protocol):
    def definitions(self, *, every: bool = False) -> tuple[ToolDefinition, ...]:
        """What a model is offered, in a stable order; `every`: the tools kept back as well."""

    def is_simple(self, name: str) -> bool:
        """Whether the fast model will do for the call that follows this tool's result."""

    def run(self, call: ToolCall) -> ToolOutcome:
        """Never raises for what a tool did: a failed call is an outcome for the model."""


# --- background work -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How one part of the house is."""

    name: str
    ok: bool
    detail: str
    latency_ms: float = 0.0
    required: bool = False


class JobStore(Protocol):
    def save(self, record: JobRecord) -> None: ...

    def load(self, job_id: UUID) -> JobRecord:
        """Raises NotFound (`job_not_found`)."""

    def abandon(self, now: datetime) -> int:
        """Fail the jobs that a crash left unfinished; how many there were."""

    def note_run(self, run: LastRun) -> None: ...

    def last_runs(self) -> Mapping[str, LastRun]: ...

    def paused(self) -> frozenset[str]: ...

    def pause(self, name: str, *, paused: bool) -> None: ...


class Job(Protocol):
    """A background job: named, periodic, and safe to run again at any time."""

    @property
    def name(self) -> str: ...

    @property
    def interval(self) -> timedelta: ...

    def run(self) -> Mapping[str, object]:
        """Do what is there to do; what came of it, JSON-shaped."""
