"""Reads a model's stream in a thread of its own, so that stopping a turn never waits for it."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from queue import SimpleQueue
from threading import Lock, Thread, current_thread

from cns.errors import ModelUnavailable, SpendingCeiling, Unavailable
from cns.ports import ModelEvent


class Stop:
    """A wish to stop, which wakes whoever waits."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._wished = False
        self._wake: list[Callable[[], None]] = []

    @property
    def wished(self) -> bool:
        return self._wished

    def wish(self) -> None:
        """Ask for the stop; may come from any thread, and more than once."""
        with self._lock:
            self._wished = True
            waiting, self._wake = self._wake, []
        for wake in waiting:
            wake()

    def when_wished(self, wake: Callable[[], None]) -> None:
        """Call `wake` once the stop is wished for; at once when it was."""
        with self._lock:
            if not self._wished:
                self._wake.append(wake)
                return
        wake()


class _Stopped:
    """Put into the queue by a wish to stop."""


class _Ended:
    """Put into the queue behind the last event."""


def pumped(stream: Generator[ModelEvent], stop: Stop) -> Iterator[ModelEvent]:
    """The stream's events until it ends or a stop is wished for.

    Raises:
        ModelUnavailable, SpendingCeiling: what the stream raised.
    """
    queue: SimpleQueue[ModelEvent | Unavailable | _Stopped | _Ended] = SimpleQueue()

    def pump() -> None:
        last: Unavailable | _Ended = ModelUnavailable(
            "The model's adapter broke; MIRA's log says how.", code="llm_adapter_broken"
        )
        try:
            with closing(stream) as events:
                for event in events:
                    queue.put(event)
                    if stop.wished:
                        break
            last = _Ended()
        except (ModelUnavailable, SpendingCeiling) as error:
            last = error
        finally:
            queue.put(last)

    stop.when_wished(lambda: queue.put(_Stopped()))
    # named after whom it serves: what is off the record stays so while this thread lives
    Thread(target=pump, name=f"model-stream {current_thread().name}", daemon=True).start()
    while True:
        match queue.get():
            case _Stopped() | _Ended():
                return
            case Unavailable() as error:
                raise error
            case event:
                yield event
