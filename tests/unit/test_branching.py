"""Saying and answering anew: what becomes the conversation, and what is kept beside it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from cns.domain.branches import START
from cns.domain.continuum import Continuum
from cns.domain.events import PathChangedEvent
from cns.domain.message import Message, MessageId, Text, TurnId
from cns.domain.stream import TouchstoneReady
from cns.errors import Conflict, InvalidInput, ModelUnavailable, NotFound
from cns.ports import ModelRequest, Page
from cns.services.pump import Stop
from cns.services.request import TurnRequest
from config.settings import TouchstoneSettings
from tests.conversing import Conversation, completed, conversation, failed, saying, started
from tests.fakes.llm import Calls, Fails, FakeLLM, Says, Step, document
from tests.fakes.store import FakeContinuumStore
from tests.fakes.toolbox import FakeToolbox, done

LOST = ModelUnavailable("The model is away.")


def two_exchanges(*then: Step | Callable[[ModelRequest], Step]) -> Conversation:
    talk = conversation(Says("A1"), Says("A2"), *(then or (Says("A3"), Says("A4"))))
    talk.say("Q1")
    talk.say("Q2")
    return talk


def below(parent: Message | MessageId, text: str | None = None) -> TurnRequest:
    content = () if text is None else (Text(text=text),)
    parent_id = parent.id if isinstance(parent, Message) else parent
    return TurnRequest(content=content, parent_id=parent_id)


def conversation_of(talk: Conversation) -> Continuum:
    """As it is stored; what the last turn was about, which changes with every turn, left aside."""
    return replace(talk.store.load(talk.user.id), touchstone=None)


def texts(talk: Conversation) -> list[str]:
    return [m.text for m in talk.stored()]


def every(talk: Conversation) -> list[str]:
    listed, _ = talk.store.messages(Page(limit=200), off_path=True)
    return [m.text for m in reversed(listed)]


def path_changes(talk: Conversation) -> list[PathChangedEvent]:
    return [event for event in talk.heard if isinstance(event, PathChangedEvent)]


# --- other words --------------------------------------------------------------


def test_an_edited_message_stands_where_the_old_one_stood() -> None:
    talk = two_exchanges()
    _, answer, old, _ = talk.stored()
    talk.turn(below(answer, "Q2, better"))
    assert texts(talk) == ["Q1", "A1", "Q2, better", "A3"]
    assert talk.stored()[2].parent_id == old.parent_id


def test_what_an_edit_leaves_behind_is_kept() -> None:
    talk = two_exchanges()
    talk.turn(below(talk.stored()[1], "Q2, better"))
    assert every(talk) == ["Q1", "A1", "Q2", "A2", "Q2, better", "A3"]


def test_the_model_is_sent_the_path_alone() -> None:
    talk = two_exchanges()
    talk.turn(below(talk.stored()[1], "Q2, better"))
    sent = [m.text for m in talk.llm.requests[-1].messages]
    assert sent == ["Q1", "A1", "Q2, better"]


def test_the_first_message_of_a_chapter_can_be_edited() -> None:
    talk = two_exchanges()
    talk.turn(below(START, "Q1, better"))
    assert texts(talk) == ["Q1, better", "A3"]
    assert talk.stored()[0].parent_id is None
    assert talk.store.branches(talk.stored())[talk.stored()[0].id].count == 2


def test_before_anything_was_said_the_beginning_is_where_one_begins() -> None:
    talk = conversation(Says("A1"))
    talk.turn(below(START, "Q1"))
    assert texts(talk) == ["Q1", "A1"]


def test_an_edit_below_a_tool_s_step_is_below_the_whole_answer() -> None:
    talk = Conversation(toolbox=FakeToolbox(look=lambda _: done("found")))
    talk.llm.will(Calls("look", {}), Says("A1"), Says("A2"), Says("A3"))
    talk.say("Q1")
    talk.say("Q2")
    step = talk.stored()[1]
    talk.turn(below(step, "Q2, better"))
    assert texts(talk)[-3:] == ["A1", "Q2, better", "A3"]


def test_an_unanswered_message_can_be_followed_by_other_words() -> None:
    talk = conversation(Fails(LOST), Says("A2"))
    talk.say("Q1")
    talk.turn(below(talk.stored()[0], "Q2"))
    assert texts(talk) == ["Q1", "Q2", "A2"]


def test_the_change_of_path_is_a_fact_ahead_of_the_message() -> None:
    talk = two_exchanges()
    _, answer, *left = talk.stored()
    talk.heard.clear()
    talk.turn(below(answer, "Q2, better"))
    assert talk.told_names()[:2] == ["PathChanged", "MessageReceived"]
    assert path_changes(talk)[0].left == tuple(m.id for m in left)


def test_an_edit_at_the_end_changes_no_path() -> None:
    talk = two_exchanges()
    talk.heard.clear()
    talk.turn(below(talk.stored()[-1], "Q3"))
    assert path_changes(talk) == []
    assert texts(talk)[-2:] == ["Q3", "A3"]


def test_an_edit_below_a_branch_that_was_left_goes_on_from_there() -> None:
    talk = two_exchanges()
    _, answer, _, left = talk.stored()
    talk.turn(below(answer, "Q2, better"))
    talk.turn(below(left, "Q3"))
    assert texts(talk) == ["Q1", "A1", "Q2", "A2", "Q3", "A4"]


# --- another answer -----------------------------------------------------------


@pytest.mark.parametrize("text", [None, "Q1"])
def test_a_message_is_answered_again(text: str | None) -> None:
    talk = two_exchanges()
    question = talk.stored()[0]
    begun = started(talk.turn(below(question, text)))
    assert (begun.user_message_id, begun.retry_of) == (question.id, None)
    assert texts(talk) == ["Q1", "A3"]
    assert every(talk) == ["Q1", "A1", "Q2", "A2", "A3"]


def test_an_answer_anew_is_told_as_such() -> None:
    talk = two_exchanges()
    question, *left = talk.stored()
    talk.heard.clear()
    talk.turn(below(question))
    assert "MessageReceived" not in talk.told_names()
    assert path_changes(talk)[0].left == tuple(m.id for m in left)


def test_the_model_that_answers_again_sees_nothing_of_what_followed() -> None:
    talk = two_exchanges()
    talk.turn(below(talk.stored()[0]))
    assert [m.text for m in talk.llm.requests[-1].messages] == ["Q1"]


def test_until_a_new_answer_stands_the_old_one_does() -> None:
    seen: list[list[str]] = []

    def look(_: object) -> Says:
        seen.append(texts(talk))
        return Says("A3")

    talk = two_exchanges(look)
    completed(talk.turn(below(talk.stored()[0])))
    assert seen == [["Q1", "A1", "Q2", "A2"]]


@pytest.mark.parametrize("fault", [Fails(LOST), Fails(LOST, after="I th")])
def test_an_answer_that_fails_takes_no_other_s_place(fault: Fails) -> None:
    talk = two_exchanges(fault)
    talk.heard.clear()
    before = conversation_of(talk)
    failed(talk.turn(below(talk.stored()[0])))
    assert conversation_of(talk) == before
    assert path_changes(talk) == []


def test_what_a_failed_answer_had_said_is_kept_as_a_version() -> None:
    talk = two_exchanges(Fails(LOST, after="I th"))
    question, answer, *_ = talk.stored()
    talk.turn(below(question))
    assert talk.store.branches([answer])[answer.id].count == 2
    assert every(talk)[-1] == "I th"


def test_a_failed_answer_anew_is_tried_again_wherever_it_stands() -> None:
    talk = two_exchanges(Fails(LOST), Says("A3"))
    broken = started(talk.turn(below(talk.stored()[0])))
    again = started(talk.turn(TurnRequest.again(talk.store.turn(broken.turn_id))))
    assert again.retry_of == broken.turn_id
    assert texts(talk) == ["Q1", "A3"]


@pytest.mark.parametrize("anew", [False, True])
def test_a_failed_answer_anew_is_not_tried_again_over_what_was_said_since(anew: bool) -> None:
    talk = two_exchanges(Fails(LOST), Says("A3"), Says("A4"))
    broken = started(talk.turn(below(talk.stored()[0])))
    talk.clock.move(timedelta(seconds=1))
    talk.turn(below(talk.stored()[2])) if anew else talk.say("Q3")
    before = texts(talk)
    with pytest.raises(Conflict) as caught:
        talk.retry(broken.turn_id)
    assert caught.value.code == "turn_not_last"
    assert texts(talk) == before


def test_a_failed_answer_anew_is_tried_again_over_its_own_beginning() -> None:
    def slow(_: object) -> Fails:
        talk.clock.move(timedelta(seconds=1))
        return Fails(LOST, after="I th")

    talk = conversation(Fails(LOST), slow, Says("A1"))
    talk.say("Q1")
    broken = started(talk.turn(below(talk.stored()[0])))
    again = started(talk.turn(TurnRequest.again(talk.store.turn(broken.turn_id))))
    assert again.retry_of == broken.turn_id
    assert texts(talk) == ["Q1", "A1"]


def test_a_tool_s_steps_before_a_failure_take_no_answer_s_place() -> None:
    talk = Conversation(toolbox=FakeToolbox(look=lambda _: done("found")))
    talk.llm.will(Says("A1"), Calls("look", {}), Fails(LOST))
    talk.say("Q1")
    failed(talk.turn(below(talk.stored()[0])))
    assert texts(talk) == ["Q1", "A1"]
    assert len(every(talk)) == 4


def test_only_a_message_of_the_user_can_be_answered_again() -> None:
    talk = two_exchanges()
    with pytest.raises(InvalidInput) as caught:
        talk.turn(below(talk.stored()[1]))
    assert "parent_message_id" in caught.value.detail
    with pytest.raises(InvalidInput):
        talk.turn(below(START))


# --- what cannot be changed ---------------------------------------------------


def test_an_unknown_message_has_nothing_below_it() -> None:
    talk = two_exchanges()
    with pytest.raises(NotFound) as caught:
        talk.turn(below(MessageId(uuid4()), "Q"))
    assert caught.value.code == "message_not_found"
    assert texts(talk) == ["Q1", "A1", "Q2", "A2"]


@pytest.mark.parametrize("go_on", [False, True])
def test_an_ended_chapter_stays_as_it_is(go_on: bool) -> None:
    talk = two_exchanges()
    answer = talk.stored()[1]
    talk.segments.end_active()
    if go_on:
        talk.say("Q3")
    for request in (below(answer, "Q2, better"), below(answer)):
        with pytest.raises(Conflict) as caught:
            talk.turn(request)
        assert caught.value.code == "chapter_ended"
    with pytest.raises(Conflict) as caught:
        talk.branching.activate(answer.id)
    assert caught.value.code == "chapter_ended"


def test_after_the_end_of_a_chapter_its_beginning_cannot_be_edited() -> None:
    talk = two_exchanges()
    talk.segments.end_active()
    with pytest.raises(Conflict) as caught:
        talk.turn(below(START, "Q1, better"))
    assert caught.value.code == "chapter_ended"


def test_a_request_below_another_message_is_another_request() -> None:
    parent = MessageId(uuid4())
    plain = saying("Q")
    assert plain.fingerprint != replace(plain, parent_id=parent).fingerprint
    assert plain.fingerprint == saying("Q").fingerprint


# --- going back ---------------------------------------------------------------


def test_a_branch_that_was_left_can_be_gone_back_to() -> None:
    talk = two_exchanges()
    _, answer, old, _ = talk.stored()
    talk.turn(below(answer, "Q2, better"))
    talk.heard.clear()
    talk.branching.activate(old.id)
    assert texts(talk) == ["Q1", "A1", "Q2", "A2"]
    assert [len(event.left) for event in path_changes(talk)] == [2]
    talk.say("Q3")
    assert texts(talk)[-3:] == ["A2", "Q3", "A4"]


def test_going_back_to_where_one_is_changes_nothing() -> None:
    talk = two_exchanges()
    talk.heard.clear()
    talk.branching.activate(talk.stored()[0].id)
    assert (texts(talk), talk.heard) == (["Q1", "A1", "Q2", "A2"], [])


def test_there_is_no_going_back_to_a_message_that_is_unknown() -> None:
    with pytest.raises(NotFound):
        two_exchanges().branching.activate(MessageId(uuid4()))


def test_there_is_no_going_back_while_a_turn_runs() -> None:
    refused: list[str] = []

    def look(_: object) -> Says:
        with pytest.raises(Conflict) as caught:
            talk.branching.activate(talk.stored()[0].id)
        refused.append(caught.value.code)
        return Says("A3")

    talk = two_exchanges(look)
    talk.turn(saying("Q3"), Stop())
    assert refused == ["turn_in_progress"]


def test_a_chapter_is_summed_up_from_its_path() -> None:
    talk = conversation(Says("A1"), Says("A2"))
    talk.say("We talked about sailing boats.")
    talk.turn(below(START, "We talked about mountain huts."))
    segment_id = talk.segments.end_active()
    talk.segments.finish(segment_id)
    summary = talk.store.segment(segment_id).summary or ""
    assert "huts" in summary
    assert "boats" not in summary


def test_the_outcome_of_a_turn_whose_answer_was_left_is_still_told() -> None:
    talk = two_exchanges()
    question, answer, *_ = talk.stored()
    talk.turn(below(question))
    told: list[str] = []
    assert answer.turn_id is not None
    talk.running.watch(
        TurnId(answer.turn_id), lambda _, event: told.append(getattr(event, "text", ""))
    )
    assert told[-1] == "A1"


# --- what it is about ---------------------------------------------------------


def about(talk: Conversation) -> str | None:
    kept = talk.store.load(talk.user.id).touchstone
    return kept.narrative if kept else None


def by_the_minute(*notes: Step) -> Conversation:
    """Two exchanges, a minute apart, and a model that says what each turn is about."""
    llm = FakeLLM([Says("A1"), Says("A2"), Says("A3"), Says("A4")])
    llm.notes += notes
    talk = Conversation(llm=llm, about=TouchstoneSettings(deadline_seconds=20))
    for text in ("Q1", "Q2"):
        talk.say(text)
        talk.clock.move(timedelta(minutes=1))
    return talk


def note(narrative: str) -> Step:
    return document({"narrative": narrative})


def test_an_answer_anew_is_about_its_own_branch_alone() -> None:
    talk = by_the_minute(note("The first of all"), note("The second of all"), note("It once more"))
    talk.turn(below(talk.stored()[0]))
    assert "The second of all" not in talk.llm.asides[-1].messages[-1].text
    assert about(talk) == "It once more"


@pytest.mark.parametrize("text", [None, "And it?"])
def test_nothing_is_carried_over_from_a_branch_that_was_left(text: str | None) -> None:
    talk = by_the_minute(note("The first of all"), note("The second of all"), Fails(LOST))
    events = talk.turn(below(talk.stored()[0] if text is None else START, text))
    (read,) = (event.text for event in events if isinstance(event, TouchstoneReady))
    assert read == (text or "Q1")
    assert about(talk) is None


def test_a_failed_answer_anew_leaves_what_the_path_is_about() -> None:
    talk = two_exchanges(Fails(LOST, after="I th"))
    before = about(talk)
    failed(talk.turn(below(talk.stored()[0])))
    assert about(talk) == before == "Q1 Q2"


def test_going_back_leaves_what_the_other_branch_was_about() -> None:
    talk = two_exchanges()
    _, answer, old, _ = talk.stored()
    talk.turn(below(answer, "Q2, better"))
    talk.branching.activate(old.id)
    assert about(talk) is None


# --- long chapters ------------------------------------------------------------


def long_chapter(then: Step | None = None) -> Conversation:
    """Of which a turn loads a part."""
    talk = Conversation(store=FakeContinuumStore(window=4))
    talk.llm.will(*(Says(f"A{n}") for n in range(1, 7)), then or Says("A7"))
    for number in range(1, 7):
        talk.say(f"Q{number}")
    assert talk.store.load(talk.user.id).earlier
    return talk


def test_a_long_chapter_branches_at_its_beginning_too() -> None:
    talk = long_chapter()
    question, _, third, *_ = talk.stored()
    talk.turn(below(question))
    assert texts(talk) == ["Q1", "A7"]
    assert [m.text for m in talk.llm.requests[-1].messages] == ["Q1"]
    segment = talk.store.load(talk.user.id).segment
    assert segment is not None
    assert (segment.message_count, segment.turns) == (2, 1)
    talk.branching.activate(third.id)
    assert (len(texts(talk)), texts(talk)[-1]) == (12, "A6")


def test_a_failed_answer_in_a_long_chapter_leaves_all_of_its_path() -> None:
    talk = long_chapter(Fails(LOST, after="I th"))
    before = conversation_of(talk)
    failed(talk.turn(below(talk.stored()[0])))
    assert conversation_of(talk) == before
    assert len(texts(talk)) == 12
