"""The facts of a turn, as the events that the bus is told once it is stored."""

from collections.abc import Iterator
from datetime import datetime
from typing import TypedDict
from uuid import UUID, uuid4

from cns.domain.events import (
    ComposeSystemPromptEvent,
    Event,
    MemoriesSurfacedEvent,
    SystemPromptComposedEvent,
    ToolCallsRequestedEvent,
    ToolUsedEvent,
    TopicChangedEvent,
    TrinketContentEvent,
    TurnFailedEvent,
    WorkflowDetectedEvent,
    WorkingMemoryUpdatedEvent,
)
from cns.domain.message import ContinuumId, ToolCall, TurnId, UserId
from cns.services.course import Course, tool_names

WORKFLOW_TOOLS = 3


class Base(TypedDict):
    """What every event carries."""

    continuum_id: ContinuumId
    user_id: UserId
    event_id: UUID
    occurred_at: datetime


def facts_of(course: Course, at: datetime) -> Iterator[Event]:
    """What happened in the turn beside its messages, in order, as far as it came."""
    turn_id = course.heard.record.id
    if course.came_to("surface"):
        hits = tuple(hit.id for hit in course.found.hits)
        yield MemoriesSurfacedEvent(**_base(course, at), turn_id=turn_id, hit_ids=hits)
    if course.came_to("compose"):
        yield from _prompt_facts(course, at)
    yield from _tool_facts(course, at, turn_id)
    by_words = course.reading is not None and course.reading.changed
    if by_words or course.exchange.tags.topic_changed:
        topic = course.touchstone.narrative
        yield TopicChangedEvent(**_base(course, at), turn_id=turn_id, topic=topic)


def failure_of(course: Course, at: datetime, code: str) -> TurnFailedEvent:
    """The fact that the turn failed."""
    heard = course.heard
    return TurnFailedEvent(
        **_base(course, at),
        turn_id=heard.record.id,
        user_message_id=heard.message.id,
        code=code,
    )


def _prompt_facts(course: Course, at: datetime) -> Iterator[Event]:
    sections = course.prompt.sections
    names = tuple(section.name for section in sections)
    yield ComposeSystemPromptEvent(**_base(course, at), sections=names)
    for section in sections:
        yield TrinketContentEvent(
            **_base(course, at),
            section=section.name,
            cached=section.cached,
            characters=len(section.content),
            seconds=section.seconds,
        )
    yield WorkingMemoryUpdatedEvent(**_base(course, at), sections=names)
    yield SystemPromptComposedEvent(
        **_base(course, at),
        cached_characters=sum(len(s.content) for s in sections if s.cached),
        live_characters=sum(len(s.content) for s in sections if not s.cached),
    )


def _tool_facts(course: Course, at: datetime, turn_id: TurnId) -> Iterator[Event]:
    calls = tuple(
        block
        for step in course.exchange.steps
        for block in step.content
        if isinstance(block, ToolCall)
    )
    if calls:
        yield ToolCallsRequestedEvent(**_base(course, at), turn_id=turn_id, calls=calls)
    for tool in course.exchange.tools:
        yield ToolUsedEvent(
            **_base(course, at),
            turn_id=turn_id,
            tool=tool.name,
            ok=tool.ok,
            seconds=tool.duration_ms / 1000,
        )
    used = tuple(tool_names(course))
    if len(used) >= WORKFLOW_TOOLS:
        yield WorkflowDetectedEvent(**_base(course, at), turn_id=turn_id, tools=used)


def _base(course: Course, at: datetime) -> Base:
    continuum = course.heard.continuum
    return Base(
        continuum_id=continuum.id, user_id=continuum.user_id, event_id=uuid4(), occurred_at=at
    )
