"""The beginning of a turn: what was said becomes durable before anything else is done."""

from dataclasses import dataclass
from uuid import uuid4

from cns.domain.continuum import Change, Continuum, Mark
from cns.domain.message import Message, MessageId, Role, SegmentId, TurnId
from cns.domain.turn import TurnRecord
from cns.errors import Conflict
from cns.ports import Clock, ContinuumStore, User
from cns.services.branching import is_asked_again, standing_at, whole
from cns.services.course import Heard, Left
from cns.services.request import TurnRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """Takes in a new message, an edited one, or one that is to be answered again."""

    store: ContinuumStore
    clock: Clock
    user: User

    def hear(self, turn_id: TurnId, request: TurnRequest) -> Heard:
        """Store the message with its turn; from here on it is safe, whatever fails.

        Raises:
            Conflict, InvalidInput, NotFound, StoreUnavailable: and then nothing is stored.
        """
        now = self.clock.now()
        mark = Mark(uuid4(), now)
        loaded = self.store.load(self.user.id)
        if request.retry_of is not None:
            return self._again(turn_id, whole(self.store, loaded), request, request.retry_of)
        moved = Change(loaded, ())
        if request.parent_id is not None:
            loaded = whole(self.store, loaded)
            moved = standing_at(self.store, loaded, request.parent_id, mark)
            if is_asked_again(moved.continuum, request.content):
                return self._anew(turn_id, loaded, moved, request)
        continuum = moved.continuum
        message = Message(
            id=MessageId(uuid4()),
            role=Role.USER,
            content=request.content,
            created_at=now,
            segment_id=continuum.segment.id if continuum.segment else SegmentId(uuid4()),
            turn_id=turn_id,
            parent_id=continuum.messages[-1].id if continuum.messages else None,
        )
        heard = continuum.hear(message, mark)
        change = Change(heard.continuum, (*moved.events, *heard.events))
        record = self._record(turn_id, request, message)
        self.store.commit(change, record)
        return Heard(
            continuum=change.continuum, message=message, record=record, events=change.events
        )

    def _again(
        self, turn_id: TurnId, loaded: Continuum, request: TurnRequest, retry_of: TurnId
    ) -> Heard:
        """A retry: of the latest message, or of one that was to be answered anew."""
        earlier = self.store.turn(retry_of)
        again = earlier.user_message_id
        anew = again == request.parent_id
        gone_on = _has_grown(loaded, earlier) if anew else _last_said(loaded) != again
        if gone_on:
            raise Conflict(
                "The conversation has gone on since that turn: send the message again instead.",
                code="turn_not_last",
            )
        if self.store.answered_since(retry_of):
            raise Conflict("That message was answered since: there is nothing to retry.")
        moved = standing_at(self.store, loaded, again, Mark(uuid4(), self.clock.now()))
        return self._anew(turn_id, loaded, moved, request)

    def _anew(
        self, turn_id: TurnId, loaded: Continuum, moved: Change, request: TurnRequest
    ) -> Heard:
        message = moved.continuum.messages[-1]
        record = self._record(turn_id, request, message)
        self.store.record(record)
        return Heard(
            continuum=moved.continuum,
            message=message,
            record=record,
            left=Left(path=loaded.messages, touchstone=loaded.touchstone, events=moved.events),
        )

    def _record(self, turn_id: TurnId, request: TurnRequest, message: Message) -> TurnRecord:
        return TurnRecord(
            id=turn_id,
            state="running",
            user_message_id=message.id,
            started_at=self.clock.now(),
            retry_of=request.retry_of,
            idempotency_key=request.idempotency_key,
            request_hash=request.fingerprint if request.idempotency_key else None,
            wishes=request.wishes,
        )


def _last_said(continuum: Continuum) -> MessageId | None:
    said = (m.id for m in reversed(continuum.messages) if m.role is Role.USER)
    return next(said, None)


def _has_grown(continuum: Continuum, turn: TurnRecord) -> bool:
    """Whether the path holds more since that turn began than other answers to its message."""
    since = (m for m in continuum.messages if m.created_at > turn.started_at)
    return any(m.role is Role.USER or m.parent_id != turn.user_message_id for m in since)
