"""Small chores done soon, off the way of the request that brought them about."""

from collections.abc import Callable, Mapping
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Protocol, Self

from cns.services.jobs import Progress, Work


class Attempt(Protocol):
    def __call__(
        self, name: str, work: Work, progress: Progress
    ) -> tuple[Mapping[str, object], Mapping[str, object] | None]: ...


class Chores:
    """One thread that does what it is handed, in order; a failure is logged and stays there.

    What is handed over is a convenience: each chore's work is found again from the store by a
    scheduled job, so that a crash loses nothing.
    """

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._waiting: SimpleQueue[tuple[str, Callable[[], object]] | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="chores", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._waiting.put(None)
        self._thread.join()

    def soon(self, name: str, work: Callable[[], object]) -> None:
        """Do the work once what was handed over before is done."""
        self._waiting.put((name, work))

    def _work(self) -> None:
        while (chore := self._waiting.get()) is not None:
            self._do(*chore)

    def _do(self, name: str, work: Callable[[], object]) -> None:
        self._attempt(name, lambda _: {"result": work()}, lambda *_: None)
