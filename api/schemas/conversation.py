"""Messages, segments and turns as they are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.schemas.base import Asked, Instant, PageAsked, Place, Wire
from api.schemas.memories import TOUCHED, TouchedShown
from api.schemas.spending import USE, UseShown
from cns.domain import branches
from cns.domain.blocks import to_json
from cns.domain.message import Message, MessageId
from cns.domain.segment import Segment
from cns.domain.spending import DaySum, together
from cns.ports import TurnRecord
from lt_memory.erasing import Erased

MESSAGE: JsonDict = {
    "id": "0192d3c4-8f00-4c3d-9e4f-5a6b7c8d9e0f",
    "role": "user",
    "text": "My sister Ada moved to Leeds last week.",
    "content": [{"type": "text", "text": "My sister Ada moved to Leeds last week."}],
    "created_at": "2026-05-04T10:00:00Z",
    "segment_id": "0192d3c4-2222-4c3d-9e4f-5a6b7c8d9e0f",
    "turn_id": "0192d3c4-8a1b-4c3d-9e4f-5a6b7c8d9e0f",
    "parent_id": None,
    "branch": {"index": 1, "count": 1, "previous_id": None, "next_id": None},
    "on_path": True,
    "status": "complete",
    "memory_refs": [],
    "emotion": None,
    "name": None,
    "external_id": None,
}
SEGMENT: JsonDict = {
    "id": "0192d3c4-2222-4c3d-9e4f-5a6b7c8d9e0f",
    "status": "collapsed",
    "title": "Ada's move to Leeds",
    "summary": "The user told of their sister's move.",
    "started_at": "2026-05-04T10:00:00Z",
    "ended_at": "2026-05-04T10:12:30Z",
    "message_count": 8,
    "tools_used": [],
}
PASSED_OVER: JsonDict = {
    "kind": "memory",
    "id": "0192d3c4-1111-4c3d-9e4f-5a6b7c8d9e0f",
    "shown": False,
    "why": "floor",
    "score": 0.31,
    "reasons": {
        "vector": 0.3,
        "text": 0.0,
        "entity": 0.0,
        "time": 0.0,
        "links": 0.0,
        "importance": 0.01,
    },
    "legs": {"vector": {"rank": 4, "score": 0.34}, "text": None},
    "via": None,
}


Branches = Annotated[
    Literal["path", "all"],
    Field(
        description="`path`: the conversation as it stands; `all`: with what has given way to other"
        " versions, in the order in which it was said."
    ),
]


class ChapterAsked(Asked):
    """How much of a chapter."""

    branches: Branches = "path"


class MessagesAsked(PageAsked):
    """Which messages: `before` and `after` are a message's id or an instant."""

    before: Place | None = None
    after: Place | None = None
    segment_id: UUID | None = None
    branches: Branches = "path"


class Branch(Wire):
    """Which version of a message or an answer this is, counted from 1.

    The neighbours' ids are for `POST /api/messages/{message_id}/activate`.
    """

    index: int = 1
    count: int = 1
    previous_id: UUID | None = None
    next_id: UUID | None = None

    @classmethod
    def of(cls, branch: branches.Branch) -> "Branch":
        return cls(
            index=branch.index,
            count=branch.count,
            previous_id=branch.previous_id,
            next_id=branch.next_id,
        )


class MessageShown(Wire):
    """One message; `content` holds blocks in the Anthropic form."""

    model_config = ConfigDict(json_schema_extra={"examples": [MESSAGE]})

    id: UUID
    role: str = Field(description="user, assistant or tool")
    text: str
    content: list[dict[str, Any]]
    created_at: Instant
    segment_id: UUID
    turn_id: UUID | None
    parent_id: UUID | None
    branch: Branch = Branch()
    on_path: bool = Field(default=True, description="Whether it belongs to the conversation now.")
    status: str = Field(description="complete, interrupted or failed")
    memory_refs: list[UUID]
    emotion: str | None
    name: str | None
    external_id: str | None

    @classmethod
    def of(
        cls, message: Message, found: Mapping[MessageId, branches.Branch] | None = None
    ) -> "MessageShown":
        branch = (found or {}).get(message.id, branches.Branch())
        return cls(
            id=message.id,
            role=message.role,
            text=message.text,
            content=to_json(message.content),
            created_at=message.created_at,
            segment_id=message.segment_id,
            turn_id=message.turn_id,
            parent_id=message.parent_id,
            branch=Branch.of(branch),
            on_path=branch.on_path,
            status=message.status,
            memory_refs=list(message.memory_refs),
            emotion=message.emotion,
            name=message.name,
            external_id=message.external_id,
        )


class ErasedShown(Wire):
    """What went with a message, or would: how much of each kind, and which memories.

    The words of those are in a preview alone.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "message_ids": [MESSAGE["id"]],
                    "removed": {"messages": 1, "turns": 1, "memories": 1, "summaries": 1},
                    "knowledge_blocks": ["baking"],
                    "memories": [TOUCHED],
                    "dry_run": True,
                }
            ]
        }
    )

    message_ids: list[UUID]
    removed: dict[str, int]
    knowledge_blocks: list[str] = Field(
        description="Labels of blocks that go back to before they were written from these words;"
        " the other turns are taken in again."
    )
    memories: list[TouchedShown]
    dry_run: bool

    @classmethod
    def of(cls, erased: Erased) -> "ErasedShown":
        return cls(
            message_ids=list(erased.message_ids),
            removed=dict(erased.removed),
            knowledge_blocks=list(erased.knowledge_blocks),
            memories=[TouchedShown.model_validate(each) for each in erased.memories],
            dry_run=erased.dry_run,
        )


class SegmentShown(Wire):
    """A chapter of the conversation."""

    model_config = ConfigDict(json_schema_extra={"examples": [SEGMENT]})

    id: UUID
    status: str = Field(description="active or collapsed")
    title: str | None
    summary: str | None
    started_at: Instant
    ended_at: Instant | None
    message_count: int
    tools_used: list[str]

    @classmethod
    def of(cls, segment: Segment) -> "SegmentShown":
        return cls(
            id=segment.id,
            status=segment.status,
            title=segment.title,
            summary=segment.summary,
            started_at=segment.started_at,
            ended_at=segment.ended_at,
            message_count=segment.message_count,
            tools_used=list(segment.tools_used),
        )


class SegmentWithMessages(SegmentShown):
    """A chapter with all that was said in it, oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**SEGMENT, "messages": [MESSAGE]}]})

    messages: list[MessageShown]

    @classmethod
    def told(
        cls,
        segment: Segment,
        messages: Sequence[Message],
        found: Mapping[MessageId, branches.Branch],
    ) -> "SegmentWithMessages":
        shown = SegmentShown.of(segment).model_dump()
        return cls(**shown, messages=[MessageShown.of(message, found) for message in messages])


class TurnShown(Wire):
    """A turn and its trace: what the answer rests on. The trace's parts stand beside the fields."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "turn_id": "0192d3c4-8a1b-4c3d-9e4f-5a6b7c8d9e0f",
                    "state": "completed",
                    "user_message_id": "0192d3c4-8f00-4c3d-9e4f-5a6b7c8d9e0f",
                    "assistant_message_id": "0192d3c4-8f01-4c3d-9e4f-5a6b7c8d9e0f",
                    "retry_of": None,
                    "started_at": "2026-05-04T10:00:00Z",
                    "finished_at": "2026-05-04T10:00:01Z",
                    "error": None,
                    "touchstone": {
                        "narrative": "Where Ada lives",
                        "source": "carried",
                        "text": "Where Ada lives And since when?",
                        "why": "the model did not answer within 1.5 s",
                        "previous": "Where Ada lives",
                    },
                    "considered": [PASSED_OVER],
                    "considered_total": 118,
                    "passed_over": [PASSED_OVER],
                    "shown": [],
                    "shown_by_tools": [],
                    "cited": [],
                    "sections": [{"name": "time", "cached": False, "tokens": 12}],
                    "context": {"left_out": 40, "summarised": True, "opening": []},
                    "model_calls": [],
                    "tool_calls": [],
                    "timings_ms": {"total": 902.5, "own": 12.9},
                    "usage": {
                        "input_tokens": 812,
                        "output_tokens": 9,
                        "cache_read_tokens": 640,
                        "cache_write_tokens": 0,
                    },
                    "cost_usd": 0.0052,
                    "spent": [USE],
                }
            ]
        },
    )

    turn_id: UUID
    state: str = Field(description="running, completed, interrupted or failed")
    user_message_id: UUID
    assistant_message_id: UUID | None
    retry_of: UUID | None
    started_at: Instant
    finished_at: Instant | None
    error: dict[str, Any] | None = Field(description="Why it failed, as a problem object.")
    spent: list[UseShown] = Field(description="What its calls of models cost, dearest first.")

    @classmethod
    def of(cls, turn: TurnRecord, calls: Sequence[DaySum]) -> "TurnShown":
        own = {
            "turn_id": turn.id,
            "state": turn.state,
            "user_message_id": turn.user_message_id,
            "assistant_message_id": turn.assistant_message_id,
            "retry_of": turn.retry_of,
            "started_at": turn.started_at,
            "finished_at": turn.finished_at,
            "error": turn.error,
            "spent": UseShown.each(calls),
        }
        trace = turn.trace or {}
        return cls.model_validate({**_apart(trace), **trace, **_whole(calls), **own})


def _apart(trace: Mapping[str, Any]) -> Mapping[str, object]:
    """What was passed over, by itself too; turns of earlier versions keep it like that."""
    considered = trace.get("considered", ())
    return {"passed_over": [hit for hit in considered if not hit.get("shown", True)]}


def _whole(calls: Sequence[DaySum]) -> Mapping[str, object]:
    """What all of them took; of turns whose calls were not noted the trace says what it knows."""
    if not calls:
        return {}
    spent = together(calls)
    return {"usage": asdict(spent.usage), "cost_usd": spent.whole_usd}
