"""Links of a memory: tied, cut, followed; and what is like it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.schemas.base import Listing
from api.schemas.links import (
    EdgeShown,
    GraphAsked,
    GraphShown,
    LinkAsked,
    SimilarAsked,
    SimilarShown,
)
from api.schemas.memories import MemoryShown
from api.schemas.problem import WITH_BODY, problems
from api.services import Edge
from lt_memory.domain.memory import MemoryId

router = APIRouter(prefix="/api/memories/{memory_id}", tags=["memories"])


@router.post(
    "/links", summary="Link two memories", status_code=201, responses=problems(404, 409, *WITH_BODY)
)
def link(services: Edge, memory_id: MemoryId, asked: LinkAsked) -> EdgeShown:
    """A line in the history of both. A link that stands already is answered as it is.

    What is superseded holds no longer, from now on, and does not come to mind.
    """
    return EdgeShown.of(
        services.links.link(memory_id, asked.target_id, asked.kind, asked.confidence)
    )


@router.delete("/links/{link_id}", summary="Cut a link", responses=problems(404))
def unlink(services: Edge, memory_id: MemoryId, link_id: UUID) -> MemoryShown:
    """The memory without it. What nothing else supersedes holds again."""
    return MemoryShown.of(services.links.unlink(memory_id, link_id))


@router.get("/graph", summary="What surrounds a memory", responses=problems(404))
def graph(services: Edge, memory_id: MemoryId, asked: Annotated[GraphAsked, Query()]) -> GraphShown:
    """Followed both ways, nearest first; of more than 200 memories the surest linked."""
    return GraphShown.of(services.links.graph(memory_id, asked.depth))


@router.get("/similar", summary="What is like a memory", responses=problems(404))
def similar(
    services: Edge, memory_id: MemoryId, asked: Annotated[SimilarAsked, Query()]
) -> Listing[SimilarShown]:
    """The nearest in meaning of those that are active or dormant, each with its score."""
    found = services.links.similar(memory_id, asked.limit)
    return Listing(items=[SimilarShown.alike(each) for each in found])
