"""What is read out of a question besides its words."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lt_memory.domain.question import core, name_keys, read


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("When did Marta go to the choir?", "When did go to the choir?"),
        ("What is Marta's new job?", "What is new job?"),
        ("What do Marta and Jonas both like?", "What do and both like?"),
        ("Where does James\u2019 brother live?", "Where does brother live?"),
        ("What does the choir in Leeds sing?", "What does the choir in Leeds sing?"),
        ("Did Marta?", "Did Marta?"),
        ("What's my sister called?", "What's my sister called?"),
        ("I went with Marta's dog.", "I went with Marta's dog."),
        ("", ""),
    ],
)
def test_the_core_of_a_question_leaves_out_whom_it_is_about(question: str, kept: str) -> None:
    assert core(question) == kept


@given(st.text())
def test_a_question_always_has_a_core(text: str) -> None:
    assert core(text) or not text
    assert read(text) == read(text)


@pytest.mark.parametrize(
    ("question", "first_person"),
    [
        ("What is my dog called?", True),
        ("When did I move?", True),
        ("What did you tell me about tea?", False),
        ("What is the capital of Peru?", False),
    ],
)
def test_a_question_about_the_asker_is_known(question: str, *, first_person: bool) -> None:
    assert read(question).first_person is first_person


@pytest.mark.parametrize(
    ("question", "months"),
    [
        ("What happened in May 2025?", {(2025, 5)}),
        ("What may happen?", set()),
        ("Was it march or april?", {(None, 3), (None, 4)}),
        ("What was said on 2025-11-02?", {(2025, 11)}),
        ("And in 2025?", set()),
    ],
)
def test_months_are_read(question: str, months: set[tuple[int | None, int]]) -> None:
    assert read(question).months == months


def test_a_question_asks_about_an_instant_of_its_month() -> None:
    question = read("What did we do in March 2025?")
    assert question.asks_about([datetime(2025, 3, 9, tzinfo=UTC)])
    assert not question.asks_about([datetime(2024, 3, 9, tzinfo=UTC)])


def test_a_month_without_a_year_is_that_of_any_year() -> None:
    assert read("What did we do in March?").asks_about([datetime(2019, 3, 9, tzinfo=UTC)])


@pytest.mark.parametrize("asked", ["Does Anna-Lena Müller sing?", "does anna-lena sing?"])
def test_a_person_is_met_by_first_name_as_well(asked: str) -> None:
    assert read(asked).asks_for(name_keys("Anna-Lena Müller", person=True))


def test_a_place_is_met_by_its_whole_name_alone() -> None:
    assert read("Was it in New York?").asks_for(name_keys("New York", person=False))
    assert not read("Is it new?").asks_for(name_keys("New York", person=False))
