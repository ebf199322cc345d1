"""Incognito turns: they read all that is kept, and leave nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import current_thread
from uuid import uuid4

from cns.bus import EventBus
from cns.domain.branches import Branch, Kin
from cns.domain.continuum import Change, Continuum
from cns.domain.message import ContinuumId, Message, MessageId, SegmentId, TurnId, UserId
from cns.domain.segment import Segment, SoFar, Summary
from cns.domain.touchstone import Touchstone
from cns.domain.turn import Spoken
from cns.ports import Cache, Clock, ContinuumStore, Page, Toolbox, TurnRecord, User, Vector
from cns.services.chores import Attempt
from cns.services.jobs import Progress, Work
from cns.services.request import TurnRequest
from cns.services.running import OFF_THE_RECORD
from cns.services.search import Search
from cns.services.turn import TurnService


@dataclass(frozen=True, slots=True, kw_only=True)
class OffTheRecord:
    """The usual turns, made so that nothing of them is written down.

    Attributes:
        search: one that remembers no question.
        toolbox: tools that only read.
    """

    turns: TurnService
    search: Search
    toolbox: Toolbox

    def after(self, aside: tuple[Spoken, ...]) -> TurnService:
        """Serves one request: the store knows what was said incognito before it."""
        store = Unkept(kept=self.turns.store, clock=self.turns.clock, aside=aside)
        return replace(
            self.turns,
            store=store,
            search=self.search,
            toolbox=self.toolbox,
            touchstones=replace(
                self.turns.touchstones,
                store=store,
                kept=False,
                attempt=discreetly(self.turns.touchstones.attempt),
            ),
            gauge=replace(self.turns.gauge, cache=Untouched(cache=self.turns.gauge.cache)),
            closing=replace(self.turns.closing, store=store, bus=EventBus(), kept=False),
            kept=False,
        )


def turns_for(usual: TurnService, incognito: OffTheRecord) -> Callable[[TurnRequest], TurnService]:
    """What serves a request, as the request wishes."""

    def chosen(request: TurnRequest) -> TurnService:
        return incognito.after(request.aside) if request.incognito else usual

    return chosen


def discreetly(attempt: Attempt) -> Attempt:
    """Under the name by which logs quote nothing: a model may answer after its turn has ended."""

    def named(
        name: str, work: Work, progress: Progress
    ) -> tuple[Mapping[str, object], Mapping[str, object] | None]:
        thread = current_thread()
        usual, thread.name = thread.name, OFF_THE_RECORD
        try:
            return attempt(name, work, progress)
        finally:
            thread.name = usual

    return named


@dataclass(frozen=True, slots=True, kw_only=True)
class Unkept:
    """Implements `cns.ports.ContinuumStore`: reads pass through, and no write is kept."""

    kept: ContinuumStore
    clock: Clock
    aside: tuple[Spoken, ...] = ()

    def load(self, user_id: UserId) -> Continuum:
        """The conversation as it stands, with what was said incognito at its end."""
        continuum = self.kept.load(user_id)
        segment_id = continuum.segment.id if continuum.segment else SegmentId(uuid4())
        said = tuple(self._message(spoken, segment_id) for spoken in self.aside)
        return replace(continuum, messages=(*continuum.messages, *said))

    def _message(self, spoken: Spoken, segment_id: SegmentId) -> Message:
        return Message(
            id=MessageId(uuid4()),
            role=spoken.role,
            content=spoken.content,
            created_at=self.clock.now(),
            segment_id=segment_id,
            turn_id=TurnId(uuid4()),
        )

    def commit(self, change: Change, turn: TurnRecord) -> None:
        """Nothing."""

    def change_path(self, change: Change) -> None:
        """Nothing."""

    def keep_touchstone(self, continuum_id: ContinuumId, touchstone: Touchstone) -> None:
        """Nothing."""

    def close_segment(self, change: Change) -> None:
        """Nothing."""

    def finish_segment(
        self, segment_id: SegmentId, summary: Summary, vector: Vector | None, model: str
    ) -> bool:
        """Nothing."""
        return False

    def sum_up(self, segment_id: SegmentId, so_far: SoFar) -> None:
        """Nothing."""

    def record(self, turn: TurnRecord) -> None:
        """Nothing."""

    def fail_running_turns(self) -> int:
        """None."""
        return 0

    def only_user(self, name: str, timezone: str, now: datetime) -> User:
        """As ever: there is a user before there is a turn."""
        return self.kept.only_user(name, timezone, now)

    def unfinished_segments(self) -> Sequence[SegmentId]:
        return self.kept.unfinished_segments()

    def segment_count(self) -> int:
        return self.kept.segment_count()

    def turn(self, turn_id: TurnId) -> TurnRecord:
        return self.kept.turn(turn_id)

    def turn_of_key(self, idempotency_key: str) -> TurnRecord | None:
        return self.kept.turn_of_key(idempotency_key)

    def answered_since(self, turn_id: TurnId) -> bool:
        return self.kept.answered_since(turn_id)

    def message(self, message_id: MessageId) -> Message:
        return self.kept.message(message_id)

    def segments(
        self, page: Page, *, imported: bool = True
    ) -> tuple[Sequence[Segment], str | None]:
        return self.kept.segments(page, imported=imported)

    def segment(self, segment_id: SegmentId) -> Segment:
        return self.kept.segment(segment_id)

    def segment_messages(
        self, segment_id: SegmentId, *, off_path: bool = False
    ) -> Sequence[Message]:
        return self.kept.segment_messages(segment_id, off_path=off_path)

    def kin(self, segment_id: SegmentId) -> Sequence[Kin]:
        return self.kept.kin(segment_id)

    def branches(self, messages: Sequence[Message]) -> Mapping[MessageId, Branch]:
        return self.kept.branches(messages)

    def turn_messages(self, turn_id: TurnId) -> Sequence[Message]:
        return self.kept.turn_messages(turn_id)

    def messages(
        self,
        page: Page,
        *,
        before: MessageId | datetime | None = None,
        after: MessageId | datetime | None = None,
        segment_id: SegmentId | None = None,
        off_path: bool = False,
    ) -> tuple[Sequence[Message], str | None]:
        return self.kept.messages(
            page, before=before, after=after, segment_id=segment_id, off_path=off_path
        )

    def following(self, after: MessageId, page: Page) -> tuple[Sequence[Message], str | None]:
        return self.kept.following(after, page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Untouched:
    """Implements `cns.ports.Cache`: what is in it is read, and nothing is put there."""

    cache: Cache

    def get(self, key: str) -> bytes | None:
        return self.cache.get(key)

    def put(self, key: str, value: bytes, ttl: timedelta) -> None:
        """Nothing."""

    def forget(self, key: str) -> None:
        """Nothing."""
