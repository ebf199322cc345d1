"""The scripted year that recall is measured on holds together."""

from collections import Counter
from itertools import pairwise

import pytest

from benchmarks import year

ALL = year.read()
SAID = {message.id: message for message in ALL.messages}
DRAWN = {memory.id: memory for memory in ALL.memories}
NAMES = ["messages", "memories", "questions"]


@pytest.mark.parametrize("name", NAMES)
def test_no_id_is_given_twice(name: str) -> None:
    ids = [each.id for each in getattr(ALL, name)]

    assert len(ids) == len(set(ids))


def test_messages_come_in_the_order_in_which_they_were_said() -> None:
    assert all(before.at < after.at for before, after in pairwise(ALL.messages))


def test_a_session_is_one_stretch_in_one_language_on_one_day() -> None:
    sessions = {message.session for message in ALL.messages}
    stretches = {(each.session, each.language, each.at.date()) for each in ALL.messages}
    changes = sum(before.session != after.session for before, after in pairwise(ALL.messages))

    assert len(stretches) == len(sessions) == changes + 1


def test_memories_rest_on_messages_that_were_said_by_then() -> None:
    for memory in ALL.memories:
        assert memory.messages
        assert max(SAID[each].at for each in memory.messages) == memory.at


def test_memories_take_the_place_only_of_older_ones_that_still_held() -> None:
    replaced = Counter(old for memory in ALL.memories for old in memory.supersedes)

    assert set(replaced.values()) <= {1}
    for memory in ALL.memories:
        for old in (*memory.supersedes, *memory.conflicts):
            assert DRAWN[old].at < memory.at


def test_no_question_is_asked_twice() -> None:
    texts = [question.text.casefold() for question in ALL.questions]

    assert len(texts) == len(set(texts))


def test_questions_are_asked_in_order_after_all_was_said() -> None:
    asked = [question.asked_at for question in ALL.questions]

    assert asked == sorted(asked)
    assert asked[0] > ALL.messages[-1].at


def test_an_answer_stands_in_its_messages_word_for_word() -> None:
    for question in ALL.questions:
        said = " ".join(SAID[each].text for each in question.messages).casefold()

        assert bool(question.says) == bool(question.messages) == question.has_answer
        assert [word for word in question.says if word.casefold() not in said] == []


def test_memories_that_answer_rest_on_the_messages_that_answer_and_still_hold() -> None:
    for question in ALL.questions:
        for memory in question.memories:
            assert not question.messages.isdisjoint(DRAWN[memory].messages)
            assert memory not in ALL.ended


def test_a_change_is_answered_by_the_last_of_what_was_said_of_it() -> None:
    changes = [question for question in ALL.questions if question.kind == "change"]

    for question in changes:
        assert question.before
        assert question.memories == {question.newest}
        assert max(SAID[each].at for each in question.before) < min(
            SAID[each].at for each in question.messages
        )
    assert not any(q.newest for q in ALL.questions if q.kind != "change")


def test_a_question_is_held_out_when_its_answer_was_last_told_from_july_on() -> None:
    for question in ALL.questions:
        months = [SAID[each].at.month for each in question.messages]

        if months:
            assert question.half == (year.TUNE if max(months) < 7 else year.HELD_OUT)


def test_there_is_enough_of_each_kind_to_measure_by() -> None:
    questions = ALL.questions
    foreign = Counter(each.language for each in questions if each.language != "en")
    newest = [each for each in questions if each.newest is not None]

    assert len(ALL.messages) >= 900
    assert len(questions) - foreign.total() >= 240
    assert foreign.keys() == {"de", "fr", "es", "it", "pt", "nl", "pl", "zh", "ja", "ko"}
    assert foreign.total() >= 60
    assert len(newest) >= 40
    assert sum(not each.has_answer for each in questions) >= 60
    assert all(count >= 10 for count in Counter(each.kind for each in questions).values())


def test_questions_in_a_language_are_about_what_was_said_in_it() -> None:
    for question in ALL.questions:
        languages = {SAID[each].language for each in question.messages}

        assert not languages or question.language in languages
