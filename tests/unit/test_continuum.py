"""The laws of the aggregate."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cns.domain.continuum import Change, Continuum
from cns.domain.events import (
    Event,
    MessageReceivedEvent,
    PathChangedEvent,
    SegmentCollapsedEvent,
    SegmentOpenedEvent,
    TurnCompletedEvent,
)
from cns.domain.message import Message, MessageId, MessageStatus, Role, SegmentId, Text
from cns.domain.segment import SegmentStatus, Summary
from cns.errors import Conflict, InvalidInput
from tests.values import at, calling, continuum, mark, message, result

SUMMARY = Summary(title="Walking", text="Anna went for a walk.", complexity=1)
COMMANDS = ("hear", "answer", "use tools", "choose", "collapse")
commands = st.lists(st.tuples(st.sampled_from(COMMANDS), st.integers(-5, 300)), max_size=12)


def told(state: Continuum, command: str, minutes: int) -> Change:
    """The command's outcome; one that cannot be given in this state changes nothing."""
    segment_id = state.segment.id if state.segment else SegmentId(uuid4())
    if command == "hear":
        return state.hear(message("hello", segment_id=segment_id, minutes=minutes), mark(minutes))
    if state.segment is None:
        return Change(state, ())
    if command == "collapse":
        return state.collapse(SUMMARY, mark(minutes))
    if command == "choose":
        return state.choose(some_path(state, minutes), mark(minutes))
    reply = message("I see.", Role.ASSISTANT, segment_id=segment_id, minutes=minutes)
    if command == "answer":
        return state.answer((reply,), mark(minutes))
    steps = (calling(f"tool_{minutes % 3}", segment_id), result("found", segment_id))
    return state.answer((*steps, reply), mark(minutes))


def some_path(state: Continuum, number: int) -> tuple[Message, ...]:
    """A beginning of the present path, and at times what stood on no path before."""
    kept = state.messages[: abs(number) % (len(state.messages) + 1)]
    if number % 2 or state.segment is None:
        return kept
    return (*kept, message("other words", segment_id=state.segment.id, minutes=number))


def history(empty: Continuum, given_: Sequence[tuple[str, int]]) -> list[Change]:
    changes = [Change(empty, ())]
    for command, minutes in given_:
        changes.append(told(changes[-1].continuum, command, minutes))
    return changes


def replayed(state: Continuum, event: Event, ever: dict[MessageId, Message]) -> Continuum:
    """The fold of the events; `ever` is the store's part: every message that there was."""
    match event:
        case SegmentOpenedEvent(segment=segment):
            return replace(state, segment=segment)
        case PathChangedEvent(left=left, joined=come):
            state = replace(state, messages=tuple(m for m in state.messages if m.id not in left))
            for message_id in come:
                state = joined(state, ever[message_id])
            return along(state, state.messages)
        case MessageReceivedEvent(message=heard):
            return joined(state, heard)
        case TurnCompletedEvent(messages=messages):
            for one in messages:
                state = joined(state, one)
            return state
        case SegmentCollapsedEvent():
            return replace(state, segment=None, messages=())
        case _:
            raise AssertionError(event)


def joined(state: Continuum, new: Message) -> Continuum:
    messages = (*state.messages, new)
    assert state.segment is not None
    latest = max(state.segment.last_message_at, new.created_at)
    return along(replace(state, segment=replace(state.segment, last_message_at=latest)), messages)


def along(state: Continuum, messages: tuple[Message, ...]) -> Continuum:
    assert state.segment is not None
    segment = replace(
        state.segment,
        message_count=sum(m.is_said for m in messages),
        tools_used=tuple(sorted({name for m in messages for name in m.tools_called})),
        turns=sum(m.role is Role.USER for m in messages),
    )
    return replace(state, messages=messages, segment=segment)


@given(commands)
def test_messages_only_grow_within_a_segment_unless_another_path_is_chosen(
    given_: list[tuple[str, int]],
) -> None:
    for before, after in itertools.pairwise(history(continuum(), given_)):
        old, new = before.continuum, after.continuum
        same = old.segment and new.segment and old.segment.id == new.segment.id
        chosen = any(isinstance(event, PathChangedEvent) for event in after.events)
        assert not same or chosen or new.messages[: len(old.messages)] == old.messages


@given(commands)
def test_what_leaves_the_path_is_named_and_nothing_else_goes(
    given_: list[tuple[str, int]],
) -> None:
    for before, after in itertools.pairwise(history(continuum(), given_)):
        for event in after.events:
            if isinstance(event, PathChangedEvent):
                old = {m.id for m in before.continuum.messages}
                new = {m.id for m in after.continuum.messages}
                assert (set(event.left), set(event.joined)) == (old - new, new - old)


@given(commands)
def test_the_path_is_the_one_that_was_chosen(given_: list[tuple[str, int]]) -> None:
    state = continuum()
    for command, minutes in given_:
        if state.segment is not None and command == "choose":
            path = some_path(state, minutes)
            assert state.choose(path, mark(minutes)).continuum.messages == path
        state = told(state, command, minutes).continuum


@given(commands)
def test_going_away_and_back_again_changes_nothing(given_: list[tuple[str, int]]) -> None:
    for change in history(continuum(), given_):
        state = change.continuum
        if state.segment is not None:
            away = state.choose((), mark()).continuum
            assert away.choose(state.messages, mark()).continuum == state


@given(commands)
def test_replaying_the_events_gives_the_same_state(given_: list[tuple[str, int]]) -> None:
    empty = continuum()
    state = empty
    changes = history(empty, given_)
    ever = {m.id: m for change in changes for m in change.continuum.messages}
    for change in changes:
        for event in change.events:
            state = replayed(state, event, ever)
        assert state == change.continuum


@given(commands)
def test_no_two_events_bear_the_same_id(given_: list[tuple[str, int]]) -> None:
    ids = [e.event_id for change in history(continuum(), given_) for e in change.events]
    assert len(set(ids)) == len(ids)


@given(commands)
def test_no_command_changes_the_value_it_is_given(given_: list[tuple[str, int]]) -> None:
    state = continuum()
    for command, minutes in given_:
        copy = replace(state)
        after = told(state, command, minutes).continuum
        assert state == copy
        state = after


@given(commands)
def test_turns_are_the_user_s_messages(given_: list[tuple[str, int]]) -> None:
    for change in history(continuum(), given_):
        said = [m for m in change.continuum.messages if m.role is Role.USER]
        assert change.continuum.turns == len(said)


@given(commands)
def test_events_carry_the_continuum_s_identity(given_: list[tuple[str, int]]) -> None:
    empty = continuum()
    events = [event for change in history(empty, given_) for event in change.events]
    assert all((e.continuum_id, e.user_id) == (empty.id, empty.user_id) for e in events)


def test_the_first_message_opens_a_segment() -> None:
    said = message("hello", minutes=3)
    change = continuum().hear(said, mark(3))
    opened, heard = change.events
    assert isinstance(opened, SegmentOpenedEvent)
    assert (opened.segment.id, opened.segment.started_at) == (said.segment_id, at(3))
    assert isinstance(heard, MessageReceivedEvent)
    assert heard.message == said


def test_the_second_message_opens_none() -> None:
    first = message()
    state = continuum().hear(first, mark()).continuum
    change = state.hear(message(segment_id=first.segment_id), mark())
    assert [type(event) for event in change.events] == [MessageReceivedEvent]


def test_an_answer_is_one_fact_with_its_turn_s_number() -> None:
    said = message()
    reply = message("I see.", Role.ASSISTANT, segment_id=said.segment_id)
    (event,) = continuum().hear(said, mark()).continuum.answer((reply,), mark()).events
    assert isinstance(event, TurnCompletedEvent)
    assert (event.turn_number, event.messages) == (1, (reply,))


def test_the_path_that_stands_is_no_news() -> None:
    state = continuum().hear(message(), mark()).continuum
    assert state.choose(state.messages, mark()) == Change(state, ())


def test_no_path_is_chosen_where_no_chapter_is_open() -> None:
    with pytest.raises(Conflict) as caught:
        continuum().choose((), mark())
    assert caught.value.code == "chapter_ended"


def test_a_path_through_another_chapter_is_refused() -> None:
    state = continuum().hear(message(), mark()).continuum
    with pytest.raises(Conflict):
        state.choose((message(),), mark())


def test_a_collapse_keeps_the_hour_of_the_last_message() -> None:
    said = message(minutes=5)
    (event,) = continuum().hear(said, mark()).continuum.collapse(SUMMARY, mark(90)).events
    assert isinstance(event, SegmentCollapsedEvent)
    ended = event.segment
    assert (ended.status, ended.ended_at, ended.title) == (
        SegmentStatus.COLLAPSED,
        at(5),
        "Walking",
    )


def test_only_the_user_is_heard() -> None:
    with pytest.raises(InvalidInput):
        continuum().hear(message("I see.", Role.ASSISTANT), mark())


def test_a_message_of_another_segment_is_refused() -> None:
    state = continuum().hear(message(), mark()).continuum
    with pytest.raises(Conflict):
        state.hear(message(), mark())


def test_an_answer_in_another_segment_is_refused() -> None:
    state = continuum().hear(message(), mark()).continuum
    with pytest.raises(Conflict):
        state.answer((message("I see.", Role.ASSISTANT),), mark())


def test_nobody_is_answered_before_a_segment_is_open() -> None:
    with pytest.raises(Conflict):
        continuum().answer((message("I see.", Role.ASSISTANT),), mark())


def test_an_empty_answer_is_refused() -> None:
    with pytest.raises(InvalidInput):
        continuum().hear(message(), mark()).continuum.answer((), mark())


def test_the_user_s_words_are_no_answer() -> None:
    said = message()
    state = continuum().hear(said, mark()).continuum
    with pytest.raises(InvalidInput):
        state.answer((message(segment_id=said.segment_id),), mark())


def test_a_collapse_without_an_active_segment_is_refused() -> None:
    with pytest.raises(Conflict) as caught:
        continuum().collapse(SUMMARY, mark())
    assert caught.value.code == "no_active_segment"


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_message_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        message(text)


def test_a_bare_tool_call_is_no_empty_message() -> None:
    call = calling("search", SegmentId(uuid4()))
    assert (call.text, call.tools_called, call.is_said) == ("", ("search",), False)


def test_words_of_several_blocks_are_paragraphs() -> None:
    assert message((Text(text="One."), Text(text="Two."))).text == "One.\n\nTwo."


def test_a_message_is_complete_unless_said_otherwise() -> None:
    assert message().status is MessageStatus.COMPLETE
