"""What waits for the user's yes, and taking back all that came from one place."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.schemas.base import Listing
from api.schemas.problem import WITH_BODY, problems
from api.schemas.review import (
    DecisionsAsked,
    DecisionsShown,
    ItemShown,
    ReviewAsked,
    RollbackAsked,
    RolledBackShown,
)
from api.services import Edge
from cns import ports
from lt_memory.domain.memory import MemoryId

router = APIRouter(prefix="/api/review", tags=["memories"])


@router.get("", summary="List what waits for you")
def review(services: Edge, asked: Annotated[ReviewAsked, Query()]) -> Listing[ItemShown]:
    """Newest first: what is not your own word, or all that was noted down if you wish it so.

    Until you say yes it is not known: it never comes to mind, and no other memory rests on it.
    """
    page = ports.Page(limit=asked.limit, cursor=asked.cursor)
    found, following = services.review.list(asked.origin, page)
    return Listing(items=[ItemShown.of(each) for each in found], next_cursor=following)


@router.post(
    "/batch",
    summary="Approve and refuse several",
    responses=problems(404, 409, *WITH_BODY),
)
def decide(services: Edge, asked: DecisionsAsked) -> DecisionsShown:
    """All of them as one run, or none."""
    run_id, items = services.review.decide(
        [MemoryId(each) for each in asked.approve], [MemoryId(each) for each in asked.reject]
    )
    return DecisionsShown(run_id=run_id, items=[ItemShown.of(each) for each in items])


@router.post(
    "/rollback",
    summary="Take back all that came from one place",
    responses=problems(404, *WITH_BODY),
)
def rollback(
    services: Edge,
    asked: RollbackAsked,
    dry_run: Annotated[bool, Query(description="Only say what would go.")] = False,  # noqa: FBT002 - a query parameter
) -> RolledBackShown:
    """Its memories are put away, with what runs made of them, and do not come again from there.

    What had given way to them is brought back. Undoing the run takes all of it back.
    """
    return RolledBackShown.of(services.review.rollback(asked.origin, dry_run=dry_run))


@router.post("/{item_id}/approve", summary="Say yes to an item", responses=problems(404, 409))
def approve(services: Edge, item_id: MemoryId) -> ItemShown:
    """It is known from now on, under its label; said twice, it is the same yes."""
    return ItemShown.of(services.review.approve(item_id))


@router.post("/{item_id}/reject", summary="Say no to an item", responses=problems(404, 409))
def reject(services: Edge, item_id: MemoryId) -> ItemShown:
    """It is put away, and does not come again from that place; said twice, it is the same no."""
    return ItemShown.of(services.review.reject(item_id))
