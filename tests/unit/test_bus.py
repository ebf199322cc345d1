"""The bus: typed by class, in order, and honest about what breaks."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from cns.bus import EventBus
from cns.domain.events import Event, ManifestUpdatedEvent, UpdateTrinketEvent
from cns.domain.message import ContinuumId, UserId
from tests.values import START


def manifest(count: int = 1) -> ManifestUpdatedEvent:
    return ManifestUpdatedEvent(
        continuum_id=ContinuumId(uuid4()),
        user_id=UserId(uuid4()),
        event_id=uuid4(),
        occurred_at=START,
        segment_count=count,
    )


def stale(section: str = "manifest") -> UpdateTrinketEvent:
    return UpdateTrinketEvent(
        continuum_id=ContinuumId(uuid4()),
        user_id=UserId(uuid4()),
        event_id=uuid4(),
        occurred_at=START,
        section=section,
    )


@pytest.fixture
def bus() -> EventBus:
    return EventBus()


def test_a_handler_hears_its_class_alone(bus: EventBus) -> None:
    heard: list[Event] = []
    bus.subscribe(ManifestUpdatedEvent, heard.append)
    event = manifest()
    bus.publish([stale(), event])
    assert heard == [event]


def test_a_handler_of_a_base_hears_every_class_below_it(bus: EventBus) -> None:
    heard: list[Event] = []
    bus.subscribe(Event, heard.append)
    events = [manifest(), stale()]
    bus.publish(events)
    assert heard == events


def test_handlers_are_called_in_the_order_of_their_subscription(bus: EventBus) -> None:
    order: list[str] = []
    bus.subscribe(Event, lambda _: order.append("first"))
    bus.subscribe(ManifestUpdatedEvent, lambda _: order.append("second"))
    bus.publish([manifest()])
    assert order == ["first", "second"]


def test_one_event_is_heard_by_all_before_the_next(bus: EventBus) -> None:
    heard: list[int] = []
    bus.subscribe(ManifestUpdatedEvent, lambda e: heard.append(e.segment_count))
    bus.subscribe(ManifestUpdatedEvent, lambda e: heard.append(e.segment_count))
    bus.publish([manifest(1), manifest(2)])
    assert heard == [1, 1, 2, 2]


def test_follow_ups_come_after_what_was_published_with_their_cause(bus: EventBus) -> None:
    heard: list[Event] = []
    first, second, follow_up = manifest(1), manifest(2), stale()

    def follow(event: ManifestUpdatedEvent) -> Iterator[Event]:
        if event is first:
            yield follow_up

    bus.subscribe(ManifestUpdatedEvent, follow)
    bus.subscribe(Event, heard.append)
    bus.publish([first, second])
    assert heard == [first, second, follow_up]


def test_failures_are_told_together_once_all_have_run(bus: EventBus) -> None:
    heard: list[Event] = []

    def break_with(error: Exception) -> None:
        raise error

    bus.subscribe(Event, lambda _: break_with(ValueError("first")))
    bus.subscribe(Event, lambda _: break_with(KeyError("second")))
    bus.subscribe(Event, heard.append)
    with pytest.RaisesGroup(
        pytest.RaisesExc(ValueError, match="first"), pytest.RaisesExc(KeyError, match="second")
    ):
        bus.publish([manifest()])
    assert len(heard) == 1


def test_who_unsubscribed_hears_no_more(bus: EventBus) -> None:
    heard: list[Event] = []
    unsubscribe = bus.subscribe(Event, heard.append)
    unsubscribe()
    unsubscribe()
    bus.publish([manifest()])
    assert heard == []


def test_unsubscribing_leaves_the_same_handler_s_other_subscription(bus: EventBus) -> None:
    heard: list[Event] = []
    unsubscribe = bus.subscribe(ManifestUpdatedEvent, heard.append)
    bus.subscribe(ManifestUpdatedEvent, heard.append)
    unsubscribe()
    bus.publish([manifest()])
    assert len(heard) == 1


def test_nobody_listening_is_no_failure(bus: EventBus) -> None:
    bus.publish([manifest()])
