"""What is read out of a question besides its words."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

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
    assert question.asks_about(datetime(2025, 3, 9, tzinfo=UTC)) == 1
    assert not question.asks_about(datetime(2024, 3, 9, tzinfo=UTC))


def test_a_month_without_a_year_is_that_of_any_year() -> None:
    assert read("What did we do in March?").asks_about(datetime(2019, 3, 9, tzinfo=UTC)) == 1


@pytest.mark.parametrize("asked", ["Does Anna-Lena Müller sing?", "does anna-lena sing?"])
def test_a_person_is_met_by_first_name_as_well(asked: str) -> None:
    assert read(asked).asks_for(name_keys("Anna-Lena Müller", person=True))


def test_a_place_is_met_by_its_whole_name_alone() -> None:
    assert read("Was it in New York?").asks_for(name_keys("New York", person=False))
    assert not read("Is it new?").asks_for(name_keys("New York", person=False))


FRIDAY = datetime(2026, 5, 15, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "at", "fits"),
    [
        ("What did I do yesterday?", (2026, 5, 14), 1.0),
        ("What did I do yesterday?", (2026, 5, 15), 0.5),
        ("What did I do yesterday?", (2026, 5, 12), 0.0),
        ("Where was I two weeks ago?", (2026, 5, 1), 1.0),
        ("Where was I two weeks ago?", (2026, 4, 1), 0.0),
        ("What was broken last spring?", (2025, 4, 20), 1.0),
        ("What was broken last spring?", (2025, 6, 3), 0.5),
        ("What did Marta say on Tuesday?", (2026, 5, 12), 1.0),
        ("What will Marta do on Tuesday?", (2026, 5, 19), 1.0),
        ("Whom did I meet on 3 March 2026?", (2026, 3, 3), 1.0),
        ("Whom did I meet on 3 March 2026?", (2026, 3, 20), 0.5),
        ("Whom did I meet in March 2026?", (2026, 3, 20), 1.0),
        ("Whom did I meet in 2025?", (2025, 8, 20), 1.0),
        ("What did I do before we moved?", (2026, 5, 14), 0.0),
    ],
)
def test_a_time_is_read_from_where_it_is_asked(
    asked: str, at: tuple[int, int, int], fits: float
) -> None:
    noon = datetime(*at, 12, tzinfo=UTC)
    assert read(asked, FRIDAY).asks_about(noon) == fits


def test_a_day_is_that_of_the_zone() -> None:
    late = datetime(2026, 5, 14, 23, tzinfo=UTC)
    assert read("What did I do yesterday?", FRIDAY).asks_about(late) == 1
    auckland = ZoneInfo("Pacific/Auckland")
    assert read("What did I do yesterday?", FRIDAY, auckland).asks_about(late) == 1
    assert read("What did I do today?", FRIDAY, auckland).asks_about(FRIDAY) == 1


def test_without_a_moment_of_asking_no_day_is_read() -> None:
    assert read("What did I do yesterday?").spans == ()


@given(st.text(), st.datetimes(timezones=st.just(UTC)))
def test_how_a_time_fits_is_a_share(text: str, at: datetime) -> None:
    assert 0 <= read(text, FRIDAY).asks_about(at) <= 1
