"""The continuum's store in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from cns import paging
from cns.domain.blocks import to_json
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
from cns.domain.message import ContinuumId, Message, MessageId, Role, SegmentId, TurnId, UserId
from cns.domain.segment import Segment, SoFar, Summary
from cns.domain.stream import Problem
from cns.domain.touchstone import Touchstone
from cns.domain.turn import KEY_LIFE
from cns.errors import NotFound
from cns.ports import Database, Page, Transaction, TurnRecord, User, Vector
from cns.problems import as_json
from cns.rows import (
    kin_from,
    message_from,
    segment_from,
    so_far_from,
    touchstone_from,
    touchstone_json,
    turn_from,
)
from cns.sql import as_halfvec, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
WINDOW = 400  # messages: a longer chapter costs each turn no more than this much
RESTARTED = Problem(
    title="Interrupted",
    status=503,
    detail="MIRA was stopped while it was answering. Your message is kept: retry it.",
    code="turn_interrupted",
    retryable=True,
)


class PostgresContinuumStore:
    """Implements `cns.ports.ContinuumStore`; storing the same thing twice is harmless.

    Args:
        window: how many messages of a long active segment are loaded at most.
    """

    def __init__(self, database: Database, window: int = WINDOW) -> None:
        self._database = database
        self._window = window

    def only_user(self, name: str, timezone: str, now: datetime) -> User:
        with self._database.transaction() as tx:
            tx.run(SQL["add_user"], id=uuid4(), name=name, timezone=timezone, now=now)
            tx.run(SQL["update_user"], name=name, timezone=timezone)
            row = tx.one(SQL["user"])
            tx.run(SQL["add_continuum"], id=uuid4(), user_id=row["id"], now=now)
        return User(id=UserId(row["id"]), name=row["name"], timezone=row["timezone"])

    def load(self, user_id: UserId) -> Continuum:
        with self._database.transaction() as tx:
            row = tx.one(SQL["continuum"], user_id=user_id)
            continuum_id = ContinuumId(row["whole_id"])
            touchstone = touchstone_from(row["touchstone"])
            if row["id"] is None:
                return Continuum(id=continuum_id, user_id=user_id, touchstone=touchstone)
            rows = tx.all(
                SQL["newest_of_segment"],
                segment_id=row["id"],
                window=self._window,
                stride=max(1, self._window // 4),
            )
        segment, messages = segment_from(row), tuple(message_from(r) for r in rows)
        return Continuum(
            id=continuum_id,
            user_id=user_id,
            segment=segment,
            messages=messages,
            earlier=segment.message_count - sum(m.is_said for m in messages),
            so_far=so_far_from(row),
            touchstone=touchstone,
        )

    def sum_up(self, segment_id: SegmentId, so_far: SoFar) -> None:
        with self._database.transaction() as tx:
            if _all_there(tx, segment_id, so_far.drawn_from):
                tx.run(SQL["sum_up"], id=segment_id, text=so_far.text, to=so_far.to)

    def keep_touchstone(self, continuum_id: ContinuumId, touchstone: Touchstone) -> None:
        with self._database.transaction() as tx:
            _keep(tx, continuum_id, touchstone)

    def commit(self, change: Change, turn: TurnRecord) -> None:
        with self._database.transaction() as tx:
            _save_turn(tx, turn)
            for event in change.events:
                _apply(tx, event)
            if change.continuum.touchstone is not None:
                _keep(tx, change.continuum.id, change.continuum.touchstone)

    def record(self, turn: TurnRecord) -> None:
        with self._database.transaction() as tx:
            _save_turn(tx, turn)

    def change_path(self, change: Change) -> None:
        self.close_segment(change)

    def close_segment(self, change: Change) -> None:
        with self._database.transaction() as tx:
            for event in change.events:
                _apply(tx, event)

    def finish_segment(
        self, segment_id: SegmentId, summary: Summary, vector: Vector | None, model: str
    ) -> bool:
        with self._database.transaction() as tx:
            if not _all_there(tx, segment_id, summary.drawn_from):
                return False
            touched = tx.run(
                SQL["finish_segment"],
                id=segment_id,
                title=summary.title,
                summary=summary.text,
                complexity=summary.complexity,
                vector=None if vector is None else as_halfvec(vector),
                model=None if vector is None else model,
            )
        return touched == 1

    def unfinished_segments(self) -> Sequence[SegmentId]:
        with self._database.transaction() as tx:
            return [SegmentId(row["id"]) for row in tx.all(SQL["unfinished_segments"])]

    def segment_count(self) -> int:
        with self._database.transaction() as tx:
            return int(tx.one(SQL["segment_count"])["segments"])

    def turn(self, turn_id: TurnId) -> TurnRecord:
        return turn_from(self._one("turn", "turn_not_found", turn_id))

    def turn_of_key(self, idempotency_key: str) -> TurnRecord | None:
        with self._database.transaction() as tx:
            row = tx.maybe(SQL["turn_of_key"], key=idempotency_key)
        return None if row is None else turn_from(row)

    def answered_since(self, turn_id: TurnId) -> bool:
        with self._database.transaction() as tx:
            return bool(tx.one(SQL["answered_since"], id=turn_id)["answered"])

    def message(self, message_id: MessageId) -> Message:
        return message_from(self._one("message", "message_not_found", message_id))

    def segment(self, segment_id: SegmentId) -> Segment:
        return segment_from(self._one("segment", "segment_not_found", segment_id))

    def segment_messages(
        self, segment_id: SegmentId, *, off_path: bool = False
    ) -> Sequence[Message]:
        with self._database.transaction() as tx:
            rows = tx.all(SQL["segment_messages"], segment_id=segment_id, off_path=off_path)
        return [message_from(row) for row in rows]

    def turn_messages(self, turn_id: TurnId) -> Sequence[Message]:
        with self._database.transaction() as tx:
            rows = tx.all(SQL["turn_messages"], turn_id=turn_id)
        return [message_from(row) for row in rows]

    def kin(self, segment_id: SegmentId) -> Sequence[Kin]:
        with self._database.transaction() as tx:
            return [kin_from(row) for row in tx.all(SQL["kin"], segment_id=segment_id)]

    def branches(self, messages: Sequence[Message]) -> Mapping[MessageId, Branch]:
        parents = {message.parent_id for message in messages}
        with self._database.transaction() as tx:
            rows = tx.all(
                SQL["versions"],
                segments=list({message.segment_id for message in messages}),
                parents=list(parents - {None}),
                first=None in parents,
            )
        found = branches([kin_from(row) for row in rows])
        return {m.id: found[m.id] for m in messages if found.get(m.id, Branch()) != Branch()}

    def segments(
        self, page: Page, *, imported: bool = True
    ) -> tuple[Sequence[Segment], str | None]:
        started_at, last_id = paging.position(page.cursor)
        with self._database.transaction() as tx:
            rows = tx.all(
                SQL["segments"],
                started_at=started_at,
                id=last_id,
                limit=page.limit + 1,
                imported=imported,
            )
        shown = [segment_from(row) for row in rows[: page.limit]]
        more = len(rows) > page.limit
        return shown, paging.moment(shown[-1].started_at, shown[-1].id) if more else None

    def messages(
        self,
        page: Page,
        *,
        before: MessageId | datetime | None = None,
        after: MessageId | datetime | None = None,
        segment_id: SegmentId | None = None,
        off_path: bool = False,
    ) -> tuple[Sequence[Message], str | None]:
        below_at, below = paging.place(page.cursor)
        with self._database.transaction() as tx:
            before_at, before_seq = _place(tx, before)
            after_at, after_seq = _place(tx, after)
            rows = tx.all(
                SQL["messages"],
                below_at=below_at,
                below=below,
                before_at=before_at,
                before_seq=before_seq,
                after_at=after_at,
                after_seq=after_seq,
                before=before if isinstance(before, datetime) else None,
                after=after if isinstance(after, datetime) else None,
                segment_id=segment_id,
                off_path=off_path,
                limit=page.limit + 1,
            )
        shown = rows[: page.limit]
        cursor = (
            paging.behind(shown[-1]["created_at"], shown[-1]["seq"])
            if len(rows) > page.limit
            else None
        )
        return [message_from(row) for row in shown], cursor

    def following(self, after: MessageId, page: Page) -> tuple[Sequence[Message], str | None]:
        with self._database.transaction() as tx:
            above_at, above = paging.place(page.cursor)
            if above is None and after != START:
                above_at, above = _place(tx, after)
            rows = tx.all(SQL["following"], above_at=above_at, above=above, limit=page.limit + 1)
        shown = rows[: page.limit]
        cursor = (
            paging.behind(shown[-1]["created_at"], shown[-1]["seq"])
            if len(rows) > page.limit
            else None
        )
        return [message_from(row) for row in shown], cursor

    def fail_running_turns(self) -> int:
        with self._database.transaction() as tx:
            return tx.run(SQL["fail_running_turns"], error=as_json(RESTARTED))

    def _one(self, query: str, code: str, wanted: UUID) -> dict[str, object]:
        with self._database.transaction() as tx:
            row = tx.maybe(SQL[query], id=wanted)
        if row is None:
            raise NotFound(f"There is no {query} {wanted}.", code=code)
        return dict(row)


def _all_there(tx: Transaction, segment_id: SegmentId, ids: Sequence[MessageId]) -> bool:
    """Whether all these messages are there, and stay till the end: who erases holds the segment."""
    tx.all(SQL["hold_segment"], id=segment_id)
    return int(tx.one(SQL["count_there"], ids=list(ids))["there"]) == len(ids)


def _keep(tx: Transaction, continuum_id: ContinuumId, touchstone: Touchstone) -> None:
    document = touchstone_json(touchstone)
    tx.run(SQL["keep_touchstone"], id=continuum_id, touchstone=document, at=touchstone.at)


def _save_turn(tx: Transaction, turn: TurnRecord) -> None:
    """Store it; a key that was used more than a day before is the new turn's."""
    if turn.idempotency_key is not None:
        until = turn.started_at - KEY_LIFE
        tx.run(SQL["free_key"], key=turn.idempotency_key, id=turn.id, until=until)
    tx.run(
        SQL["save_turn"],
        id=turn.id,
        state=turn.state,
        user_message_id=turn.user_message_id,
        assistant_message_id=turn.assistant_message_id,
        retry_of=turn.retry_of,
        started_at=turn.started_at,
        finished_at=turn.finished_at,
        trace=None if turn.trace is None else dict(turn.trace),
        error=None if turn.error is None else dict(turn.error),
        idempotency_key=turn.idempotency_key,
        request_hash=turn.request_hash,
        wishes=dict(turn.wishes),
    )


def _apply(tx: Transaction, event: Event) -> None:
    match event:
        case SegmentOpenedEvent(segment=segment):
            tx.run(
                SQL["open_segment"],
                id=segment.id,
                continuum_id=event.continuum_id,
                started_at=segment.started_at,
                last_message_at=segment.last_message_at,
            )
        case MessageReceivedEvent(message=message):
            if _add_message(tx, event, message):
                _note_activity(tx, event.user_id, message.created_at)
        case TurnCompletedEvent(messages=messages):
            for message in messages:
                _add_message(tx, event, message)
        case PathChangedEvent(segment_id=segment_id, left=left, joined=joined):
            at = event.occurred_at
            tx.run(SQL["change_path"], left=list(left), joined=list(joined), at=at)
            tx.run(SQL["count_segment"], segment_id=segment_id)
            tx.run(SQL["drop_touchstone"], id=event.continuum_id)
        case SegmentCollapsedEvent(segment=segment):
            tx.run(
                SQL["close_segment"],
                id=segment.id,
                title=segment.title,
                summary=segment.summary,
                complexity=segment.complexity,
                ended_at=segment.ended_at,
                collapsed_at=event.occurred_at,
            )
        case _:
            raise TypeError(f"{type(event).__name__} changes nothing in the store")


def _add_message(tx: Transaction, event: Event, message: Message) -> bool:
    """Store it; False when it stood there before."""
    added = tx.run(
        SQL["add_message"],
        id=message.id,
        continuum_id=event.continuum_id,
        segment_id=message.segment_id,
        turn_id=message.turn_id,
        parent_id=message.parent_id,
        role=message.role.value,
        name=message.name,
        content=to_json(message.content),
        text=message.text,
        status=message.status.value,
        memory_refs=list(message.memory_refs),
        emotion=message.emotion,
        external_id=message.external_id,
        metadata=dict(message.metadata),
        created_at=message.created_at,
    )
    if added:
        tx.run(
            SQL["touch_segment"],
            segment_id=message.segment_id,
            at=message.created_at,
            said=int(message.is_said),
            turns=int(message.role is Role.USER),
            tools=list(message.tools_called),
        )
    return added == 1


def _note_activity(tx: Transaction, user_id: UserId, at: datetime) -> None:
    zone = ZoneInfo(tx.one(SQL["user"])["timezone"])
    tx.run(SQL["note_activity"], user_id=user_id, day=at.astimezone(zone).date(), at=at)


def _place(
    tx: Transaction, anchor: MessageId | datetime | None
) -> tuple[datetime | None, int | None]:
    """Where a message stands: what is told by time is told by the order of storing then."""
    if not isinstance(anchor, UUID):
        return None, None
    row = tx.maybe(SQL["place_of_message"], id=anchor)
    if row is None:
        raise NotFound(f"There is no message {anchor}.", code="message_not_found")
    return row["created_at"], int(row["seq"])
