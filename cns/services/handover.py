"""Something handed from one thread to another that waits for it no longer than its deadline."""

from queue import Empty, SimpleQueue
from threading import Lock
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Handover(Generic[Thing]):
    """Each thing goes to one of the two: to who waits, or, once that gave up, back to the giver."""

    def __init__(self) -> None:
        self._things: SimpleQueue[Thing] = SimpleQueue()
        self._lock = Lock()
        self._given_up = False

    @property
    def is_given_up(self) -> bool:
        return self._given_up

    def give(self, thing: Thing) -> bool:
        """Whether it was in time; the first thing given is the one that counts."""
        with self._lock:
            if not self._given_up:
                self._things.put(thing)
            return not self._given_up

    def take(self, seconds: float, otherwise: Thing) -> Thing:
        """The thing; what stands in for it once the seconds are over."""
        try:
            return self._things.get(timeout=seconds)
        except Empty:
            with self._lock:
                self._given_up = True
                return otherwise if self._things.empty() else self._things.get()
