"""The beginning of a long open chapter is summed up, and the summary stands in the request."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from cns.domain.message import Message
from cns.domain.segment import Summary
from cns.errors import SpendingCeiling
from cns.services.so_far import Beginnings
from cns.services.summary import ExtractiveSummary, Summariser
from tests.conversing import Conversation
from tests.fakes.llm import FakeLLM, Says
from tests.fakes.store import FakeContinuumStore


@dataclass
class Written:
    given: list[Sequence[Message]] = field(default_factory=list)

    def summarise(self, messages: Sequence[Message]) -> Summary:
        self.given.append(messages)
        return Summary(title="A tent", text="We chose a green tent.")


class Dear:
    def summarise(self, messages: Sequence[Message]) -> Summary:
        raise SpendingCeiling(f"No money is left today for {len(messages)} messages.")


@pytest.fixture
def talk() -> Conversation:
    """A chapter of twelve messages, of which a turn loads at most four."""
    talk = Conversation(
        store=FakeContinuumStore(window=4), llm=FakeLLM([Says(f"A{n}") for n in range(1, 12)])
    )
    for number in range(1, 7):
        talk.say(f"Tent number {number} leaks.")
    return talk


def beginnings(talk: Conversation, summariser: Summariser) -> Beginnings:
    return Beginnings(
        store=talk.store, user=talk.user, summariser=summariser, plain=ExtractiveSummary()
    )


def test_all_that_a_turn_does_not_load_is_summed_up(talk: Conversation) -> None:
    written = Written()
    assert beginnings(talk, written).sum_up()
    loaded = talk.store.load(talk.user.id)
    assert (*written.given[0], *loaded.messages) == tuple(talk.stored())
    assert loaded.so_far is not None
    assert loaded.so_far.text == "We chose a green tent."


def test_the_next_request_tells_it_and_so_does_the_trace(talk: Conversation) -> None:
    beginnings(talk, Written()).sum_up()
    talk.say("And the last one?")
    assert "We chose a green tent." in talk.llm.requests[-1].messages[0].text
    turn_id = talk.stored()[-1].turn_id
    assert turn_id is not None
    trace = talk.store.turn(turn_id).trace
    assert trace is not None
    assert trace["context"] == {"left_out": 8, "summarised": True, "opening": []}


def test_it_is_written_once_for_the_same_beginning(talk: Conversation) -> None:
    written = Written()
    assert beginnings(talk, written).sum_up()
    assert not beginnings(talk, written).sum_up()
    assert len(written.given) == 1


def test_it_is_written_anew_when_more_is_left_behind(talk: Conversation) -> None:
    written = Written()
    beginnings(talk, written).sum_up()
    for number in range(7, 9):
        talk.say(f"Tent number {number} leaks.")
    assert beginnings(talk, written).sum_up()
    assert len(written.given[1]) > len(written.given[0])


def test_above_the_ceiling_the_user_s_own_words_stand_for_it(talk: Conversation) -> None:
    assert beginnings(talk, Dear()).sum_up()
    so_far = talk.store.load(talk.user.id).so_far
    assert so_far is not None
    assert "Tent number 1 leaks." in so_far.text


def test_the_look_at_silent_chapters_sees_to_it(talk: Conversation) -> None:
    talk.segments.sweep()
    assert talk.store.load(talk.user.id).so_far is not None


def test_a_short_chapter_needs_none() -> None:
    talk = Conversation(llm=FakeLLM([Says("Yes.")]))
    assert not beginnings(talk, Written()).sum_up()
    talk.say("Is it late?")
    assert not beginnings(talk, Written()).sum_up()
