"""One message of the continuum and the blocks it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from cns.errors import InvalidInput

UserId = NewType("UserId", UUID)
ContinuumId = NewType("ContinuumId", UUID)
MessageId = NewType("MessageId", UUID)
SegmentId = NewType("SegmentId", UUID)
TurnId = NewType("TurnId", UUID)


class Role(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class MessageStatus(StrEnum):
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture, base64 of its bytes."""

    media_type: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file to be read, base64 of its bytes; PDF."""

    media_type: str
    data: str
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """What a model thought before it called a tool; sent back signed while the turn runs.

    Attributes:
        signature: the provider's seal, without which it takes no thought back.
    """

    text: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    id: str
    name: str
    input: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    tool_call_id: str
    text: str
    ok: bool


Block = Text | Image | Document | Thought | ToolCall | ToolResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What was said, by whom and when; blank only when it is an assistant's bare tool call.

    Raises:
        InvalidInput: nothing was said and nothing was called.
    """

    id: MessageId
    role: Role
    content: tuple[Block, ...]
    created_at: datetime
    segment_id: SegmentId
    turn_id: TurnId | None = None
    parent_id: MessageId | None = None
    status: MessageStatus = MessageStatus.COMPLETE
    memory_refs: tuple[UUID, ...] = ()
    emotion: str | None = None
    name: str | None = None
    external_id: str | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.text.strip() and not any(not isinstance(b, Text) for b in self.content):
            raise InvalidInput("The message is empty. Write something, or attach a file.")

    @property
    def text(self) -> str:
        """The words alone, paragraphs between blocks."""
        return "\n\n".join(b.text for b in self.content if isinstance(b, Text))

    @property
    def is_said(self) -> bool:
        """Whether a person sees it as said; a tool's result or a bare tool call is not."""
        return self.role is Role.USER or (self.role is Role.ASSISTANT and bool(self.text))

    @property
    def tools_called(self) -> tuple[str, ...]:
        return tuple(b.name for b in self.content if isinstance(b, ToolCall))
