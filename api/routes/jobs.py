"""Long work: how far it has come."""

from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from api.schemas.house import JobShown
from api.schemas.problem import Responses, problems
from api.services import Edge
from api.streaming import KEEP_OPEN, EventStream, Feed, event_schema, frame
from cns.ports import JobRecord

router = APIRouter(tags=["jobs"])
ENDED = frozenset({"done", "failed"})
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
