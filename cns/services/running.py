"""Turns under way: each in a thread of its own, whoever watches it, and for a while after."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Condition, Lock, Thread
from uuid import uuid4

from cns.bus import Unsubscribe
from cns.domain.message import TurnId
from cns.domain.stream import TurnCompleted, TurnEvent, TurnFailed
from cns.domain.turn import KEY_LIFE
from cns.errors import Conflict, NotFound
from cns.ports import Clock, ContinuumStore
from cns.problems import INTERNAL
from cns.services.outcome import told_again
from cns.services.pump import Stop
from cns.services.turn import TurnRequest, TurnService

logger = logging.getLogger(__name__)
KEPT_FOR = timedelta(minutes=5)
Listener = Callable[[int, TurnEvent], None]


@dataclass(slots=True, kw_only=True)
class _Run:
    """A turn and what it has told so far; gone a few minutes after the turn."""

    turn_id: TurnId
    stop: Stop = field(default_factory=Stop)
    told: list[TurnEvent] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    ended_at: datetime | None = None


class RunningTurns:
    """Starts turns, lets any number of clients watch one, and stops it when asked."""

    def __init__(self, turns: TurnService, store: ContinuumStore, clock: Clock) -> None:
        self._turns = turns
        self._store = store
        self._clock = clock
        self._runs: dict[TurnId, _Run] = {}
        self._changed = Condition()
        self._starting = Lock()

    def start(self, request: TurnRequest) -> TurnId:
        """Begin a turn; on return the user's message is durable.

        A request whose key began a turn within the last 24 hours begins no other: that turn is
        returned. One is begun at a time, so that the same key at the same moment finds the first.

        Raises:
            Conflict: the key was used for another request (`idempotency_key_reused`).
            Conflict: another turn is running (`turn_in_progress`).
            InvalidInput, StoreUnavailable: nothing was stored.
        """
        with self._starting:
            return self._begun_before(request) or self._begin(request)

    def _begin(self, request: TurnRequest) -> TurnId:
        run = _Run(turn_id=TurnId(uuid4()))
        events = self._turns.run(run.turn_id, request, run.stop)
        first = next(events)
        with self._changed:
            self._forget_old()
            self._runs[run.turn_id] = run
        self._tell(run, first)
        Thread(target=self._go_on, args=(run, events), name="turn", daemon=False).start()
        return run.turn_id

    def _begun_before(self, request: TurnRequest) -> TurnId | None:
        key = request.idempotency_key
        record = self._store.turn_of_key(key) if key else None
        if record is None or record.started_at <= self._clock.now() - KEY_LIFE:
            return None
        if record.request_hash != request.fingerprint:
            raise Conflict(
                "This Idempotency-Key came with another message before: use a new key.",
                code="idempotency_key_reused",
            )
        return record.id

    def retry(self, turn_id: TurnId) -> TurnId:
        """Run a failed or interrupted turn again on the same message: a new turn.

        Raises:
            NotFound: there is no such turn.
            Conflict: it is running, it succeeded, or the conversation has gone on.
        """
        record = self._store.turn(turn_id)
        if self._is_running(turn_id):
            raise Conflict(
                "That turn is still running: wait for it, or stop it first.",
                code="turn_in_progress",
                extra={"turn_id": str(turn_id)},
            )
        if record.state == "completed":
            raise Conflict("That turn was answered: there is nothing to retry.")
        return self.start(TurnRequest.again(record))

    def cancel(self, turn_id: TurnId) -> None:
        """Stop a running turn; what was said so far is kept.

        Raises:
            NotFound: no such turn is running.
        """
        with self._changed:
            run = self._runs.get(turn_id)
        if run is None or run.ended_at is not None:
            raise NotFound(
                "No such turn is running. Its outcome is under /api/turns.",
                code="turn_not_running",
            )
        run.stop.wish()

    def watch(self, turn_id: TurnId, listener: Listener, after: int = 0) -> Unsubscribe:
        """Replay the events numbered above `after`, then tell each new one as it happens.

        The listener is called from this thread and then from the turn's, in order, numbers
        counting from 1; it must not block. A turn that ended some minutes ago, or before a
        restart, is told again from the store: its beginning and its outcome.

        Raises:
            NotFound: the turn is unknown.
        """
        run = self._find(turn_id)
        if run is None:
            for number, event in told_again(self._store.turn(turn_id), self._store):
                if number > after:
                    listener(number, event)
            return _nothing_to_leave
        with self._changed:
            for number, event in enumerate(run.told, 1):
                if number > after:
                    listener(number, event)
            run.listeners.append(listener)
        return lambda: self._leave(run, listener)

    def settle(self, patience: timedelta) -> bool:
        """Ask every running turn to stop and wait for them; False when some did not."""
        with self._changed:
            running = [run for run in self._runs.values() if run.ended_at is None]
        for run in running:
            run.stop.wish()
        with self._changed:
            return self._changed.wait_for(
                lambda: all(run.ended_at for run in running), patience.total_seconds()
            )

    def _go_on(self, run: _Run, events: Iterator[TurnEvent]) -> None:
        try:
            for event in events:
                self._tell(run, event)
        finally:
            self._end(run)

    def _end(self, run: _Run) -> None:
        """The turn's thread is done; who watches is told so, even where the turn broke."""
        if not isinstance(run.told[-1], TurnCompleted | TurnFailed):
            self._tell(run, TurnFailed(turn_id=run.turn_id, error=INTERNAL))
        with self._changed:
            run.ended_at = self._clock.now()
            self._changed.notify_all()

    def _is_running(self, turn_id: TurnId) -> bool:
        """Whether it really is; the store may not have learnt of its end."""
        with self._changed:
            run = self._runs.get(turn_id)
            return run is not None and run.ended_at is None

    def _tell(self, run: _Run, event: TurnEvent) -> None:
        with self._changed:
            run.told.append(event)
            for listener in run.listeners:
                listener(len(run.told), event)

    def _find(self, turn_id: TurnId) -> _Run | None:
        with self._changed:
            run = self._runs.get(turn_id)
        if run is not None:
            return run
        with self._starting, self._changed:  # it may be stored, and not yet be kept here
            return self._runs.get(turn_id)

    def _leave(self, run: _Run, listener: Listener) -> None:
        with self._changed:
            run.listeners = [kept for kept in run.listeners if kept is not listener]

    def _forget_old(self) -> None:
        limit = self._clock.now() - KEPT_FOR
        self._runs = {
            turn_id: run
            for turn_id, run in self._runs.items()
            if run.ended_at is None or run.ended_at > limit
        }


def _nothing_to_leave() -> None:
    return None
