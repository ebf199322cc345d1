"""Rows of the conversation's tables as values."""

from collections.abc import Mapping

from pydantic import TypeAdapter

from cns.domain.blocks import from_json
from cns.domain.branches import Kin
from cns.domain.message import Message, MessageId, MessageStatus, Role, SegmentId, TurnId
from cns.domain.segment import Segment, SegmentStatus, SoFar
from cns.domain.touchstone import Touchstone
from cns.ports import JobRecord, LastRun, Row, TurnRecord

_TOUCHSTONE = TypeAdapter(Touchstone)


def message_from(row: Row) -> Message:
    return Message(
        id=MessageId(row["id"]),
        role=Role(row["role"]),
        content=from_json(row["content"]),
        created_at=row["created_at"],
        segment_id=SegmentId(row["segment_id"]),
        turn_id=row["turn_id"] and TurnId(row["turn_id"]),
        parent_id=row["parent_id"] and MessageId(row["parent_id"]),
        status=MessageStatus(row["status"]),
        memory_refs=tuple(row["memory_refs"]),
        emotion=row["emotion"],
        name=row["name"],
        external_id=row["external_id"],
        metadata=row["metadata"],
    )


def kin_from(row: Row) -> Kin:
    return Kin(
        id=MessageId(row["id"]),
        segment_id=SegmentId(row["segment_id"]),
        role=Role(row["role"]),
        parent_id=row["parent_id"] and MessageId(row["parent_id"]),
        turn_id=row["turn_id"] and TurnId(row["turn_id"]),
        said=row["said"],
        left_at=row["left_path_at"],
    )


def segment_from(row: Row) -> Segment:
    return Segment(
        id=SegmentId(row["id"]),
        started_at=row["started_at"],
        last_message_at=row["last_message_at"],
        status=SegmentStatus(row["status"]),
        title=row["title"],
        summary=row["summary"],
        complexity=row["complexity"],
        ended_at=row["ended_at"],
        message_count=row["message_count"],
        tools_used=tuple(row["tools_used"]),
        turns=row["turns"],
        imported=row["imported"],
    )


def so_far_from(row: Row) -> SoFar | None:
    if row["so_far"] is None or row["so_far_to"] is None:
        return None
    return SoFar(text=row["so_far"], to=MessageId(row["so_far_to"]))


def turn_from(row: Row) -> TurnRecord:
    assistant = row["assistant_message_id"]
    return TurnRecord(
        id=TurnId(row["id"]),
        state=row["state"],
        user_message_id=MessageId(row["user_message_id"]),
        started_at=row["started_at"],
        assistant_message_id=assistant and MessageId(assistant),
        retry_of=row["retry_of"] and TurnId(row["retry_of"]),
        finished_at=row["finished_at"],
        trace=row["trace"],
        error=row["error"],
        idempotency_key=row["idempotency_key"],
        request_hash=row["request_hash"],
        wishes=row["wishes"],
    )


def touchstone_from(document: Mapping[str, object] | None) -> Touchstone | None:
    return None if document is None else _TOUCHSTONE.validate_python(document)


def touchstone_json(touchstone: Touchstone) -> dict[str, object]:
    """As it is kept, JSON-shaped."""
    document: dict[str, object] = _TOUCHSTONE.dump_python(touchstone, mode="json")
    return document


def job_from(row: Row) -> JobRecord:
    return JobRecord(
        id=row["id"],
        name=row["name"],
        created_at=row["created_at"],
        state=row["state"],
        progress=row["progress"],
        done=row["done"],
        total=row["total"],
        error=row["error"],
        result=row["result"],
        finished_at=row["finished_at"],
    )


def last_run_from(row: Row) -> LastRun:
    return LastRun(
        name=row["name"],
        at=row["last_run_at"],
        seconds=row["seconds"],
        outcome=row["outcome"],
        detail=row["detail"],
    )
