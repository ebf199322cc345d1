"""The continuum's store in memory; the contract suite proves that it behaves like the real one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from cns import paging
from cns.domain.branches import START, Branch, Kin, branches
from cns.domain.continuum import Change, Continuum
from cns.domain.events import (
    Event,
    MessageReceivedEvent,
    PathChangedEvent,
    SegmentCollapsedEvent,
    SegmentOpenedEvent,
    TurnCompletedEvent,
)
from cns.domain.message import (
    ContinuumId,
    Message,
    MessageId,
    Role,
    SegmentId,
    ToolCall,
    TurnId,
    UserId,
)
from cns.domain.segment import Segment, SegmentStatus, SoFar, Summary
from cns.domain.touchstone import NOTHING, Touchstone
from cns.domain.turn import KEY_LIFE
from cns.errors import Conflict, InvalidInput, NotFound, StoreUnavailable
from cns.ports import Page, TurnRecord, User, Vector
from cns.postgres import RESTARTED, WINDOW
from cns.problems import as_json

FOREIGN = "`cursor` is not one that this list returned: ask again without it."


@dataclass(frozen=True, slots=True)
class _Tables:
    segments: dict[SegmentId, Segment] = field(default_factory=dict)
    messages: dict[MessageId, Message] = field(default_factory=dict)
    turns: dict[TurnId, TurnRecord] = field(default_factory=dict)
    vectors: dict[SegmentId, Vector | None] = field(default_factory=dict)
    off_path: dict[MessageId, datetime] = field(default_factory=dict)
    touchstones: dict[ContinuumId, Touchstone] = field(default_factory=dict)
    so_far: dict[SegmentId, SoFar] = field(default_factory=dict)

    def copy(self) -> "_Tables":
        return _Tables(
            dict(self.segments),
            dict(self.messages),
            dict(self.turns),
            dict(self.vectors),
            dict(self.off_path),
            dict(self.touchstones),
            dict(self.so_far),
        )

    def in_order(self) -> list[Message]:
        """By time, and by the order of storing where that is the same."""
        return sorted(self.messages.values(), key=lambda message: message.created_at)

    def standing(self, segment: Segment | None) -> SoFar | None:
        told = self.so_far.get(segment.id) if segment else None
        return told if told is not None and told.to not in self.off_path else None

    def kin(self, segment_ids: set[SegmentId]) -> list[Kin]:
        return [
            Kin(
                id=m.id,
                segment_id=m.segment_id,
                role=m.role,
                parent_id=m.parent_id,
                turn_id=m.turn_id,
                said=m.is_said,
                left_at=self.off_path.get(m.id),
            )
            for m in self.messages.values()
            if m.segment_id in segment_ids
        ]


class FakeContinuumStore:
    """Implements `cns.ports.ContinuumStore`.

    Args:
        window: how many messages of a long active segment are loaded at most.

    Attributes:
        away: how many of the next writes find the database gone.
        unheard: how many of the next writes are stored, but break before they are confirmed.
    """

    def __init__(self, window: int = WINDOW) -> None:
        self._window = window
        self._user: User | None = None
        self._continuum_id = ContinuumId(uuid4())
        self._tables = _Tables()
        self.away = 0
        self.unheard = 0

    def only_user(self, name: str, timezone: str, now: datetime) -> User:
        user_id = self._user.id if self._user else UserId(uuid4())
        self._user = User(id=user_id, name=name, timezone=timezone)
        return self._user

    def load(self, user_id: UserId) -> Continuum:
        if self._user is None or self._user.id != user_id:
            raise NotFound("There is no such user.")
        active = self._active(self._tables)
        messages = self._newest(active.id) if active else ()
        return Continuum(
            id=self._continuum_id,
            user_id=user_id,
            segment=active,
            messages=tuple(messages),
            earlier=active.message_count - sum(m.is_said for m in messages) if active else 0,
            so_far=self._tables.standing(active),
            touchstone=self._tables.touchstones.get(self._continuum_id),
        )

    def sum_up(self, segment_id: SegmentId, so_far: SoFar) -> None:
        with self._writing() as tables:
            told = tables.messages.get(so_far.to)
            active = tables.segments[segment_id].status is SegmentStatus.ACTIVE
            active = active and tables.messages.keys() >= set(so_far.drawn_from)
            if active and told and told.segment_id == segment_id and told.id not in tables.off_path:
                tables.so_far[segment_id] = so_far

    def _newest(self, segment_id: SegmentId) -> Sequence[Message]:
        places = {message_id: n for n, message_id in enumerate(self._tables.messages, 1)}
        newest = self.segment_messages(segment_id)[-self._window :]
        if len(newest) < self._window:
            return newest
        stride = max(1, self._window // 4)
        edge = -(-places[newest[0].id] // stride) * stride
        return [m for m in newest if places[m.id] >= edge]

    def keep_touchstone(self, continuum_id: ContinuumId, touchstone: Touchstone) -> None:
        with self._writing() as tables:
            _keep(tables, continuum_id, touchstone)

    def commit(self, change: Change, turn: TurnRecord) -> None:
        with self._writing() as tables:
            _save(tables, turn)
            for event in change.events:
                self._apply(tables, event)
            if change.continuum.touchstone is not None:
                _keep(tables, change.continuum.id, change.continuum.touchstone)

    def record(self, turn: TurnRecord) -> None:
        with self._writing() as tables:
            _save(tables, turn)

    def change_path(self, change: Change) -> None:
        self.close_segment(change)

    def close_segment(self, change: Change) -> None:
        with self._writing() as tables:
            for event in change.events:
                self._apply(tables, event)

    def finish_segment(
        self, segment_id: SegmentId, summary: Summary, vector: Vector | None, model: str
    ) -> bool:
        with self._writing() as tables:
            segment = tables.segments.get(segment_id)
            if segment is None or segment_id in tables.vectors:
                return False
            if not tables.messages.keys() >= set(summary.drawn_from):
                return False
            if segment.status is SegmentStatus.ACTIVE:
                return False
            tables.vectors[segment_id] = vector
            tables.segments[segment_id] = replace(
                segment, title=summary.title, summary=summary.text, complexity=summary.complexity
            )
        return True

    def vector_of(self, segment_id: SegmentId) -> Vector | None:
        """What the segment's final summary was found by."""
        return self._tables.vectors[segment_id]

    def unfinished_segments(self) -> Sequence[SegmentId]:
        return [
            segment.id
            for segment in sorted(self._tables.segments.values(), key=lambda s: s.started_at)
            if segment.status is SegmentStatus.COLLAPSED and segment.id not in self._tables.vectors
        ]

    def segment_count(self) -> int:
        segments = self._tables.segments.values()
        return sum(s.status is SegmentStatus.COLLAPSED for s in segments)

    def turn(self, turn_id: TurnId) -> TurnRecord:
        if turn_id not in self._tables.turns:
            raise NotFound(f"There is no turn {turn_id}.", code="turn_not_found")
        return self._tables.turns[turn_id]

    def turn_of_key(self, idempotency_key: str) -> TurnRecord | None:
        turns = self._tables.turns.values()
        return next((t for t in turns if t.idempotency_key == idempotency_key), None)

    def answered_since(self, turn_id: TurnId) -> bool:
        turn = self.turn(turn_id)
        return any(
            later.user_message_id == turn.user_message_id
            and later.started_at > turn.started_at
            and later.state == "completed"
            for later in self._tables.turns.values()
        )

    def message(self, message_id: MessageId) -> Message:
        if message_id not in self._tables.messages:
            raise NotFound(f"There is no message {message_id}.", code="message_not_found")
        return self._tables.messages[message_id]

    def segment(self, segment_id: SegmentId) -> Segment:
        if segment_id not in self._tables.segments:
            raise NotFound(f"There is no segment {segment_id}.", code="segment_not_found")
        return self._tables.segments[segment_id]

    def segment_messages(
        self, segment_id: SegmentId, *, off_path: bool = False
    ) -> Sequence[Message]:
        return [
            m
            for m in self._tables.messages.values()
            if m.segment_id == segment_id and (off_path or m.id not in self._tables.off_path)
        ]

    def kin(self, segment_id: SegmentId) -> Sequence[Kin]:
        return self._tables.kin({segment_id})

    def branches(self, messages: Sequence[Message]) -> Mapping[MessageId, Branch]:
        found = branches(self._tables.kin({m.segment_id for m in messages}))
        return {m.id: found[m.id] for m in messages if found[m.id] != Branch()}

    def turn_messages(self, turn_id: TurnId) -> Sequence[Message]:
        return [m for m in self._tables.messages.values() if m.turn_id == turn_id]

    def segments(
        self, page: Page, *, imported: bool = True
    ) -> tuple[Sequence[Segment], str | None]:
        below = _segment_key(page.cursor)
        asked = [s for s in self._tables.segments.values() if imported or not s.imported]
        newest_first = sorted(asked, key=lambda s: (s.started_at, s.id), reverse=True)
        left = [s for s in newest_first if below is None or (s.started_at, s.id) < below]
        shown, more = left[: page.limit], len(left) > page.limit
        if not more:
            return shown, None
        return shown, paging.encode([shown[-1].started_at.isoformat(), str(shown[-1].id)])

    def messages(
        self,
        page: Page,
        *,
        before: MessageId | datetime | None = None,
        after: MessageId | datetime | None = None,
        segment_id: SegmentId | None = None,
        off_path: bool = False,
    ) -> tuple[Sequence[Message], str | None]:
        in_order = self._tables.in_order()
        numbers = {message.id: n for n, message in enumerate(in_order)}
        below = _number(page.cursor)
        early, late = _anchor(before, numbers), _anchor(after, numbers)
        left = [
            m
            for m in reversed(in_order)
            if (below is None or numbers[m.id] < below)
            and (early is None or _place(m, early, numbers) < 0)
            and (late is None or _place(m, late, numbers) > 0)
            and (segment_id is None or m.segment_id == segment_id)
            and (off_path or m.id not in self._tables.off_path)
        ]
        shown, more = left[: page.limit], len(left) > page.limit
        return shown, paging.encode([numbers[shown[-1].id]]) if more else None

    def following(self, after: MessageId, page: Page) -> tuple[Sequence[Message], str | None]:
        in_order = self._tables.in_order()
        numbers = {message.id: n for n, message in enumerate(in_order, 1)}
        above = _number(page.cursor)
        if above is None and after != START and after not in numbers:
            raise NotFound(f"There is no message {after}.", code="message_not_found")
        edge = numbers.get(after, 0) if above is None else above
        path = (m for m in in_order if m.id not in self._tables.off_path)
        left = [m for m in path if numbers[m.id] > edge]
        shown, more = left[: page.limit], len(left) > page.limit
        return shown, paging.encode([numbers[shown[-1].id]]) if more else None

    def fail_running_turns(self) -> int:
        with self._writing() as tables:
            running = [turn for turn in tables.turns.values() if turn.state == "running"]
            for turn in running:
                tables.turns[turn.id] = replace(
                    turn,
                    state="interrupted",
                    finished_at=datetime.now(UTC),
                    error=as_json(RESTARTED),
                )
        return len(running)

    @contextmanager
    def _writing(self) -> Iterator[_Tables]:
        """A draft that takes the tables' place when all of it has gone well."""
        if self.away > 0:
            self.away -= 1
            raise StoreUnavailable("The database cannot be reached now. Try again in a moment.")
        draft = self._tables.copy()
        yield draft
        self._tables = draft
        if self.unheard > 0:
            self.unheard -= 1
            raise StoreUnavailable("The connection to the database was lost. Try again.")

    def _active(self, tables: _Tables) -> Segment | None:
        active = (s for s in tables.segments.values() if s.status is SegmentStatus.ACTIVE)
        return next(active, None)

    def _apply(self, tables: _Tables, event: Event) -> None:
        match event:
            case SegmentOpenedEvent(segment=segment):
                if segment.id not in tables.segments and self._active(tables):
                    raise Conflict("Someone stored the same thing first. Reload, then try again.")
                tables.segments.setdefault(segment.id, segment)
            case MessageReceivedEvent(message=message):
                _add(tables, (message,))
            case TurnCompletedEvent(messages=messages):
                _add(tables, messages)
            case PathChangedEvent():
                _change_path(tables, event)
            case SegmentCollapsedEvent(segment=segment):
                _close(tables, segment)
            case _:
                raise TypeError(f"{type(event).__name__} changes nothing in the store")


def _close(tables: _Tables, segment: Segment) -> None:
    if tables.segments[segment.id].status is SegmentStatus.ACTIVE:
        tables.segments[segment.id] = segment


def _change_path(tables: _Tables, event: PathChangedEvent) -> None:
    tables.off_path.update(dict.fromkeys(event.left, event.occurred_at))
    for message_id in event.joined:
        tables.off_path.pop(message_id, None)
    _touch(tables, event.segment_id)
    tables.touchstones.pop(event.continuum_id, None)


def _save(tables: _Tables, turn: TurnRecord) -> None:
    first = tables.turns.get(turn.id)
    if first is not None:
        tables.turns[turn.id] = replace(
            first,
            state=turn.state,
            assistant_message_id=turn.assistant_message_id,
            finished_at=turn.finished_at,
            trace=turn.trace,
            error=turn.error,
        )
        return
    for other in [t for t in tables.turns.values() if t.idempotency_key is not None]:
        if other.idempotency_key != turn.idempotency_key:
            continue
        if other.started_at > turn.started_at - KEY_LIFE:
            raise Conflict("Someone stored the same thing first. Reload, then try again.")
        tables.turns[other.id] = replace(other, idempotency_key=None, request_hash=None)
    tables.turns[turn.id] = turn


def _keep(tables: _Tables, continuum_id: ContinuumId, touchstone: Touchstone) -> None:
    kept = tables.touchstones.get(continuum_id, NOTHING).at
    if kept is None or (touchstone.at is not None and kept <= touchstone.at):
        tables.touchstones[continuum_id] = touchstone


def _add(tables: _Tables, messages: Sequence[Message]) -> None:
    for message in messages:
        tables.messages.setdefault(message.id, message)
        segment = tables.segments[message.segment_id]
        last = max(segment.last_message_at, message.created_at)
        tables.segments[segment.id] = replace(segment, last_message_at=last)
        _touch(tables, segment.id)


def _touch(tables: _Tables, segment_id: SegmentId) -> None:
    segment = tables.segments[segment_id]
    stored = (m for m in tables.messages.values() if m.id not in tables.off_path)
    held = [m for m in stored if m.segment_id == segment_id]
    called = {b.name for m in held for b in m.content if isinstance(b, ToolCall)}
    tables.segments[segment.id] = replace(
        segment,
        message_count=sum(m.role is Role.USER or _spoken(m) for m in held),
        tools_used=tuple(sorted(called)),
        turns=sum(m.role is Role.USER for m in held),
    )


def _spoken(message: Message) -> bool:
    return message.role is Role.ASSISTANT and bool(message.text)


def _anchor(
    anchor: MessageId | datetime | None, numbers: dict[MessageId, int]
) -> int | datetime | None:
    if not isinstance(anchor, UUID):
        return anchor
    if anchor not in numbers:
        raise NotFound(f"There is no message {anchor}.", code="message_not_found")
    return numbers[anchor]


def _place(message: Message, anchor: int | datetime, numbers: dict[MessageId, int]) -> float:
    if isinstance(anchor, datetime):
        return (message.created_at - anchor).total_seconds()
    return numbers[message.id] - anchor


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    (number,) = paging.decode(cursor, 1)
    if not isinstance(number, int):
        raise InvalidInput(FOREIGN)
    return number


def _segment_key(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    started_at, segment_id = paging.decode(cursor, 2)
    try:
        return datetime.fromisoformat(str(started_at)), UUID(str(segment_id))
    except ValueError as error:
        raise InvalidInput(FOREIGN) from error
