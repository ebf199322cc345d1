"""The end of a turn: what was said is committed, then published."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from time import sleep
from typing import NamedTuple
from uuid import uuid4, uuid5

from cns.bus import EventBus
from cns.domain.continuum import Change, Mark
from cns.domain.events import Event
from cns.domain.message import Message, MessageId, MessageStatus, Role, Text
from cns.domain.stream import Problem, TurnCompleted, TurnFailed
from cns.errors import StoreUnavailable
from cns.ports import Clock, ContinuumStore, TurnRecord
from cns.problems import INTERNAL, as_json
from cns.services.course import Course, tool_names
from cns.services.ending import ending, speechless
from cns.services.facts import facts_of, failure_of

logger = logging.getLogger(__name__)
PATIENCE = (0.2, 0.4, 0.8, 1.6, 3.2)
STOPPED = Problem(
    title="Stopped",
    status=409,
    detail="You stopped this answer. Your message is kept, and what had been said.",
    code="turn_cancelled",
    retryable=True,
)
UNKEPT: Mapping[str, str] = {
    STOPPED.code: "You stopped this answer. It was incognito: nothing of it is kept.",
    INTERNAL.code: "Something went wrong inside MIRA. This was incognito, so nothing of it is"
    " kept, and the log does not quote it: send it again.",
}


def incognito(error: Problem) -> Problem:
    """In words that fit a turn of which nothing is kept."""
    return replace(error, detail=UNKEPT.get(error.code, error.detail))


class Ended(NamedTuple):
    """A turn is stored: what its watchers are told, and what the bus is told after them."""

    told: TurnCompleted | TurnFailed
    facts: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """Stores how a turn ended and tells those who listen; commit first, then publish.

    Attributes:
        patience: how many seconds to wait before each further try of a lost database.
        kept: whether anything is; else a failure does not say that it is.
    """

    store: ContinuumStore
    bus: EventBus
    clock: Clock
    patience: Sequence[float] = PATIENCE
    kept: bool = True

    def complete(self, course: Course, *, interrupted: bool) -> Ended:
        """Store the answer, the tool calls and the trace in one transaction.

        Raises:
            ModelUnavailable: the model said nothing, and was not stopped.
        """
        status = MessageStatus.INTERRUPTED if interrupted else MessageStatus.COMPLETE
        reply = self._reply(course, status)
        if reply is None:
            if interrupted:
                return self.fail(course, STOPPED, state="interrupted")
            raise speechless(course.exchange.stop)
        state = "interrupted" if interrupted else "completed"
        said = (*course.exchange.steps, reply)
        change = self._answered(course, said)
        self._commit(change, self._ended(course, state, reply))
        facts = facts_of(course, self.clock.now())
        exchange = course.exchange
        completed = TurnCompleted(
            turn_id=course.heard.record.id,
            assistant_message_id=reply.id,
            text=exchange.whole_text,
            memory_refs=course.cited(),
            emotion=exchange.tags.emotion,
            display_title=exchange.tags.display_title,
            tools_used=tuple(tool_names(course)),
            model=exchange.model,
            usage=exchange.usage,
            cost_usd=exchange.cost_usd,
            timings_ms=course.timings(),
            status=status.value,
            stop="stopped" if interrupted else ending(exchange.stop),
        )
        return Ended(completed, (*facts, *change.events))

    @contextmanager
    def if_broken(self, course: Course) -> Iterator[None]:
        """Store a failure of ours, should the block end in a mistake that nobody foresaw."""
        with ExitStack() as stack:
            stack.callback(self.fail, course, INTERNAL)
            yield
            stack.pop_all()

    def fail(self, course: Course, error: Problem, *, state: str = "failed") -> Ended:
        """Store the failure, with what had been said until then.

        It takes no other answer's place: a branch that it was to replace stays the path.
        """
        error = error if self.kept else incognito(error)
        reply = self._reply(course, MessageStatus.FAILED)
        record = self._ended(course, state, reply, as_json(error))
        said = (*course.exchange.steps, *((reply,) if reply else ()))
        if said:
            self._commit(self._put_aside(course, self._answered(course, said)), record)
        else:
            self._patiently(lambda: self.store.record(record))
        now = self.clock.now()
        facts = (*facts_of(course, now), failure_of(course, now, error.code))
        told = TurnFailed(turn_id=course.heard.record.id, error=error)
        return Ended(told, facts)

    def _reply(self, course: Course, status: MessageStatus) -> Message | None:
        text = course.exchange.text.strip()
        if not text:
            return None
        heard = course.heard
        return Message(
            id=MessageId(uuid5(heard.record.id, "reply")),
            role=Role.ASSISTANT,
            content=(Text(text=text),),
            created_at=self.clock.now(),
            segment_id=heard.message.segment_id,
            turn_id=heard.record.id,
            parent_id=heard.message.id,
            status=status,
            memory_refs=course.cited(),
            emotion=course.exchange.tags.emotion,
        )

    def _ended(
        self,
        course: Course,
        state: str,
        reply: Message | None,
        error: Mapping[str, object] | None = None,
    ) -> TurnRecord:
        return replace(
            course.heard.record,
            state=state,
            assistant_message_id=reply.id if reply else None,
            finished_at=self.clock.now(),
            trace=course.trace(),
            error=error,
        )

    def _answered(self, course: Course, said: tuple[Message, ...]) -> Change:
        heard = course.heard
        change = heard.continuum.answer(said, Mark(uuid4(), self.clock.now()))
        before = heard.left.events if heard.left else ()
        return Change(change.continuum, (*before, *change.events))

    def _put_aside(self, course: Course, answered: Change) -> Change:
        """The answer is kept, and what it was to replace is the path again."""
        left = course.heard.left
        if left is None or not left.events:
            return answered
        back = answered.continuum.choose(left.path, Mark(uuid4(), self.clock.now()))
        as_before = replace(back.continuum, touchstone=left.touchstone)
        return Change(as_before, (*answered.events, *back.events))

    def _commit(self, change: Change, record: TurnRecord) -> None:
        self._patiently(lambda: self.store.commit(change, record))

    def _patiently(self, commit: Callable[[], None]) -> None:
        """A restarting database is waited for; storing twice is harmless, ids are the same."""
        for seconds in self.patience:
            try:
                return commit()
            except StoreUnavailable:
                sleep(seconds)
        return commit()

    def publish(self, facts: Iterable[Event]) -> None:
        """Tell those who listen; what breaks in them is logged, and costs nobody the answer."""
        try:
            self.bus.publish(facts)
        except ExceptionGroup as failures:
            for failure in failures.exceptions:
                logger.error(  # noqa: TRY400 - the failure's own trace, not the group's
                    "event handler failed",
                    exc_info=failure,
                    extra={"action": "handler_failed"},
                )
