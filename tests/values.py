"""Values that tests are made of."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from cns.domain.continuum import Continuum, Mark
from cns.domain.message import (
    Block,
    ContinuumId,
    Message,
    MessageId,
    Role,
    SegmentId,
    Text,
    ToolCall,
    ToolResult,
    TurnId,
    UserId,
)
from cns.domain.query import PassedOver
from cns.domain.segment import Segment, SegmentStatus
from cns.domain.stream import Reasons, Recalled
from cns.ports import TurnRecord, User

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ANNA = User(id=UserId(UUID(int=1)), name="Anna", timezone="Europe/Berlin")


def at(minutes: float) -> datetime:
    """An instant, in minutes after the start of the test's day."""
    return START + timedelta(minutes=minutes)


def mark(minutes: float = 0) -> Mark:
    return Mark(uuid4(), at(minutes))


def message(
    content: str | Sequence[Block] = "hello",
    role: Role = Role.USER,
    *,
    segment_id: SegmentId | None = None,
    minutes: float = 0,
    **rest: Any,
) -> Message:
    blocks = (Text(text=content),) if isinstance(content, str) else tuple(content)
    return Message(
        id=MessageId(uuid4()),
        role=role,
        content=blocks,
        created_at=at(minutes),
        segment_id=segment_id or SegmentId(uuid4()),
        **rest,
    )


def calling(name: str, segment_id: SegmentId, call_id: str = "call-1") -> Message:
    """An assistant's bare tool call."""
    return message(
        (ToolCall(id=call_id, name=name, input={}),), Role.ASSISTANT, segment_id=segment_id
    )


def result(text: str, segment_id: SegmentId, call_id: str = "call-1") -> Message:
    block = ToolResult(tool_call_id=call_id, text=text, ok=True)
    return message((block,), Role.TOOL, segment_id=segment_id)


def continuum(**rest: Any) -> Continuum:
    return Continuum(id=ContinuumId(uuid4()), user_id=ANNA.id, **rest)


def segment(minutes: float = 0, title: str | None = "A walk", **rest: Any) -> Segment:
    return Segment(
        id=SegmentId(uuid4()),
        started_at=at(minutes),
        last_message_at=at(minutes + 10),
        status=SegmentStatus.COLLAPSED,
        title=title,
        ended_at=at(minutes + 10),
        **rest,
    )


def turn_record(user_message: Message, state: str = "running", **rest: Any) -> TurnRecord:
    return TurnRecord(
        id=user_message.turn_id or TurnId(uuid4()),
        state=state,
        user_message_id=user_message.id,
        started_at=user_message.created_at,
        **rest,
    )


def passed_over(kind: str = "memory") -> PassedOver:
    reasons = Reasons(vector=0.25)
    return PassedOver(kind=kind, id=uuid4(), score=reasons.total, reasons=reasons, why="floor")


def recalled(text: str = "Anna has a cat.", kind: str = "memory", **rest: Any) -> Recalled:
    reasons = Reasons(vector=0.5, text=0.25)
    defaults: dict[str, Any] = {"id": uuid4(), "created_at": at(-60 * 24)}
    return Recalled(kind=kind, text=text, score=reasons.total, reasons=reasons, **(defaults | rest))
