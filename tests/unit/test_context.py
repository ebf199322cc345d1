"""What a model is sent of the conversation, and what happens when it is too long."""

from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cns.domain.message import Message, MessageStatus, Role, SegmentId
from cns.domain.tokens import text_tokens, tokens
from cns.ports import Section
from cns.services.context import LIVE_SHARE, Before, Context, Room, laid_out, room_for
from cns.services.opening import Opening, Pair
from tests.conversing import completed, conversation
from tests.fakes.llm import Says
from tests.values import message, segment

CONTEXT = 8192


def pair(words: str) -> Pair:
    asked, said = message(words), message(words, Role.ASSISTANT)
    return Pair(question=asked, answer=said, sources=(asked.id, said.id))


CHAPTER = segment(title="A walk", summary="We walked along the weir.", complexity=2)
OPENING = Opening(
    chapters=(CHAPTER,), pairs=(pair("Good night."), pair("Sleep well.")), pause="It was long."
)


def chapter(turns: int, length: int = 300) -> list[Message]:
    """Turns of so many characters a message; the last one waits for its answer."""
    where = SegmentId(uuid4())
    said: list[Message] = []
    for n in range(turns):
        words = f"On day {n} I saw a heron. ".ljust(length, "x")
        said += [message(words, segment_id=where)]
        said += [message(words, Role.ASSISTANT, segment_id=where)]
    return said[:-1]


def spent(context: Context) -> int:
    return sum(map(tokens, context.messages))


def room(free: int, context: int = CONTEXT) -> Room:
    return Room(free=free, context=context)


chapters = st.builds(chapter, st.integers(1, 12), st.integers(30, 900))
openings = st.sampled_from([Opening(), OPENING, Opening(pause="It was long.")])


@given(openings, chapters, st.integers(-50, 4000))
def test_never_more_is_sent_than_there_is_room_for(
    opening: Opening, said: list[Message], free: int
) -> None:
    sent = laid_out(opening, said, room(free))
    assert spent(sent) <= free or sent.messages == (said[-1],)


@given(openings, chapters, st.integers(-50, 4000))
def test_users_and_assistant_take_turns_from_the_user_to_the_user(
    opening: Opening, said: list[Message], free: int
) -> None:
    sent = laid_out(opening, said, room(free)).messages
    assert sent[0].role is sent[-1].role is Role.USER
    assert all(a.role is not b.role for a, b in pairwise(sent))


@given(openings, chapters, st.integers(-50, 4000))
def test_what_is_not_sent_is_counted(opening: Opening, said: list[Message], free: int) -> None:
    sent = laid_out(opening, said, room(free))
    ours = {m.id for m in said}
    assert sent.left_out == len(said) - sum(m.id in ours for m in sent.messages)
    assert sent.left_out or not sent.summarised


@given(openings, chapters, st.integers(-50, 4000))
def test_each_notice_stands_there_at_most_once(
    opening: Opening, said: list[Message], free: int
) -> None:
    sent = laid_out(opening, said, room(free))
    words = "".join(m.text for m in sent.messages)
    assert words.count("<mira:earlier>") == len(sent.opening)
    assert words.count("<mira:break>") <= 1


def test_with_room_enough_everything_is_sent_in_order() -> None:
    said = chapter(3)
    sent = laid_out(OPENING, said, room(CONTEXT))
    assert sent.messages[4].text == f"<mira:break>\nIt was long.\n</mira:break>\n\n{said[0].text}"
    assert sent.messages[5:] == tuple(said[1:])
    assert sent.messages[0].text == f"{OPENING.earlier}\n\nGood night."
    assert sent.as_json() == {"left_out": 0, "summarised": False, "opening": [str(CHAPTER.id)]}


def test_what_is_left_out_of_a_long_chapter_is_summed_up() -> None:
    said = chapter(20)
    sent = laid_out(OPENING, said, room(3000))
    assert sent.summarised
    (head,) = (m for m in sent.messages if "<mira:break>" in m.text)
    assert f"It was long.\nThe first {sent.left_out} messages of this chapter" in head.text
    assert "On day 0 I saw a heron." in head.text
    assert head.text.endswith(said[sent.left_out].text)


def test_a_first_chapter_that_grows_too_long_is_summed_up_as_well() -> None:
    sent = laid_out(Opening(), chapter(20), room(3000))
    assert sent.messages[0].text.startswith("<mira:break>\nThe first ")
    assert sent.opening == ()


def test_what_was_said_before_is_counted_as_left_out() -> None:
    said = chapter(3)
    sent = laid_out(Opening(), said, room(CONTEXT), Before(count=500))
    assert (sent.left_out, sent.summarised) == (500, False)
    notice = "The first 500 messages of this chapter are left out here for their length."
    assert sent.messages[0].text == f"<mira:break>\n{notice}\n</mira:break>\n\n{said[0].text}"
    assert sent.messages[1:] == tuple(said[1:])


def test_what_was_said_before_and_what_has_no_room_are_counted_together() -> None:
    sent = laid_out(Opening(), chapter(20), room(3000), Before(count=500))
    head = sent.messages[0].text
    assert f"The first {sent.left_out} messages of this chapter" in head
    assert sent.left_out > 500
    assert "In short:" in head


def test_a_summary_of_what_was_said_before_stands_for_it() -> None:
    said = chapter(3)
    sent = laid_out(Opening(), said, room(CONTEXT), Before(count=500, gist="A <mira:break> tent."))
    head = sent.messages[0].text
    assert (sent.left_out, sent.summarised) == (500, True)
    assert 'are left out here for their length. In short: "A ' in head
    assert head.count("<mira:break>") == 1


def test_that_summary_and_the_one_of_what_has_no_room_stand_together() -> None:
    sent = laid_out(
        Opening(), chapter(20), room(3000), Before(count=500, gist="We planned a tent.")
    )
    head = sent.messages[0].text
    assert "We planned a tent. " in head
    assert "On day 0 I saw a heron." in head


def test_a_small_model_counts_what_was_said_before() -> None:
    sent = laid_out(
        OPENING, chapter(3), Room(free=5000, context=2048, compact=True), Before(count=7)
    )
    assert sent.left_out == 7


def test_what_is_left_out_goes_in_steps() -> None:
    beginnings = [
        laid_out(OPENING, chapter_of_one, room(3000)).left_out
        for chapter_of_one in (chapter(n) for n in range(1, 60))
    ]
    assert beginnings == sorted(beginnings)
    assert len(set(beginnings)) <= 13, "59 turns, and the beginning moves every five at most"


def test_between_two_steps_a_turn_begins_as_the_turn_before_it() -> None:
    whole = chapter(60)
    turns = [laid_out(OPENING, whole[: 2 * n + 1], room(3000)) for n in range(60)]
    same = [(a, b) for a, b in pairwise(turns) if a.left_out == b.left_out]
    assert len(same) > 45
    for shorter, longer in same:
        assert longer.messages[: len(shorter.messages)] == shorter.messages


def test_without_room_for_a_summary_the_newest_are_sent_without_one() -> None:
    sent = laid_out(Opening(), chapter(20, 30), room(100, 800))
    assert sent.left_out
    assert not sent.summarised


def test_a_small_model_is_sent_the_newest_and_nothing_else() -> None:
    said = chapter(20)
    sent = laid_out(OPENING, said, Room(free=500, context=2048, compact=True))
    assert sent.messages == tuple(said[-len(sent.messages) :])
    assert (sent.summarised, sent.opening) == (False, ())
    assert sent.left_out == len(said) - len(sent.messages)


def test_nothing_said_is_nothing_sent() -> None:
    assert laid_out(OPENING, [], room(1000)) == Context()


def test_without_a_question_there_is_no_opening() -> None:
    said = [message("Well.", Role.ASSISTANT)]
    assert laid_out(OPENING, said, room(1000)).messages == tuple(said)


def test_a_failed_answer_is_neither_sent_nor_counted() -> None:
    where = SegmentId(uuid4())
    first = message("Who?", segment_id=where)
    failed = message(
        "I thi", Role.ASSISTANT, parent_id=first.id, status=MessageStatus.FAILED, segment_id=where
    )
    sent = laid_out(Opening(), [first, failed], room(1000))
    assert (sent.messages, sent.left_out) == ((first,), 0)


@pytest.mark.parametrize(("text", "least"), [("", 0), ("ab", 1), ("abcd", 2), ("早安", 2)])
def test_no_words_take_no_room(text: str, least: int) -> None:
    assert text_tokens(text) == least


def test_a_turn_keeps_what_was_left_out_and_what_opened_it() -> None:
    talk = conversation(Says("A fine name."), Says("Yes."))
    talk.say()
    closed = talk.segments.end_active()
    record = talk.store.turn(completed(talk.say("Are you there?")).turn_id)
    assert record.trace is not None
    assert record.trace["context"] == {
        "left_out": 0,
        "summarised": False,
        "opening": [str(closed)],
    }


def sections(live: int) -> tuple[Section, Section]:
    """Three bytes a token; the cached one is always the same."""
    cached = Section(name="base_prompt", content="x" * 1500, cached=True, seconds=0.0)
    return cached, Section(name="live", content="x" * 3 * live, cached=False, seconds=0.0)


@given(
    openings,
    st.integers(30, 900),
    st.lists(st.integers(0, CONTEXT // LIVE_SHARE), min_size=12, max_size=12),
)
def test_the_cut_through_a_chapter_never_moves_back(
    opening: Opening, length: int, live: list[int]
) -> None:
    """Whatever came to mind in a turn: the head of what is sent stays for as long as it can."""
    whole = chapter(3 * len(live), length)
    left_out = [
        laid_out(
            opening,
            whole[: 6 * turn + 1],
            room_for(sections(tokens), CONTEXT - 1024, CONTEXT, compact=False),
        ).left_out
        for turn, tokens in enumerate(live)
    ]
    assert left_out == sorted(left_out)


def test_what_is_live_never_takes_more_than_there_is() -> None:
    much = room_for(sections(3000), CONTEXT - 1024, CONTEXT, compact=False)
    none = room_for(sections(0), CONTEXT - 1024, CONTEXT, compact=False)
    small = room_for(sections(0), 2048 - 500, 2048, compact=True)
    assert (much.free, none.free, small.free) == (
        CONTEXT - 1024 - 500 - 3000,
        CONTEXT - 1024 - 500 - CONTEXT // LIVE_SHARE,
        2048 - 500 - 500,
    )
