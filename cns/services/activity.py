"""The latest events, numbered and kept in a bounded ring, told to whoever watches."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from cns.bus import Unsubscribe
from cns.domain.events import (
    Event,
    MessageReceivedEvent,
    MessagesErasedEvent,
    SegmentCollapsedEvent,
    ToolCallsRequestedEvent,
    TopicChangedEvent,
    TurnCompletedEvent,
)

LENGTH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """An event and its number; the first since the program's start is 1."""

    number: int
    event: Event


Listener = Callable[[Noted], None]


class Activity:
    """Hears every event, holds the newest, and tells each one on.

    Args:
        since: when the program started; tells its numbers from those of an earlier run.
        length: how many events are held.
    """

    def __init__(self, since: datetime, length: int = LENGTH) -> None:
        self.run = int(since.timestamp() * 1000)
        self._ring: deque[Noted] = deque(maxlen=length)
        self._newest = 0
        self._listeners: tuple[Listener, ...] = ()
        self._lock = Lock()

    def note(self, event: Event) -> None:
        """Number it, keep it, tell it."""
        with self._lock:
            self._newest += 1
            noted = Noted(number=self._newest, event=event)
            self._ring.append(noted)
            for listener in self._listeners:
                listener(noted)

    def forget(self, erased: MessagesErasedEvent) -> None:
        """Let go of the events that hold words of what was erased; the numbers of others stay."""
        with self._lock:
            kept = [noted for noted in self._ring if not _quotes(noted.event, erased)]
            self._ring = deque(kept, maxlen=self._ring.maxlen)

    def watch(self, listener: Listener, after: int | None) -> Unsubscribe:
        """Replay what is still held above `after` (None: nothing), then tell each new event.

        The listener is called from this thread and then from whichever publishes, in order,
        without a gap or a double from the first on; it must neither block nor publish.
        """

        def told(noted: Noted) -> None:
            listener(noted)

        with self._lock:
            held_back = self._newest if after is None else after
            for noted in self._ring:
                if noted.number > held_back:
                    listener(noted)
            self._listeners = (*self._listeners, told)
        return lambda: self._leave(told)

    def _leave(self, told: Listener) -> None:
        with self._lock:
            self._listeners = tuple(kept for kept in self._listeners if kept is not told)


def _quotes(event: Event, erased: MessagesErasedEvent) -> bool:
    match event:
        case MessageReceivedEvent(message=message):
            return message.id in erased.message_ids
        case TurnCompletedEvent(messages=messages):
            return any(message.id in erased.message_ids for message in messages)
        case TopicChangedEvent(turn_id=turn_id) | ToolCallsRequestedEvent(turn_id=turn_id):
            return turn_id in erased.turn_ids
        case SegmentCollapsedEvent(segment=segment):
            return segment.id == erased.segment_id
        case _:
            return False
