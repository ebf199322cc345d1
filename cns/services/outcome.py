"""What a turn came to, told again from the store once the turn itself is forgotten."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from cns.domain.message import Message, MessageStatus, Role
from cns.domain.query import PassedOver
from cns.domain.stream import (
    MemoriesSurfaced,
    Problem,
    Recalled,
    Timings,
    ToolFinished,
    TouchstoneReady,
    TurnCompleted,
    TurnEvent,
    TurnFailed,
    TurnStarted,
    Usage,
)
from cns.ports import ContinuumStore, TurnRecord
from cns.problems import from_json
from cns.services.ending import ending

OUTCOME = 10**9  # above the number of any event that a turn told while it ran
LOST = Problem(
    title="Interrupted",
    status=503,
    detail="The end of this answer could not be stored. Your message is kept: retry it.",
    code="turn_interrupted",
    retryable=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """What recall was asked; turns of earlier versions have the narrative alone."""

    narrative: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trace:
    """The parts of a turn's trace that its watchers were told."""

    touchstone: _About | None = None
    degraded: tuple[str, ...] = ()
    considered: tuple[Recalled | PassedOver, ...] = ()
    sections: tuple[object, ...] = ()
    model_calls: tuple[Mapping[str, object], ...] = ()
    tool_calls: tuple[ToolFinished, ...] = ()
    display_title: str | None = None
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    timings_ms: Timings = field(default_factory=Timings)


_TRACE = TypeAdapter(_Trace)


def told_again(record: TurnRecord, store: ContinuumStore) -> Iterator[tuple[int, TurnEvent]]:
    """How the turn began, what came to mind and how it ended, numbered.

    The words come whole, with the end. Its number is above every one that was told before, so that
    who lost the turn midway hears the end. Timings are the trace's, taken before the storing.
    """
    trace = _TRACE.validate_python(record.trace or {})
    yield from enumerate(_beginning(record, trace, store), 1)
    yield OUTCOME, _end(record, trace, store)


def _beginning(record: TurnRecord, trace: _Trace, store: ContinuumStore) -> Iterator[TurnEvent]:
    yield TurnStarted(
        turn_id=record.id,
        user_message_id=record.user_message_id,
        segment_id=store.message(record.user_message_id).segment_id,
        retry_of=record.retry_of,
    )
    if trace.touchstone is not None:
        yield TouchstoneReady(text=trace.touchstone.text or trace.touchstone.narrative)
    if trace.sections:  # composed after recall: it did not fail
        surfaced = tuple(hit for hit in trace.considered if isinstance(hit, Recalled))
        yield MemoriesSurfaced(memories=surfaced, degraded=trace.degraded)


def _end(record: TurnRecord, trace: _Trace, store: ContinuumStore) -> TurnEvent:
    if record.error is not None:
        return TurnFailed(turn_id=record.id, error=from_json(record.error))
    if record.assistant_message_id is None:
        return TurnFailed(turn_id=record.id, error=LOST)
    reply = store.message(record.assistant_message_id)
    return TurnCompleted(
        turn_id=record.id,
        assistant_message_id=reply.id,
        text=_whole_text(reply, store),
        memory_refs=reply.memory_refs,
        emotion=reply.emotion,
        display_title=trace.display_title,
        tools_used=tuple(dict.fromkeys(tool.name for tool in trace.tool_calls)),
        model=str(trace.model_calls[-1]["model"]) if trace.model_calls else "",
        usage=trace.usage,
        timings_ms=trace.timings_ms,
        cost_usd=trace.cost_usd,
        status=reply.status.value,
        stop=_stop(reply, trace),
    )


def _stop(reply: Message, trace: _Trace) -> str:
    if reply.status is MessageStatus.INTERRUPTED:
        return "stopped"
    return ending(str(trace.model_calls[-1].get("stop"))) if trace.model_calls else "end"


def _whole_text(reply: Message, store: ContinuumStore) -> str:
    """All that the turn said, with the words before its tool calls."""
    messages = () if reply.turn_id is None else store.turn_messages(reply.turn_id)
    said = (message.text for message in messages if message.role is Role.ASSISTANT)
    return "\n\n".join(text for text in said if text)
