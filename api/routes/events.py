"""What happens, as it is published."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse

from api.schemas.events import MODELS, EventsAsked, schema_of, shown
from api.schemas.problem import Responses
from api.services import Edge
from api.streaming import KEEP_OPEN, EventStream, Feed, event_schema, frame
from cns.bus import Unsubscribe
from cns.domain.events import wire_name
from cns.services.activity import Noted

router = APIRouter(tags=["conversation"])

TOLD = (
    ": what happens from now on\n\n"
    "id: 1777888800000-42\nevent: manifest_updated\ndata: "
    '{"type": "manifest_updated", "continuum_id": "0192d3c4-7777-4c3d-9e4f-5a6b7c8d9e0f", "user_id"'
    ': "0192d3c4-6666-4c3d-9e4f-5a6b7c8d9e0f", "event_id": "0192d3c4-5555-4c3d-9e4f-5a6b7c8d9e0f", '
    '"occurred_at": "2026-05-04T10:12:30Z", "segment_count": 12}\n\n'
)
STREAM = {
    "itemSchema": {
        "anyOf": [event_schema(wire_name(kind), data=schema_of(kind)) for kind in MODELS]
    },
    "example": TOLD,
}
EVENTS: Responses = {
    200: {
        "description": "Each event under its `type`, with `occurred_at` and its own fields.",
        "content": {"text/event-stream": STREAM},
    }
}
FROM_NOW = "what happens from now on"
FROM_HELD = "the events that are still held, then what happens"
FROM_THERE = "what came after that event"
FROM_OTHER_RUN = "MIRA was restarted since that event: all that this run still holds follows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a stream begins.

    Attributes:
        after: the number of the event before it; None for whatever comes next.
        said: the same in words, as the stream's first comment.
    """

    after: int | None
    said: str


@router.get(
    "/api/events",
    summary="Listen to what happens",
    response_class=StreamingResponse,
    responses=EVENTS,
)
async def events(
    services: Edge,
    asked: Annotated[EventsAsked, Query()],
    last_event_id: Annotated[
        str | None,
        Header(
            pattern=r"^(0|[0-9]{1,15}-[0-9]{1,15})$",
            description="The `id` of the last event that was heard, to go on from there; or 0.",
        ),
    ] = None,
) -> Response:
    """Every event as it is published, until the client goes away.

    Only what comes from now on, unless the latest are asked for with `history=true` or
    `Last-Event-ID: 0`. After a broken connection `Last-Event-ID` goes on where it broke (and then
    counts more than `history`). The latest 500 are held, and none beyond a restart: a comment says
    what can no longer be told.
    """
    start = _start(services.activity.run, last_event_id, history=asked.history)

    def watch(tell: Callable[[Noted], None], last: Noted | None) -> Unsubscribe:
        return services.activity.watch(tell, last.number if last else start.after)

    feed = Feed(watch, services.quiet_seconds, services.feeds)
    await feed.start()
    return EventStream(_frames(feed, services.activity.run, start), feed.close)


def _start(run: int, last_event_id: str | None, *, history: bool) -> Start:
    if last_event_id is None and not history:
        return Start(after=None, said=FROM_NOW)
    if last_event_id in (None, "0"):
        return Start(after=0, said=FROM_HELD)
    of_run, _, number = str(last_event_id).partition("-")
    if int(of_run) != run:
        return Start(after=0, said=FROM_OTHER_RUN)
    return Start(after=int(number), said=FROM_THERE)


async def _frames(feed: Feed[Noted], run: int, start: Start) -> AsyncIterator[bytes]:
    yield _comment(start.said)
    last = start.after
    async for noted in feed.items():
        if noted is None:
            yield KEEP_OPEN
            continue
        if last is not None and noted.number > last + 1:
            yield _comment(f"{noted.number - last - 1} events before this are no longer held")
        last = noted.number
        yield frame(f"{run}-{noted.number}", *shown(noted.event))


def _comment(words: str) -> bytes:
    return f": {words}\n\n".encode("ascii")
