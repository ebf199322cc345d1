"""What a turn is about, by rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cns.domain.message import Document, Image, Message
from cns.domain.touchstone import LONGEST as WEIGHTED
from cns.domain.touchstone import NOTHING, Touchstone
from cns.services.touchstone import LONGEST, rule_made
from tests.values import continuum, mark, message


def about(*said: str) -> str:
    """The narrative of the last of these messages of the user."""
    state, last = continuum(), message(said[0])
    segment_id = last.segment_id
    for text in said:
        last = message(text, segment_id=segment_id)
        state = state.hear(last, mark()).continuum
    return rule_made(state, last).narrative


def test_a_full_sentence_speaks_for_itself() -> None:
    assert about("I have a cat.", "My sister lives in Hamburg now.") == (
        "My sister lives in Hamburg now."
    )


@pytest.mark.parametrize("second", ["And Hamburg?", "What did she say about the garden?", "Why?"])
def test_words_that_point_back_are_led_by_the_ones_before(second: str) -> None:
    assert about("My sister moved.", second) == f"My sister moved. {second}"


def test_a_pronoun_beside_a_name_points_at_the_name() -> None:
    assert about("My sister moved.", "When did Anna sell her flat?") == (
        "When did Anna sell her flat?"
    )


def test_the_first_words_point_at_nothing_before() -> None:
    assert about("Why?") == "Why?"


def test_white_space_is_made_even() -> None:
    assert about("  My sister\n\nlives in   Hamburg now. ") == "My sister lives in Hamburg now."


def picture() -> Message:
    return message((Image(media_type="image/png", data="aGk="),))


def test_a_picture_without_words_is_about_a_picture() -> None:
    assert rule_made(continuum(), picture()).narrative == "a picture"


@pytest.mark.parametrize(
    ("title", "narrative"), [(None, "a document"), ("My  lease", "a document: My lease")]
)
def test_a_document_without_words_is_about_a_document(title: str | None, narrative: str) -> None:
    shared = message((Document(media_type="application/pdf", data="JVBERi0=", title=title),))
    assert rule_made(continuum(), shared).narrative == narrative


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=3))
def test_it_is_never_empty_nor_too_long(said: list[str]) -> None:
    assert 0 < len(about(*said)) <= LONGEST


def test_names_and_times_are_noted() -> None:
    said = message("Last week Anna Berg and I met Tom in Hull. He leaves on Friday, in 2027.")
    made = rule_made(continuum(), said)
    assert made.entities == ("Anna Berg", "Tom", "Hull", "Friday")
    assert made.temporal == "last week, friday, 2027"


# --- what recall is asked -----------------------------------------------------

words = st.text(max_size=40)
stones = st.builds(
    Touchstone,
    narrative=words,
    temporal=words,
    hooks=st.lists(words, max_size=3).map(tuple),
    vector=st.lists(st.floats(-1, 1), min_size=2, max_size=2).map(tuple),
)


@given(stone=stones, said=words)
def test_recall_is_asked_by_the_narrative_first_and_the_message_too(
    stone: Touchstone, said: str
) -> None:
    asked = stone.weighted(said)
    assert asked.startswith(stone.narrative)
    assert said in asked


def test_what_recall_is_asked_is_never_too_long() -> None:
    assert len(Touchstone(narrative="x " * 4000).weighted("y")) == WEIGHTED


@given(one=stones, other=stones, cosine=st.floats(-1, 1))
def test_how_far_apart_two_are_depends_on_no_order(
    one: Touchstone, other: Touchstone, cosine: float
) -> None:
    assert one.is_far_from(other, cosine) == other.is_far_from(one, cosine)


def test_one_without_a_vector_is_far_from_nothing() -> None:
    placed = Touchstone(narrative="a walk", vector=(1.0, 0.0))
    assert not placed.is_far_from(NOTHING, 1.0)
    assert not NOTHING.is_far_from(placed, 1.0)
