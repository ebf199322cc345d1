"""Several memories at once, and the way back to an earlier wording."""

from fastapi import APIRouter

from api.schemas.base import Listing
from api.schemas.memories import MemoryShown
from api.schemas.memory_changes import Batch, MemoryReshaped, MergeAsked, RevisionAsked, SplitAsked
from api.schemas.problem import WITH_BODY, problems
from api.services import Edge
from lt_memory.domain.memory import MemoryId

router = APIRouter(prefix="/api/memories", tags=["memories"])


@router.post(
    "/batch", summary="Remember several things", status_code=201, responses=problems(*WITH_BODY)
)
def add_all(services: Edge, asked: Batch) -> Listing[MemoryShown]:
    """All are kept, in the order given, or none."""
    kept = services.memories.add_all([each.as_new() for each in asked])
    return Listing(items=[MemoryShown.of(memory) for memory in kept])


@router.post(
    "/merge",
    summary="Make several memories one",
    status_code=201,
    responses=problems(404, 409, *WITH_BODY),
)
def merge(services: Edge, asked: MergeAsked) -> MemoryReshaped:
    """With the evidence and links of all of them, which go to the archive.

    Undoing the run that the answer names takes it back.
    """
    made = services.reshaping.merge([MemoryId(each) for each in asked.ids], asked.text)
    (memory,) = made.memories
    return MemoryReshaped.made(memory, made.run_id)


@router.post(
    "/{memory_id}/split",
    summary="Make one memory several",
    status_code=201,
    responses=problems(404, 409, *WITH_BODY),
)
def split(services: Edge, memory_id: MemoryId, asked: SplitAsked) -> Listing[MemoryReshaped]:
    """Each with the evidence of the one, which goes to the archive with its links.

    Undoing the run that the answer names takes it back.
    """
    made = services.reshaping.split(memory_id, asked.texts)
    return Listing(items=[MemoryReshaped.made(each, made.run_id) for each in made.memories])


@router.post(
    "/{memory_id}/restore",
    summary="Go back to a revision",
    responses=problems(404, *WITH_BODY),
)
def restore(services: Edge, memory_id: MemoryId, asked: RevisionAsked) -> MemoryShown:
    """As it was after that revision, as a new one; nothing happens when nothing differs."""
    return MemoryShown.of(services.history.restore(memory_id, asked.revision))
