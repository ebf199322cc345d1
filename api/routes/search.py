"""One question to everything that was said and remembered."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.schemas.search import FoundAll, SearchAsked
from api.services import Edge

router = APIRouter(tags=["search"])


@router.get("/api/search", summary="Search everything")
def search(services: Edge, asked: Annotated[SearchAsked, Query()]) -> FoundAll:
    """By meaning and by words, best first."""
    found = services.search.find(asked.as_query())
    return FoundAll.of(found, asked.q, explain=asked.explain)
