"""Server-Sent Events: from the threads that tell to the one loop that sends."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Any, Generic, TypeVar

from fastapi.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from cns.bus import Unsubscribe

T = TypeVar("T")
Watch = Callable[[Callable[[T], None], T | None], Unsubscribe]

KEEP_OPEN = b": still here\n\n"
WAITING_MOST = 1000


def frame(number: int | str, name: str, data: Mapping[str, object]) -> bytes:
    """One event; the data is one line of ASCII JSON, so that nothing in it can end the line."""
    return f"id: {number}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode("ascii")


def event_schema(*names: str, data: Mapping[str, object] | None = None) -> dict[str, object]:
    """One event of a stream with these names, for the documentation; `data` describes its data."""
    described = {} if data is None else {"contentSchema": data}
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "event": {"type": "string", "enum": list(names)},
            "data": {"type": "string", "contentMediaType": "application/json", **described},
        },
        "required": ["id", "event", "data"],
    }


class OpenFeeds:
    """Feeds of what has no end of its own: they end when the program does."""

    def __init__(self) -> None:
        self._feeds: set[Feed[Any]] = set()

    def add(self, feed: "Feed[Any]") -> None:
        self._feeds.add(feed)

    def discard(self, feed: "Feed[Any]") -> None:
        self._feeds.discard(feed)

    def end(self) -> None:
        """To be called on the event loop."""
        for feed in tuple(self._feeds):
            feed.end()


class Feed(Generic[T]):
    """What a watched thing tells, read on the event loop without a thread waiting.

    At most `WAITING_MOST` items wait for a slow reader; what comes beyond is let go, and fetched
    again by watching anew from the last item that was read.

    Args:
        watch: starts to tell a listener, from after the given item on (None: from the start).
        quiet_seconds: how long to wait before yielding None, for want of anything to tell.
        among: where it is held while it is open, so as to be ended with others.
    """

    def __init__(
        self, watch: Watch[T], quiet_seconds: float, among: OpenFeeds | None = None
    ) -> None:
        self._watch = watch
        self._quiet_seconds = quiet_seconds
        self._among = among or OpenFeeds()
        self._over = False
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._waiting: deque[T] = deque()
        self._missed = False
        self._last: T | None = None
        self._leave: Unsubscribe = _nothing_to_leave

    async def start(self) -> None:
        """Begin to be told; raises what watching raises."""
        self.close()
        self._among.add(self)
        self._missed = False
        # a generation of its own: what an earlier watch still delivers would come twice
        self._waiting = waiting = deque[T]()

        def tell(item: T) -> None:
            # RuntimeError: the loop is closed, and nobody is left to hear
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._take, waiting, item)

        self._leave = await run_in_threadpool(self._watch, tell, self._last)

    async def items(self) -> AsyncIterator[T | None]:
        """Each item in order, and None after each quiet while, until it is ended."""
        while not self._over:
            while self._waiting:
                self._last = self._waiting.popleft()
                yield self._last
            if self._missed:
                await self.start()
                continue
            if not await self._told():
                yield None

    def close(self) -> None:
        """Stop being told; may be called more than once."""
        self._among.discard(self)
        self._leave()
        self._leave = _nothing_to_leave

    def end(self) -> None:
        """Have its reader come to an end, after what waits already."""
        self._over = True
        self._news.set()

    def _take(self, waiting: deque[T], item: T) -> None:
        if len(waiting) < WAITING_MOST and not self._missed:
            waiting.append(item)
        elif waiting is self._waiting:
            self._missed = True
        self._news.set()

    async def _told(self) -> bool:
        try:
            async with asyncio.timeout(self._quiet_seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True


class EventStream(StreamingResponse):
    """A feed's frames; whoever goes away is no longer told."""

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncIterator[bytes], close: Callable[[], None]) -> None:
        super().__init__(frames, headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        self._close = close

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._close()


def _nothing_to_leave() -> None:
    return None
