"""What a running turn tells those who watch it, in the order of the HTTP contract."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cns.domain.grounds import Legs, Via
from cns.domain.message import MessageId, SegmentId, TurnId


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """The parts of a hit's score; they add up to it."""

    vector: float = 0.0
    text: float = 0.0
    entity: float = 0.0
    time: float = 0.0
    links: float = 0.0
    importance: float = 0.0

    @property
    def total(self) -> float:
        return self.vector + self.text + self.entity + self.time + self.links + self.importance


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """One thing that came to mind.

    Attributes:
        kind: `memory`, `segment` or `message`.
        score: the sum of its reasons.
        source_message_ids: the messages that it was drawn from (itself, for a message).
        speaker: who said a message: a name, `user` or `assistant`; blank for what nobody said.
        before: how what was said just before a message begins; `after`: just after it.
        via: what it was come to from; None for what the question itself brought up.
        conflicts_with: memories that cannot hold beside it, while nobody has settled which does.
    """

    kind: str
    id: UUID
    text: str
    score: float
    reasons: Reasons
    created_at: datetime
    source_message_ids: tuple[UUID, ...] = ()
    segment_id: UUID | None = None
    external_id: str | None = None
    speaker: str = ""
    before: str = ""
    after: str = ""
    legs: Legs = field(default_factory=Legs)
    via: Via | None = None
    conflicts_with: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0

    @property
    def all_input_tokens(self) -> int:
        """However they were paid for."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens

    def plus(self, other: "Usage") -> "Usage":
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Milliseconds; `own` is the total without waiting for a model or a tool."""

    touchstone: float = 0.0
    embed: float = 0.0
    surface: float = 0.0
    compose: float = 0.0
    first_token: float = 0.0
    total: float = 0.0
    own: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A failure in words, as `application/problem+json` carries it."""

    title: str
    status: int
    detail: str
    code: str
    retryable: bool
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStarted:
    turn_id: TurnId
    user_message_id: MessageId
    segment_id: SegmentId
    retry_of: TurnId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchstoneReady:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoriesSurfaced:
    """`degraded` says in words which parts of recall were missing."""

    memories: tuple[Recalled, ...]
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingDelta:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolStarted:
    tool_call_id: str
    name: str
    input: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFinished:
    tool_call_id: str
    name: str
    ok: bool
    summary: str
    duration_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCompleted:
    """The answer is stored.

    Attributes:
        cost_usd: what the turn's calls of the model cost; None when a price is not known.
        status: `interrupted` when the user stopped it, else `complete`.
        stop: why the model ended: `end`, `length` when it ran into the longest answer that is
            allowed, `refusal` when it declined to go on; `stopped` when the user did.
    """

    turn_id: TurnId
    assistant_message_id: MessageId
    text: str
    memory_refs: tuple[UUID, ...]
    emotion: str | None
    display_title: str | None
    tools_used: tuple[str, ...]
    model: str
    usage: Usage
    timings_ms: Timings
    cost_usd: float | None = None
    status: str = "complete"
    stop: str = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnFailed:
    turn_id: TurnId
    error: Problem


TurnEvent = (
    TurnStarted
    | TouchstoneReady
    | MemoriesSurfaced
    | ThinkingDelta
    | TextDelta
    | ToolStarted
    | ToolFinished
    | TurnCompleted
    | TurnFailed
)
