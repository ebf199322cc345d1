"""What the background mind did, and taking it back."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.schemas.base import Listing, PageAsked
from api.schemas.problem import problems
from api.schemas.runs import RunsAsked, RunScoreShown, RunShown
from api.services import Edge
from cns import ports
from lt_memory.domain.memory import RunId

router = APIRouter(prefix="/api/runs", tags=["runs"])


@router.get("", summary="List what background work did")
def runs(services: Edge, asked: Annotated[RunsAsked, Query()]) -> Listing[RunShown]:
    """Newest first, each with what it saw, decided and changed."""
    found, following = services.runs.list(
        asked.job, ports.Page(limit=asked.limit, cursor=asked.cursor)
    )
    return Listing(items=[RunShown.of(record) for record in found], next_cursor=following)


@router.get("/{run_id}", summary="Read a run", responses=problems(404))
def run(services: Edge, run_id: RunId) -> RunShown:
    """With every revision of a memory that it made, its undoing and repetition too."""
    return RunShown.of(services.runs.get(run_id))


@router.get("/{run_id}/scores", summary="Read how a run scored", responses=problems(404))
def scores(
    services: Edge, run_id: RunId, asked: Annotated[PageAsked, Query()]
) -> Listing[RunScoreShown]:
    """Every memory that it weighed anew, by id; empty once the run is final."""
    page = ports.Page(limit=asked.limit, cursor=asked.cursor)
    found, following = services.runs.scores(run_id, page)
    items = [RunScoreShown.model_validate(each, from_attributes=True) for each in found]
    return Listing(items=items, next_cursor=following)


@router.post("/{run_id}/undo", summary="Take a run back", responses=problems(404, 409))
def undo(services: Edge, run_id: RunId) -> RunShown:
    """Makes every row that it changed as it was before; refused where later work rests on it."""
    return RunShown.of(services.runs.undo(run_id))


@router.post("/{run_id}/redo", summary="Do a run again", responses=problems(404, 409))
def redo(services: Edge, run_id: RunId) -> RunShown:
    """Makes the changes of an undone run again, without asking a model."""
    return RunShown.of(services.runs.redo(run_id))
