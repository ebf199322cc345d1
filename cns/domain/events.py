"""Facts about the conversation, past tense; nobody is answered by one."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cns.domain.message import (
    ContinuumId,
    Message,
    MessageId,
    SegmentId,
    ToolCall,
    TurnId,
    UserId,
)
from cns.domain.segment import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every fact carries; identity and instant come from the caller."""

    continuum_id: ContinuumId
    user_id: UserId
    event_id: UUID
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentOpenedEvent(Event):
    segment: Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceivedEvent(Event):
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class PathChangedEvent(Event):
    """Another branch of a chapter is the conversation now; what left the path is kept."""

    segment_id: SegmentId
    left: tuple[MessageId, ...]
    joined: tuple[MessageId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesErasedEvent(Event):
    """An exchange was erased for good, with its turns and all that was made of it."""

    segment_id: SegmentId
    message_ids: tuple[MessageId, ...]
    turn_ids: tuple[TurnId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicChangedEvent(Event):
    """The assistant said, by its tag, that the subject has changed."""

    turn_id: TurnId
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowDetectedEvent(Event):
    """Three or more distinct tools served one turn."""

    turn_id: TurnId
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoriesSurfacedEvent(Event):
    turn_id: TurnId
    hit_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeSystemPromptEvent(Event):
    """The prompt was asked for; names the sections."""

    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateTrinketEvent(Event):
    """What a trinket shows has become stale."""

    section: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingMemoryUpdatedEvent(Event):
    """These sections of the prompt carry something."""

    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrinketContentEvent(Event):
    """A section was rendered: its size in characters and the time that it took."""

    section: str
    cached: bool
    characters: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPromptComposedEvent(Event):
    cached_characters: int
    live_characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallsRequestedEvent(Event):
    turn_id: TurnId
    calls: tuple[ToolCall, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUsedEvent(Event):
    turn_id: TurnId
    tool: str
    ok: bool
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCompletedEvent(Event):
    turn_number: int
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnFailedEvent(Event):
    turn_id: TurnId
    user_message_id: MessageId
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentTimeoutEvent(Event):
    """A segment has been silent for long enough; the hour is the user's local one."""

    segment_id: SegmentId
    inactive_minutes: int
    local_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentCollapsedEvent(Event):
    segment: Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestUpdatedEvent(Event):
    segment_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoriesExtractedEvent(Event):
    segment_id: SegmentId
    run_id: UUID
    memory_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretChangedEvent(Event):
    """A secret was set, changed or deleted; the name alone is told."""

    name: str


def wire_name(event_type: type[Event]) -> str:
    """The class name in snake_case without `Event`: `TurnCompletedEvent` is `turn_completed`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event_type.__name__.removesuffix("Event")).lower()
