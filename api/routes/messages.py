"""What was said, newest first, and going back to a branch that was left."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.schemas.base import Listing, PageAsked
from api.schemas.conversation import ErasedShown, MessagesAsked, MessageShown
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
        off_path=asked.branches == "all",
    )
    branches = services.store.branches(found)
    shown = [MessageShown.of(message, branches) for message in found]
    return Listing(items=shown, next_cursor=following)


@router.get("/api/messages/{message_id}", summary="Show a message", responses=problems(404))
def message(services: Edge, message_id: MessageId) -> MessageShown:
    """Whichever version of the conversation it stands in."""
    found = services.store.message(message_id)
    return MessageShown.of(found, services.store.branches([found]))


@router.get(
    "/api/messages/{message_id}/following",
    summary="List what was said next",
    responses=problems(404),
)
def following(
    services: Edge, message_id: MessageId, asked: Annotated[PageAsked, Query()]
) -> Listing[MessageShown]:
    """Oldest first, across chapters; behind the nil UUID stands the whole conversation."""
    page = Page(limit=asked.limit, cursor=asked.cursor)
    found, cursor = services.store.following(message_id, page)
    branches = services.store.branches(found)
    return Listing(items=[MessageShown.of(each, branches) for each in found], next_cursor=cursor)


@router.post(
    "/api/messages/{message_id}/activate",
    summary="Go back to another version",
    responses=problems(404, 409),
)
def activate(services: Edge, message_id: MessageId) -> MessageShown:
    """The branch through that message is the conversation again, to where it was left.

    Refused while a turn runs (`turn_in_progress`) and in a chapter that has ended
    (`chapter_ended`). What leaves the conversation by it is kept, to be activated again.
    """
    message = services.branching.activate(message_id)
    return MessageShown.of(message, services.store.branches([message]))


@router.delete(
    "/api/messages/{message_id}", summary="Erase a message", responses=problems(404, 409)
)
def erase(
    services: Edge,
    message_id: MessageId,
    dry_run: Annotated[bool, Query(description="Only say what would go.")] = False,  # noqa: FBT002 - a query parameter
) -> ErasedShown:
    """Erases the user's message with every answer to it, and whatever was made of their words.

    An answer's id names the same exchange. Memories that rest on it alone go as
    `DELETE /api/memories/{memory_id}` takes them, the chapter's summary is written anew, and other
    turns no longer quote it. Refused while a turn runs. This cannot be undone.
    """
    return ErasedShown.of(services.erasing.erase(message_id, dry_run=dry_run))
