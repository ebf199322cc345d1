"""Turns under way: each in a thread of its own, whoever watches it, and for a while after."""

import logging
from collections.abc import Callable, Collection, Iterator
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
from cns.services.closing import incognito
from cns.services.outcome import told_again
from cns.services.pump import Stop
from cns.services.request import TurnRequest
from cns.services.turn import TurnService

logger = logging.getLogger(__name__)
KEPT_FOR = timedelta(minutes=5)
UNHEARD_FOR = timedelta(minutes=1)
OFF_THE_RECORD = "incognito turn"  # the thread's name; what is logged meanwhile quotes nothing
Listener = Callable[[int, TurnEvent], None]


@dataclass(slots=True, kw_only=True)
class _Run:
    """A turn and what it has told so far; gone a few minutes after the turn.

    An incognito one is gone as soon as one who watched it to its end has left.
    """

    turn_id: TurnId
    key: str | None = None
    fingerprint: str = ""
    incognito: bool = False
    heard: bool = False
    stop: Stop = field(default_factory=Stop)
    told: list[TurnEvent] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    ended_at: datetime | None = None

    def over(self, now: datetime) -> bool:
        """Whether it may be forgotten."""
        if self.ended_at is None:
            return False
        if self.incognito and self.heard and not self.listeners:
            return True
        return self.ended_at <= now - (UNHEARD_FOR if self.incognito else KEPT_FOR)


class RunningTurns:
    """Starts turns, lets any number of clients watch one, and stops it when asked.

    Args:
        turns_for: what serves such a request; an incognito one is served by other means.
    """

    def __init__(
        self,
        turns_for: Callable[[TurnRequest], TurnService],
        store: ContinuumStore,
        clock: Clock,
    ) -> None:
        self._turns_for = turns_for
        self._store = store
        self._clock = clock
        self._runs: dict[TurnId, _Run] = {}
        self._spent: dict[str, datetime] = {}  # keys of incognito turns that are forgotten
        self._changed = Condition()
        self._starting = Lock()

    def start(self, request: TurnRequest) -> TurnId:
        """Begin a turn; on return the user's message is durable.

        A request whose key began a turn within the last 24 hours begins no other: that turn is
        returned. One is begun at a time, so that the same key at the same moment finds the first.

        Raises:
            Conflict: the key was used for another request (`idempotency_key_reused`), or for an
                incognito one that is forgotten (`turn_forgotten`).
            Conflict: another turn is running (`turn_in_progress`).
            InvalidInput, StoreUnavailable: nothing was stored.
        """
        with self._starting:
            return self._begun_before(request) or self._begin(request)

    def _begin(self, request: TurnRequest) -> TurnId:
        run = _Run(turn_id=TurnId(uuid4()), incognito=request.incognito)
        if request.incognito:
            run.key, run.fingerprint = request.idempotency_key, request.fingerprint
        events = self._turns_for(request).run(run.turn_id, request, run.stop)
        first = next(events)
        with self._changed:
            self._forget_old()
            self._runs[run.turn_id] = run
        self._tell(run, first)
        name = OFF_THE_RECORD if run.incognito else "turn"
        Thread(target=self._go_on, args=(run, events), name=name, daemon=False).start()
        return run.turn_id

    def _begun_before(self, request: TurnRequest) -> TurnId | None:
        known = self._known(request.idempotency_key) if request.idempotency_key else None
        if known is None:
            return None
        turn_id, fingerprint = known
        if fingerprint != request.fingerprint:
            raise Conflict(
                "This Idempotency-Key came with another message before: use a new key.",
                code="idempotency_key_reused",
            )
        return turn_id

    def _known(self, key: str) -> tuple[TurnId, str | None] | None:
        """The turn that a key began, and what was asked then."""
        with self._changed:
            self._forget_old()
            run = next((run for run in self._runs.values() if run.key == key), None)
            if key in self._spent:
                raise Conflict(
                    "The incognito message that came with this Idempotency-Key has been dealt with,"
                    " and nothing of it is kept: send it anew, with a new key.",
                    code="turn_forgotten",
                )
        if run is not None:
            return run.turn_id, run.fingerprint
        record = self._store.turn_of_key(key)
        if record is None or record.started_at <= self._clock.now() - KEY_LIFE:
            return None
        return record.id, record.request_hash

    def retry(self, turn_id: TurnId) -> TurnId:
        """Run a failed or interrupted turn again on the same message: a new turn.

        Raises:
            NotFound: there is no such turn.
            Conflict: it is running, it succeeded, or the conversation has gone on.
        """
        if self._is_running(turn_id):
            raise Conflict(
                "That turn is still running: wait for it, or stop it first.",
                code="turn_in_progress",
                extra={"turn_id": str(turn_id)},
            )
        record = self._store.turn(turn_id)
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
            NotFound: the turn is unknown; an incognito one is, once its outcome was heard.
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
            run.heard = run.heard or isinstance(run.told[-1], TurnCompleted | TurnFailed)
        return lambda: self._leave(run, listener)

    def forget(self, turn_ids: Collection[TurnId]) -> None:
        """Let go at once of what these told; one that still runs stays."""
        with self._changed:
            for turn_id in turn_ids:
                run = self._runs.get(turn_id)
                if run is not None and run.ended_at is not None:
                    del self._runs[turn_id]

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
            error = incognito(INTERNAL) if run.incognito else INTERNAL
            self._tell(run, TurnFailed(turn_id=run.turn_id, error=error))
        with self._changed:
            run.ended_at = self._clock.now()
            self._forget_old()
            self._changed.notify_all()

    def _is_running(self, turn_id: TurnId) -> bool:
        """Whether it really is; the store may not have learnt of its end."""
        with self._changed:
            run = self._runs.get(turn_id)
            return run is not None and run.ended_at is None

    def _tell(self, run: _Run, event: TurnEvent) -> None:
        with self._changed:
            run.told.append(event)
            if isinstance(event, TurnCompleted | TurnFailed) and run.listeners:
                run.heard = True
            for listener in run.listeners:
                listener(len(run.told), event)

    def _find(self, turn_id: TurnId) -> _Run | None:
        with self._changed:
            self._forget_old()
            run = self._runs.get(turn_id)
        if run is not None:
            return run
        with self._starting, self._changed:  # it may be stored, and not yet be kept here
            return self._runs.get(turn_id)

    def _leave(self, run: _Run, listener: Listener) -> None:
        with self._changed:
            run.listeners = [kept for kept in run.listeners if kept is not listener]
            self._forget_old()

    def _forget_old(self) -> None:
        now = self._clock.now()
        over = [run for run in self._runs.values() if run.over(now)]
        for run in over:
            del self._runs[run.turn_id]
        self._spent = {key: at for key, at in self._spent.items() if at > now - KEY_LIFE}
        self._spent |= {run.key: now for run in over if run.key is not None}


def _nothing_to_leave() -> None:
    return None
