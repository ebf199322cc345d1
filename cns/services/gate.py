"""The turn lock: one turn at a time, and no chapter ended under a running one."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from cns.domain.message import TurnId
from cns.errors import Conflict

PATIENCE_SECONDS = 5.0


class Gate:
    """Held by a turn for as long as it runs, or for a moment while a segment is closed.

    One process serves one database (it holds a lock there), so a lock in the process is enough,
    and a crash frees it.
    """

    def __init__(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._patience_seconds = patience_seconds
        self._lock = Lock()
        self._turn: TurnId | None = None

    @contextmanager
    def turn(self, turn_id: TurnId) -> Iterator[None]:
        """Hold the gate for a turn.

        Raises:
            Conflict: another turn is running (`turn_in_progress`, with its id).
        """
        self._enter()
        self._turn = turn_id
        try:
            yield
        finally:
            self._turn = None
            self._lock.release()

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Hold the gate for a moment; raises Conflict while a turn runs."""
        self._enter()
        try:
            yield
        finally:
            self._lock.release()

    def ending(self) -> None:
        """The turn is stored and told: who comes now waits for its last steps."""
        self._turn = None

    def _enter(self) -> None:
        running = self._turn
        if running is None and self._lock.acquire(timeout=self._patience_seconds):
            return
        turn_id = self._turn or running
        raise Conflict(
            "A turn is still running: wait for it, or stop it first.",
            code="turn_in_progress",
            extra={"turn_id": str(turn_id)} if turn_id else {},
        )
