"""People, places and things, and what is remembered of them."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.schemas.base import Listing, PageAsked
from api.schemas.links import EntitiesAsked, EntityGathered, KnownEntityShown
from api.schemas.problem import problems
from api.services import Edge
from cns import ports
from lt_memory.domain.memory import EntityId

router = APIRouter(prefix="/api/entities", tags=["memories"])


@router.get("", summary="List people, places and things")
def entities(services: Edge, asked: Annotated[EntitiesAsked, Query()]) -> Listing[KnownEntityShown]:
    """The newest first; with `q`, those whose name or alias holds it."""
    page = ports.Page(limit=asked.limit, cursor=asked.cursor)
    found, following = services.links.entities(asked.q, page)
    return Listing(items=[KnownEntityShown.of(each) for each in found], next_cursor=following)


@router.get("/{entity_id}", summary="What is remembered of one", responses=problems(404))
def entity(
    services: Edge, entity_id: EntityId, asked: Annotated[PageAsked, Query()]
) -> EntityGathered:
    """With its memories, newest first; `cursor` brings more of these."""
    page = ports.Page(limit=asked.limit, cursor=asked.cursor)
    return EntityGathered.gathered(services.links.entity(entity_id, page))
