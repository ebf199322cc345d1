"""Chapters end by wish and by silence, and are finished once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from typing_extensions import override

from cns.domain.continuum import Change, Continuum
from cns.domain.events import (
    ManifestUpdatedEvent,
    SegmentCollapsedEvent,
    SegmentTimeoutEvent,
    UpdateTrinketEvent,
)
from cns.domain.message import Message, SegmentId, Text, UserId
from cns.domain.segment import Night, SegmentStatus, Summary
from cns.errors import Conflict, SpendingCeiling
from cns.ports import ContinuumStore, Page, Vector
from cns.services.timeouts import SegmentTimeouts
from tests.conversing import Conversation
from tests.fakes.clock import FrozenClock
from tests.fakes.llm import FakeLLM, Says
from tests.fakes.store import FakeContinuumStore
from working_memory.trinket import Slot

FINAL = Summary(title="A cat called Miso", text="Anna has a cat called Miso.", complexity=2)
HOUR = timedelta(hours=1)


@dataclass
class Written:
    """Implements `cns.services.summary.Summariser`; keeps what it was given."""

    then: Callable[[], None] | None = None
    given: list[Sequence[Message]] = field(default_factory=list)

    def summarise(self, messages: Sequence[Message]) -> Summary:
        self.given.append(messages)
        if self.then:
            self.then()
        return FINAL


class OnceStale(FakeContinuumStore):
    """Shows the continuum first as it was, and then as it is."""

    def __init__(self, stale: Continuum, fresh: ContinuumStore) -> None:
        super().__init__()
        self._stale: list[Continuum] = [stale]
        self._fresh = fresh

    @override
    def load(self, user_id: UserId) -> Continuum:
        return self._stale.pop() if self._stale else self._fresh.load(user_id)


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def talk(written: Written) -> Conversation:
    """A conversation of one answered message."""
    talk = Conversation(llm=FakeLLM([Says("A fine name."), Says("Yes.")]), final=written)
    talk.say("My cat is called Miso.")
    talk.heard.clear()
    return talk


def the_only(talk: Conversation) -> SegmentId:
    return talk.stored()[0].segment_id


# --- ending -------------------------------------------------------------------


def test_ending_closes_the_active_segment_under_the_user_s_words(talk: Conversation) -> None:
    segment = talk.store.segment(talk.segments.end_active())
    assert segment.id == the_only(talk)
    assert (segment.status, segment.title) == (SegmentStatus.COLLAPSED, "My cat is called Miso")
    assert talk.store.load(talk.user.id).segment is None


def test_ending_tells_nobody_before_it_is_finished(talk: Conversation) -> None:
    talk.segments.end_active()
    assert talk.heard == []


def test_there_is_nothing_to_end_twice(talk: Conversation) -> None:
    talk.segments.end_active()
    with pytest.raises(Conflict) as caught:
        talk.segments.end_active()
    assert caught.value.code == "no_active_segment"


def test_after_an_end_the_next_message_opens_a_segment(talk: Conversation) -> None:
    first = talk.segments.end_active()
    talk.say("And now?")
    assert talk.stored()[-1].segment_id != first
    assert talk.llm.requests[-1].messages[-1].content[-1] == Text(text="And now?")


# --- finishing ----------------------------------------------------------------


def test_finishing_writes_the_final_summary_and_its_vector(
    talk: Conversation, written: Written
) -> None:
    segment_id = talk.segments.end_active()
    talk.embedder.texts.clear()
    talk.segments.finish(segment_id)
    segment = talk.store.segment(segment_id)
    assert (segment.title, segment.summary, segment.complexity) == (FINAL.title, FINAL.text, 2)
    assert talk.embedder.texts == ["A cat called Miso. Anna has a cat called Miso."]
    assert talk.store.vector_of(segment_id) is not None
    assert [m.text for m in written.given[0]] == ["My cat is called Miso.", "A fine name."]


def test_finishing_tells_of_the_collapse_and_the_new_manifest(talk: Conversation) -> None:
    segment_id = talk.segments.end_active()
    talk.segments.finish(segment_id)
    collapsed = next(e for e in talk.heard if isinstance(e, SegmentCollapsedEvent))
    updated = next(e for e in talk.heard if isinstance(e, ManifestUpdatedEvent))
    assert collapsed.segment == talk.store.segment(segment_id)
    assert collapsed.segment.message_count == 2
    assert updated.segment_count == 1


def test_finishing_makes_the_manifest_in_the_prompt_stale(talk: Conversation) -> None:
    talk.segments.finish(talk.segments.end_active())
    (stale,) = [event for event in talk.heard if isinstance(event, UpdateTrinketEvent)]
    assert Slot[stale.section.upper()] is Slot.CONVERSATION_MANIFEST


def test_finishing_twice_tells_once(talk: Conversation) -> None:
    segment_id = talk.segments.end_active()
    talk.segments.finish(segment_id)
    told = len(talk.heard)
    talk.segments.finish(segment_id)
    assert len(talk.heard) == told


def test_without_the_embedder_a_segment_is_finished_without_a_vector(talk: Conversation) -> None:
    talk.embedder.lost = True
    segment_id = talk.segments.end_active()
    talk.segments.finish(segment_id)
    assert talk.store.vector_of(segment_id) is None
    assert list(talk.store.unfinished_segments()) == []


def test_what_breaks_in_those_who_are_told_is_raised(talk: Conversation) -> None:
    def break_down(_: SegmentCollapsedEvent) -> None:
        raise LookupError("a mistake of ours")

    talk.bus.subscribe(SegmentCollapsedEvent, break_down)
    segment_id = talk.segments.end_active()
    with pytest.RaisesGroup(LookupError):
        talk.segments.finish(segment_id)
    assert list(talk.store.unfinished_segments()) == []


# --- sweeping -----------------------------------------------------------------


def test_a_silent_segment_is_ended_and_finished(talk: Conversation) -> None:
    talk.clock.move(HOUR)
    assert talk.segments.sweep() == {"ended": 1, "finished": 1}
    assert talk.store.segment(the_only(talk)).title == FINAL.title


def test_a_segment_that_is_not_silent_for_long_goes_on(talk: Conversation) -> None:
    talk.clock.move(HOUR - timedelta(seconds=1))
    assert talk.segments.sweep() == {"ended": 0, "finished": 0}
    assert talk.store.segment(the_only(talk)).status is SegmentStatus.ACTIVE


def test_without_a_segment_there_is_nothing_to_sweep(talk: Conversation) -> None:
    talk.segments.finish(talk.segments.end_active())
    assert talk.segments.sweep() == {"ended": 0, "finished": 0}


def test_what_a_crash_left_unfinished_is_finished(talk: Conversation) -> None:
    segment_id = talk.segments.end_active()
    assert talk.segments.sweep() == {"ended": 0, "finished": 1}
    assert talk.store.segment(segment_id).title == FINAL.title


def test_a_time_out_is_told_with_the_user_s_hour_once_it_is_stored(talk: Conversation) -> None:
    stored: list[SegmentStatus] = []
    told: list[SegmentTimeoutEvent] = []

    def look(event: SegmentTimeoutEvent) -> None:
        told.append(event)
        stored.append(talk.store.segment(event.segment_id).status)

    talk.bus.subscribe(SegmentTimeoutEvent, look)
    talk.clock.move(timedelta(minutes=95, seconds=59))
    talk.segments.sweep()
    ((segment_id, minutes, hour),) = [
        (e.segment_id, e.inactive_minutes, e.local_hour) for e in told
    ]
    assert (segment_id, minutes, hour) == (the_only(talk), 95, 12)
    assert stored == [SegmentStatus.COLLAPSED]


def test_a_running_turn_puts_the_sweep_off(talk: Conversation) -> None:
    talk.clock.move(HOUR)
    with talk.gate.turn(talk.stored()[0].turn_id or pytest.fail("no turn")):
        assert talk.segments.sweep() == {"ended": 0, "finished": 0}


def test_words_that_come_at_the_last_moment_keep_the_segment_open(talk: Conversation) -> None:
    silent = talk.store.load(talk.user.id)
    talk.clock.move(HOUR)
    talk.say("And now?")
    stale = replace(talk.segments, store=OnceStale(silent, talk.store))
    assert stale.sweep() == {"ended": 0, "finished": 0}
    assert talk.store.segment(the_only(talk)).status is SegmentStatus.ACTIVE


def test_the_sweep_is_a_job(talk: Conversation) -> None:
    talk.clock.move(HOUR)
    job = SegmentTimeouts(segments=lambda: talk.segments, interval=timedelta(minutes=5))
    assert (job.name, job.interval) == ("segment_timeout", timedelta(minutes=5))
    assert job.run() == {"ended": 1, "finished": 1}


def test_a_rehearsal_of_the_sweep_names_what_it_would_end_and_ends_nothing(
    talk: Conversation, written: Written
) -> None:
    job = SegmentTimeouts(segments=lambda: talk.segments, interval=timedelta(minutes=5))
    assert job.rehearse() == {"ends": [], "finishes": []}
    talk.clock.move(HOUR)
    segment_id = str(the_only(talk))
    assert job.rehearse() == {"ends": [segment_id], "finishes": []}
    assert talk.store.segment(the_only(talk)).status is SegmentStatus.ACTIVE
    talk.segments.end_active()
    assert job.rehearse() == {"ends": [], "finishes": [segment_id]}
    assert written.given == []


# --- the night ------------------------------------------------------------------

BERLIN = ZoneInfo("Europe/Berlin")
SHORT_NIGHT = Night(begins=23, ends=6, timeout=timedelta(minutes=20))
LONG_NIGHT = Night(begins=23, ends=6, timeout=timedelta(hours=9))


def silent_since(at: datetime, night: Night | None) -> Conversation:
    """A chapter whose last words were said then."""
    talk = Conversation(
        llm=FakeLLM([Says("Good night.")]), clock=FrozenClock(at.astimezone(UTC)), night=night
    )
    talk.say("Good night.")
    return talk


def ended_after(talk: Conversation, most: int) -> int:
    """How many minutes of silence ended the chapter."""
    for minutes in range(1, most + 1):
        talk.clock.move(timedelta(minutes=1))
        if talk.segments.sweep()["ended"]:
            return minutes
    raise AssertionError(f"still open after {most} minutes")


@pytest.mark.parametrize(
    ("at", "night", "minutes"),
    [
        (datetime(2026, 3, 2, 14, 0, tzinfo=BERLIN), SHORT_NIGHT, 60),
        (datetime(2026, 3, 2, 23, 30, tzinfo=BERLIN), SHORT_NIGHT, 20),
        (datetime(2026, 3, 2, 22, 50, tzinfo=BERLIN), SHORT_NIGHT, 20),
        (datetime(2026, 3, 2, 22, 15, tzinfo=BERLIN), SHORT_NIGHT, 45),
        (datetime(2026, 3, 2, 5, 50, tzinfo=BERLIN), SHORT_NIGHT, 60),
        (datetime(2026, 3, 2, 23, 30, tzinfo=BERLIN), LONG_NIGHT, 390),
        (datetime(2026, 3, 2, 23, 30, tzinfo=BERLIN), None, 60),
    ],
)
def test_a_silence_ends_a_chapter_by_the_hour_of_the_user_s_clock(
    at: datetime, night: Night | None, minutes: int
) -> None:
    assert ended_after(silent_since(at, night), 600) == minutes


@pytest.mark.parametrize(
    ("said", "night", "minutes"),
    [
        # forward on 29 March: 02:00 is 03:00, and an hour of the night is missing
        (datetime(2026, 3, 28, 23, 30, tzinfo=BERLIN), LONG_NIGHT, 330),
        (datetime(2026, 3, 29, 1, 50, tzinfo=BERLIN), SHORT_NIGHT, 20),
        # back on 25 October: 03:00 is 02:00, which comes twice
        (datetime(2026, 10, 24, 23, 30, tzinfo=BERLIN), LONG_NIGHT, 450),
        (datetime(2026, 10, 25, 2, 50, tzinfo=BERLIN), SHORT_NIGHT, 20),
        (datetime(2026, 10, 25, 2, 50, fold=1, tzinfo=BERLIN), SHORT_NIGHT, 20),
    ],
)
def test_a_change_of_the_clocks_neither_ends_nor_spares_a_chapter(
    said: datetime, night: Night, minutes: int
) -> None:
    assert ended_after(silent_since(said, night), 600) == minutes


def test_the_time_out_names_the_hour_of_the_user_s_clock() -> None:
    talk = silent_since(datetime(2026, 7, 1, 23, 30, tzinfo=BERLIN), SHORT_NIGHT)
    ended_after(talk, 60)
    event = next(e for e in talk.heard if isinstance(e, SegmentTimeoutEvent))
    assert (event.local_hour, event.inactive_minutes) == (23, 20)


@pytest.mark.parametrize(
    ("night", "within", "outside"),
    [((23, 6), (23, 0, 5), (6, 12, 22)), ((1, 5), (1, 4), (0, 5, 23)), ((0, 6), (0, 5), (6, 23))],
)
def test_a_night_may_cross_midnight(
    night: tuple[int, int], within: tuple[int, ...], outside: tuple[int, ...]
) -> None:
    hours = Night(begins=night[0], ends=night[1], timeout=HOUR)
    assert [hours.covers(hour) for hour in within] == [True] * len(within)
    assert [hours.covers(hour) for hour in outside] == [False] * len(outside)


# --- a day with a ceiling -----------------------------------------------------


def no_more_today() -> None:
    raise SpendingCeiling("Background work rests until tomorrow.")


def test_a_summary_that_may_not_be_paid_for_is_written_another_day(
    talk: Conversation, written: Written
) -> None:
    written.then = no_more_today
    segment_id = talk.segments.end_active()
    put_off = talk.segments.sweep()
    assert put_off == {
        "ended": 0,
        "finished": 0,
        "put_off": "Background work rests until tomorrow.",
    }
    assert talk.store.segment(segment_id).title == "My cat is called Miso"
    assert talk.heard == []

    written.then = None
    assert talk.segments.sweep() == {"ended": 0, "finished": 1}
    assert talk.store.segment(segment_id).title == FINAL.title


# --- a crash at any step of a collapse --------------------------------------------


class Crash(BaseException):
    """The process is gone: nobody catches it."""


def gone() -> None:
    raise Crash


class CrashingStore(FakeContinuumStore):
    """Is killed just before or just after it stores a step.

    Attributes:
        step: the name of the method that is the last.
        stored: whether what it was given is stored all the same.
    """

    step = ""
    stored = False

    @override
    def close_segment(self, change: Change) -> None:
        self._crash("close_segment", lambda: super(CrashingStore, self).close_segment(change))

    @override
    def finish_segment(
        self, segment_id: SegmentId, summary: Summary, vector: Vector | None, model: str
    ) -> bool:
        done: list[bool] = []
        finish = super().finish_segment
        self._crash(
            "finish_segment", lambda: done.append(finish(segment_id, summary, vector, model))
        )
        return done[0]

    def _crash(self, step: str, store: Callable[[], object]) -> None:
        if self.step == step and not self.stored:
            gone()
        store()
        if self.step == step:
            gone()


def restarted(talk: Conversation, written: Written) -> Conversation:
    """Another process on the same store."""
    store = talk.store
    assert isinstance(store, CrashingStore)
    store.step = ""
    return Conversation(llm=FakeLLM([Says("Yes.")]), store=store, clock=talk.clock, final=written)


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("step", ["close_segment", "finish_segment", "summary"])
def test_a_collapse_that_a_crash_broke_off_is_ended_once_after_the_restart(
    step: str, stored: bool, written: Written
) -> None:
    store = CrashingStore()
    dying = Written(then=gone if step == "summary" else None)
    talk = Conversation(llm=FakeLLM([Says("A fine name.")]), store=store, final=dying)
    talk.say("My cat is called Miso.")
    store.step, store.stored = step, stored
    talk.clock.move(HOUR)
    with pytest.raises(Crash):
        talk.segments.sweep()

    again = restarted(talk, written)
    for _ in range(2):
        again.segments.sweep()
    (segment,) = again.store.segments(Page())[0]
    assert (segment.status, segment.title) == (SegmentStatus.COLLAPSED, FINAL.title)
    assert again.store.unfinished_segments() == []
    told = [*talk.heard, *again.heard]
    collapsed = sum(isinstance(event, SegmentCollapsedEvent) for event in told)
    # once it is stored as finished, its extraction is found from the store
    assert collapsed == (0 if (step, stored) == ("finish_segment", True) else 1)


def test_every_message_belongs_to_exactly_one_segment_the_first_and_the_single_one_too() -> None:
    talk = Conversation(llm=FakeLLM([Says("One."), Says("Two."), Says("Three.")]))
    for words in ("First.", "Second.", "Third."):
        talk.say(words)
        talk.segments.finish(talk.segments.end_active())
        talk.clock.move(HOUR)
    segments = talk.store.segments(Page())[0]
    held = [talk.store.segment_messages(segment.id) for segment in segments]
    assert [[m.text for m in messages] for messages in held] == [
        ["Third.", "Three."],
        ["Second.", "Two."],
        ["First.", "One."],
    ]
    assert sorted(m.id for messages in held for m in messages) == sorted(
        m.id for m in talk.stored()
    )
    assert [segment.message_count for segment in segments] == [2, 2, 2]
