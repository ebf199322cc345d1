"""What will sink if nobody needs it."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.schemas.base import Listing
from api.schemas.forecast import ForecastAsked, ForetoldShown
from api.services import Edge
from cns import ports

router = APIRouter(prefix="/api/forecast", tags=["memories"])


@router.get("", summary="What will sink, and when")
def forecast(services: Edge, asked: Annotated[ForecastAsked, Query()]) -> Listing[ForetoldShown]:
    """Each memory's next step down within so many active days, soonest first.

    Pinned memories never sink; using one sets it back. A deletion is announced before it comes.
    """
    page = ports.Page(limit=asked.limit, cursor=asked.cursor)
    found, following = services.forecast.list(asked.days, page)
    return Listing(items=[ForetoldShown.of(each) for each in found], next_cursor=following)
