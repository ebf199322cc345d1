"""Memories that cannot both hold, and saying which does."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.schemas.base import Listing, PageAsked
from api.schemas.links import ConflictShown, Resolution
from api.schemas.problem import WITH_BODY, problems
from api.services import Edge
from cns import ports

router = APIRouter(prefix="/api/conflicts", tags=["memories"])


@router.get("", summary="List what conflicts")
def conflicts(services: Edge, asked: Annotated[PageAsked, Query()]) -> Listing[ConflictShown]:
    """Those that nobody has settled yet, newest first."""
    page = ports.Page(limit=asked.limit, cursor=asked.cursor)
    found, following = services.links.conflicts(page)
    return Listing(items=[ConflictShown.of(each) for each in found], next_cursor=following)


@router.post(
    "/{link_id}/resolve",
    summary="Settle a conflict",
    responses=problems(404, 409, *WITH_BODY),
)
def resolve(services: Edge, link_id: UUID, asked: Resolution) -> ConflictShown:
    """What is not kept is superseded by the other: it holds no longer, from now on."""
    return ConflictShown.of(services.links.resolve(link_id, asked.keep))
