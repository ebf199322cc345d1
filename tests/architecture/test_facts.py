"""Every event is published by somebody and heard by somebody."""

import ast
import inspect

import main
from cns.domain import events
from cns.domain.events import Event, wire_name
from tests.architecture.program import sources

EVENTS = {
    member
    for _, member in inspect.getmembers(events, inspect.isclass)
    if issubclass(member, Event) and member is not Event
}


# What is told to who listens at `GET /api/events`, and asks nothing of any part of the program.
FEED = {
    "ComposeSystemPromptEvent",
    "ManifestUpdatedEvent",
    "MessageReceivedEvent",
    "SecretChangedEvent",
    "SegmentOpenedEvent",
    "SegmentTimeoutEvent",
    "SystemPromptComposedEvent",
    "ToolCallsRequestedEvent",
    "ToolUsedEvent",
    "TopicChangedEvent",
    "TrinketContentEvent",
    "UpdateTrinketEvent",
    "WorkflowDetectedEvent",
    "WorkingMemoryUpdatedEvent",
}


def made() -> set[str]:
    """The events that the program makes somewhere."""
    return {
        node.func.id
        for source in sources()
        if source.path.startswith(("cns/", "lt_memory/")) and source.path != "cns/domain/events.py"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def subscribed() -> set[type[Event]]:
    """The events that the subscriptions table names."""
    table = ast.parse(inspect.getsource(main.subscriptions))
    rows = next(node for node in ast.walk(table) if isinstance(node, ast.Return)).value
    assert isinstance(rows, ast.Tuple)
    names = [row.elts[0] for row in rows.elts if isinstance(row, ast.Tuple)]
    return {getattr(events, name.id) for name in names if isinstance(name, ast.Name)}


def test_every_event_is_published() -> None:
    assert {event.__name__ for event in EVENTS} <= made()


def test_every_event_goes_to_the_feed() -> None:
    assert Event in subscribed()


def test_every_event_is_acted_on_or_named_as_one_for_the_feed_alone() -> None:
    acted_on = {event.__name__ for event in subscribed() - {Event}}
    assert {event.__name__ for event in EVENTS} - acted_on == FEED


def test_the_table_names_events_alone() -> None:
    assert subscribed() <= EVENTS | {Event}


def test_events_are_named_for_what_they_are() -> None:
    assert all(event.__name__.endswith("Event") for event in EVENTS)
    names = {wire_name(event) for event in EVENTS}
    assert len(names) == len(EVENTS)
