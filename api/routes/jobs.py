"""Long work: how far it has come, and when background jobs run."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse

from api.schemas.base import Listing
from api.schemas.house import JobShown, JobStarted
from api.schemas.jobs import ScheduledJob
from api.schemas.problem import Responses, problems
from api.services import Edge
from api.streaming import KEEP_OPEN, EventStream, Feed, event_schema, frame
from cns.ports import JobRecord

router = APIRouter(tags=["jobs"])
ENDED = frozenset({"done", "failed"})
Name = Annotated[str, Path(pattern=r"^[a-z_]{1,50}$", description="The name of a scheduled job.")]
TOLD = (
    'id: 1\nevent: job\ndata: {"id": "0192d3c4-9999-4c3d-9e4f-5a6b7c8d9e0f", "name": "collapse", '
    '"state": "running", "progress": 0.0, "done": 0, "total": 1, "error": null, "result": null, '
    '"created_at": "2026-05-04T10:12:30Z", "finished_at": null}\n\n'
)
EVENTS: Responses = {
    200: {
        "description": "A `job` event with the job as it stands, now and at every change; the "
        "stream ends with the job.",
        "content": {"text/event-stream": {"itemSchema": event_schema("job"), "example": TOLD}},
    }
}


@router.get("/api/jobs", summary="List the scheduled jobs")
def jobs(services: Edge) -> Listing[ScheduledJob]:
    """With their last and next runs, and how the last one went."""
    return Listing(items=[ScheduledJob.of(entry) for entry in services.schedule.entries()])


@router.post(
    "/api/jobs/{name}/run",
    summary="Run a scheduled job now",
    status_code=202,
    responses=problems(404, 409),
)
def run_now(
    services: Edge,
    name: Name,
    dry_run: Annotated[bool, Query(description="Only say what it would do.")] = False,  # noqa: FBT002 - a query parameter
) -> JobStarted:
    """Whether it is paused or not; the job that it becomes tells what came of it."""
    return JobStarted(job_id=services.schedule.run_now(name, dry_run=dry_run))


@router.post("/api/jobs/{name}/pause", summary="Pause a scheduled job", responses=problems(404))
def pause(services: Edge, name: Name) -> ScheduledJob:
    """Stops its hours; kept across restarts. It can still be run by hand."""
    return ScheduledJob.of(services.schedule.pause(name, paused=True))


@router.post("/api/jobs/{name}/resume", summary="Resume a scheduled job", responses=problems(404))
def resume(services: Edge, name: Name) -> ScheduledJob:
    """Its hours go on from now."""
    return ScheduledJob.of(services.schedule.pause(name, paused=False))


@router.get("/api/jobs/{job_id}", summary="Ask after a job", responses=problems(404))
def job(services: Edge, job_id: UUID) -> JobShown:
    """Its state, how far it is, and what came of it."""
    return JobShown.of(services.jobs.get(job_id))


@router.get(
    "/api/jobs/{job_id}/events",
    summary="Follow a job",
    response_class=StreamingResponse,
    responses={**EVENTS, **problems(404)},
)
async def events(services: Edge, job_id: UUID) -> Response:
    """As Server-Sent Events; listening again begins with the job as it stands then."""
    feed: Feed[JobRecord] = Feed(
        lambda tell, _: services.jobs.watch(job_id, tell), services.quiet_seconds, services.feeds
    )
    await feed.start()
    return EventStream(_frames(feed), feed.close)


async def _frames(feed: Feed[JobRecord]) -> AsyncIterator[bytes]:
    number = 0
    async for record in feed.items():
        if record is None:
            yield KEEP_OPEN
            continue
        number += 1
        yield frame(number, "job", JobShown.of(record).model_dump(mode="json"))
        if record.state in ENDED:
            return
