"""What was said, newest first."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.schemas.base import Listing
from api.schemas.conversation import MessagesAsked, MessageShown
from api.schemas.problem import problems
from api.services import Edge
from cns.domain.message import MessageId, SegmentId
from cns.ports import Page

router = APIRouter(tags=["conversation"])


@router.get("/api/messages", summary="List messages", responses=problems(404))
def messages(services: Edge, asked: Annotated[MessagesAsked, Query()]) -> Listing[MessageShown]:
    """Newest first; 404 when `before` or `after` names no message."""
    found, following = services.store.messages(
        Page(limit=asked.limit, cursor=asked.cursor),
        before=MessageId(asked.before) if isinstance(asked.before, UUID) else asked.before,
        after=MessageId(asked.after) if isinstance(asked.after, UUID) else asked.after,
        segment_id=SegmentId(asked.segment_id) if asked.segment_id else None,
    )
    return Listing(items=[MessageShown.of(message) for message in found], next_cursor=following)
