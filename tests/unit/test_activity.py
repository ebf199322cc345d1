"""The ring of the latest events, and what those who watch it see."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Barrier, Thread
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as some

from cns.domain.events import (
    Event,
    ManifestUpdatedEvent,
    MessageReceivedEvent,
    MessagesErasedEvent,
    SegmentCollapsedEvent,
    TopicChangedEvent,
    TurnCompletedEvent,
)
from cns.domain.message import ContinuumId, TurnId
from cns.services.activity import Activity, Noted
from cns.services.facts import Base
from tests.values import ANNA, START, at, message, segment

LENGTH = 4


def counted(count: int) -> ManifestUpdatedEvent:
    return ManifestUpdatedEvent(
        continuum_id=ContinuumId(uuid4()),
        user_id=ANNA.id,
        event_id=uuid4(),
        occurred_at=START,
        segment_count=count,
    )


def note(activity: Activity, *counts: int) -> None:
    for count in counts:
        activity.note(counted(count))


def numbers(heard: list[Noted]) -> list[int]:
    return [noted.number for noted in heard]


@dataclass(slots=True)
class Watcher:
    """Somebody who watches, and what they ought to see: all from `first` on, up to `left_at`."""

    first: int
    heard: list[Noted] = field(default_factory=list)
    leave: Callable[[], None] = lambda: None
    left_at: int | None = None


JOINS = some.tuples(some.just("join"), some.none() | some.integers(min_value=0, max_value=20))
STEPS = some.lists(some.just(("publish", None)) | some.just(("leave", None)) | JOINS, max_size=40)


@given(STEPS)
def test_a_watcher_sees_a_run_without_gaps_or_doubles(steps: list[tuple[str, int | None]]) -> None:
    activity, newest, watchers = Activity(START, LENGTH), 0, list[Watcher]()
    for what, after in steps:
        here = [watcher for watcher in watchers if watcher.left_at is None]
        if what == "publish":
            newest += 1
            note(activity, newest)
        elif what == "join":
            wanted = newest if after is None else max(after, newest - LENGTH)
            watchers.append(watcher := Watcher(min(wanted, newest) + 1))
            watcher.leave = activity.watch(watcher.heard.append, after)
        elif here:
            here[0].leave()
            here[0].left_at = newest
    for watcher in watchers:
        last = newest if watcher.left_at is None else watcher.left_at
        assert numbers(watcher.heard) == list(range(watcher.first, last + 1))


def test_who_joins_while_threads_publish_misses_nothing() -> None:
    activity, heard = Activity(START, 10_000), list[list[Noted]]()
    ready = Barrier(5)

    def publish() -> None:
        ready.wait(10)
        note(activity, *range(500))

    def join() -> None:
        ready.wait(10)
        for _ in range(50):
            heard.append([])
            activity.watch(heard[-1].append, 0)

    threads = [Thread(target=publish) for _ in range(4)] + [Thread(target=join)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(numbers(one) == list(range(1, 2001)) for one in heard)


def test_what_is_told_is_the_event_under_its_number() -> None:
    activity, heard = Activity(START), list[Noted]()
    event = counted(7)
    activity.watch(heard.append, None)
    activity.note(event)
    assert heard == [Noted(number=1, event=event)]


def test_leaving_twice_leaves_others_who_watch_with_the_same_listener() -> None:
    activity, heard = Activity(START), list[Noted]()
    leave = activity.watch(heard.append, None)
    activity.watch(heard.append, None)
    leave()
    leave()
    note(activity, 1)
    assert numbers(heard) == [1]


def test_a_later_run_of_the_program_has_another_name() -> None:
    assert Activity(START).run != Activity(at(0.001)).run


def test_events_that_quote_what_was_erased_are_let_go() -> None:
    base = Base(
        continuum_id=ContinuumId(uuid4()), user_id=ANNA.id, event_id=uuid4(), occurred_at=START
    )
    gone, other, chapter, turn_id = message(), message(), segment(), TurnId(uuid4())
    told: tuple[Event, ...] = (
        MessageReceivedEvent(**base, message=gone),
        MessageReceivedEvent(**base, message=other),
        TurnCompletedEvent(**base, turn_number=1, messages=(gone,)),
        TopicChangedEvent(**base, turn_id=turn_id, topic="the parrot"),
        SegmentCollapsedEvent(**base, segment=chapter),
        counted(7),
    )
    activity, heard = Activity(START), list[Noted]()
    for event in told:
        activity.note(event)
    activity.forget(
        MessagesErasedEvent(
            **base, segment_id=chapter.id, message_ids=(gone.id,), turn_ids=(turn_id,)
        )
    )
    activity.watch(heard.append, after=0)
    assert [noted.event for noted in heard] == [told[1], told[5]]
