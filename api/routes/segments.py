"""The chapters of the conversation, and ending the open one."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query

from api.schemas.base import Listing, PageAsked
from api.schemas.conversation import ChapterAsked, SegmentShown, SegmentWithMessages
from api.schemas.house import JobStarted
from api.schemas.problem import problems
from api.services import Edge, Progress, Services
from cns.domain.message import SegmentId
from cns.errors import SpendingCeiling, Unavailable
from cns.ports import Page

router = APIRouter(tags=["conversation"])


@router.get("/api/segments", summary="List chapters")
def segments(services: Edge, asked: Annotated[PageAsked, Query()]) -> Listing[SegmentShown]:
    """Newest first."""
    found, following = services.store.segments(Page(limit=asked.limit, cursor=asked.cursor))
    return Listing(items=[SegmentShown.of(segment) for segment in found], next_cursor=following)


@router.get("/api/segments/{segment_id}", summary="Read a chapter", responses=problems(404))
def segment(
    services: Edge, segment_id: SegmentId, asked: Annotated[ChapterAsked, Query()]
) -> SegmentWithMessages:
    """With all that was said in it, oldest first."""
    found, off_path = services.store.segment(segment_id), asked.branches == "all"
    messages = services.store.segment_messages(segment_id, off_path=off_path)
    return SegmentWithMessages.told(found, messages, services.store.branches(messages))


@router.post(
    "/api/segments/active/collapse",
    summary="End the open chapter",
    status_code=202,
    responses=problems(409),
)
def collapse(services: Edge) -> JobStarted:
    """It is closed at once; the job is done when it is summarised and its facts are extracted.

    Refused while a turn runs (`turn_in_progress`) and when none is open (`no_active_segment`).
    The result names the segment and the extraction's runs.
    """
    segment_id = services.segments.end_active()

    def work(progress: Progress) -> Mapping[str, object]:
        progress(0, 1)
        _finish(services, segment_id)
        if segment_id in services.waiting():
            raise Unavailable(
                "The chapter is summed up, but its facts could not be drawn from it now. That is"
                " tried again by itself within minutes.",
                code="extraction_put_off",
                extra={"segment_id": str(segment_id)},
            )
        progress(1, 1)
        runs = [str(run_id) for run_id in services.runs_of(segment_id)]
        return {"segment_id": str(segment_id), "runs": runs}

    return JobStarted(job_id=services.jobs.submit("collapse", work))


def _finish(services: Services, segment_id: SegmentId) -> None:
    try:
        services.segments.finish(segment_id)
    except SpendingCeiling as ceiling:
        raise SpendingCeiling(
            f"The chapter has ended, under a first summary. {ceiling.detail}",
            extra={**ceiling.extra, "segment_id": str(segment_id)},
        ) from ceiling
