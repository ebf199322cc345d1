"""Saying something and hearing the answer, as a stream or at once."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api.errors import answer
from api.schemas.chat import Cancelled, ChatRequest, RetryRequest
from api.schemas.problem import WITH_BODY, Responses, problems
from api.schemas.turn_events import NAMES, Completed, shown
from api.services import Edge, Services
from api.streaming import KEEP_OPEN, EventStream, Feed, event_schema, frame
from cns.bus import Unsubscribe
from cns.domain.message import TurnId
from cns.domain.stream import TurnCompleted, TurnEvent, TurnFailed
from cns.errors import Unavailable
from cns.services.outcome import OUTCOME

router = APIRouter(tags=["chat"])
Numbered = tuple[int, TurnEvent]

STREAM = {
    "itemSchema": event_schema(*NAMES.values()),
    "example": 'id: 1\nevent: turn_started\ndata: {"turn_id": "0192d3c4-8a1b-4c3d-9e4f-'
    '5a6b7c8d9e0f", "user_message_id": "0192d3c4-8f00-4c3d-9e4f-5a6b7c8d9e0f", "segment_id": '
    '"0192d3c4-2222-4c3d-9e4f-5a6b7c8d9e0f", "retry_of": null}\n\n'
    'id: 2\nevent: text_delta\ndata: {"text": "Ada lives in Leeds."}\n\n',
}
EVENTS: Responses = {
    200: {
        "description": "`turn_started`, `touchstone`, `memories_surfaced`; then `thinking_delta`, "
        "`text_delta`, `tool_started`, `tool_finished` as they happen; at last `turn_completed` "
        "or `turn_failed`.",
        "content": {"text/event-stream": STREAM},
    }
}
LAST_EVENT_MAX = OUTCOME


@router.post(
    "/api/chat",
    summary="Say something",
    response_model=Completed,
    responses={**EVENTS, **problems(404, 409, *WITH_BODY)},
)
async def chat(
    services: Edge,
    asked: ChatRequest,
    request: Request,
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=200, description="Begins one turn at most.")
    ] = None,
) -> Response:
    """Starts a turn; the message is stored before the first event, or never if `incognito`.

    The same `Idempotency-Key` again within 24 hours begins no other turn: it listens to the one
    that it began, or hears its stored outcome once that has ended (the answer comes whole, in
    `turn_completed`). With another message it is refused (`idempotency_key_reused`).

    Of an incognito turn nothing is kept: its ids are unknown once its end was heard, it cannot be
    retried, and its key is refused afterwards (`turn_forgotten`).

    Closing the connection does not stop the turn. A second message while one runs is refused
    (`turn_in_progress`, with the `turn_id` of the running one).
    """
    turn_id = await run_in_threadpool(services.turns.start, asked.as_turn(idempotency_key))
    return await _answer(services, turn_id, streamed=_streamed(request, asked.stream))


@router.post(
    "/api/chat/{turn_id}/retry",
    summary="Run a failed or interrupted turn again",
    response_model=Completed,
    responses={**EVENTS, **problems(404, 409, *WITH_BODY)},
)
async def retry(
    services: Edge, turn_id: TurnId, request: Request, asked: RetryRequest | None = None
) -> Response:
    """A new turn on the same message; `turn_started` carries `retry_of`."""
    anew = await run_in_threadpool(services.turns.retry, turn_id)
    stream = asked.stream if asked else None
    return await _answer(services, anew, streamed=_streamed(request, stream))


@router.post(
    "/api/chat/{turn_id}/cancel",
    summary="Stop a running turn",
    status_code=202,
    responses=problems(404),
)
def cancel(services: Edge, turn_id: TurnId) -> Cancelled:
    """What was said so far is kept, marked `interrupted`."""
    services.turns.cancel(turn_id)
    return Cancelled(turn_id=turn_id)


@router.get(
    "/api/chat/{turn_id}/events",
    summary="Listen to a turn again",
    response_class=StreamingResponse,
    responses={**EVENTS, **problems(404)},
)
async def events(
    services: Edge,
    turn_id: TurnId,
    last_event_id: Annotated[
        int, Header(ge=0, le=LAST_EVENT_MAX, description="Replays what came after this event.")
    ] = 0,
) -> Response:
    """Everything since the turn began, or since `Last-Event-ID`, and then what comes.

    Of a turn that ended some minutes ago: `turn_started`, `touchstone`, `memories_surfaced`, and
    `turn_completed` with the whole answer, or `turn_failed`.
    """
    feed = await _opened(services, turn_id)
    return EventStream(_frames(feed, after=last_event_id), feed.close)


async def _answer(services: Services, turn_id: TurnId, *, streamed: bool) -> Response:
    feed = await _opened(services, turn_id)
    if streamed:
        return EventStream(_frames(feed), feed.close)
    try:
        return await _outcome(feed)
    finally:
        feed.close()


async def _opened(services: Services, turn_id: TurnId) -> Feed[Numbered]:
    def watch(tell: Callable[[Numbered], None], last: Numbered | None) -> Unsubscribe:
        def listener(number: int, event: TurnEvent) -> None:
            tell((number, event))

        return services.turns.watch(turn_id, listener, last[0] if last else 0)

    feed = Feed(watch, services.quiet_seconds, services.answers)
    await feed.start()
    return feed


async def _frames(feed: Feed[Numbered], after: int = 0) -> AsyncIterator[bytes]:
    async for told in feed.items():
        if told is None:
            yield KEEP_OPEN
            continue
        number, event = told
        # the whole turn is heard, so that one who has heard it all is not left waiting
        if number > after:
            yield frame(number, *shown(event))
        if isinstance(event, TurnCompleted | TurnFailed):
            return


async def _outcome(feed: Feed[Numbered]) -> Response:
    async for told in feed.items():
        match told:
            case (_, TurnCompleted() as completed):
                body = Completed.of(completed).model_dump_json()
                return Response(body, media_type="application/json")
            case (_, TurnFailed() as failed):
                told_apart = {**failed.error.extra, "turn_id": str(failed.turn_id)}
                return answer(replace(failed.error, extra=told_apart))
            case _:
                pass
    raise Unavailable("The turn's events have ended. Look under /api/turns for its outcome.")


def _streamed(request: Request, asked: bool | None) -> bool:  # noqa: FBT001 - as it was asked
    """What was asked; else a stream, unless JSON is all that the client accepts."""
    if asked is not None:
        return asked
    accepted = request.headers.get("accept", "").split(",")
    return {kind.partition(";")[0].strip().lower() for kind in accepted} != {"application/json"}
