"""The latest events, kept in a bounded ring for whoever asks what just happened."""

from collections import deque
from threading import Lock

from cns.domain.events import Event

LENGTH = 500


class Activity:
    """Hears every event; holds the newest."""

    def __init__(self, length: int = LENGTH) -> None:
        self._ring: deque[Event] = deque(maxlen=length)
        self._lock = Lock()

    def note(self, event: Event) -> None:
        with self._lock:
            self._ring.append(event)

    def latest(self) -> tuple[Event, ...]:
        """Oldest first."""
        with self._lock:
            return tuple(self._ring)
