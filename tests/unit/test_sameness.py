"""Nearness only nominates: which pairs are repeats, and how the others stand to each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lt_memory.domain.sameness import differences, is_repeat, relation

REPEATS = [
    ("I'm allergic to peanuts.", "I am allergic to peanuts."),
    ("I’m allergic to peanuts.", "I'm really allergic to peanuts!"),
    ("I have two cats, Miso and Tofu.", "I have two cats called Miso and Tofu."),
    ("I have 2 cats.", "I have two cats."),
    ("My sister Anna lives in Leeds.", "my sister anna lives in leeds"),
    ("My sister Anna lives in Leeds.", "My sister is called Anna, she lives in Leeds."),
    ("I'm alergic to peanuts.", "I'm allergic to peanuts."),
    ("I don't eat meat.", "I do not eat meat."),
    ("I was born on 3 May 1987.", "I was born on 3 may 1987."),
    ("I can't drive.", "I cannot drive."),
]
DIFFERENT = [
    ("I'm allergic to peanuts.", "I'm not allergic to peanuts.", "negation"),
    ("I take 20 mg of citalopram.", "I take 40 mg of citalopram.", "numbers"),
    ("I have two cats.", "I have three cats.", "numbers"),
    ("I was born on 3 May 1987.", "I was born on 3 June 1987.", "dates"),
    ("My sister Anna lives in Leeds.", "My sister Anna lives in York.", "names"),
    ("My sister Anna lives in Leeds.", "My sister Maria lives in Leeds.", "names"),
    ("I live in Leeds.", "I lived in Leeds.", "tense"),
    ("I work at Tesco.", "I will work at Tesco.", "tense"),
    ("I eat meat.", "I never eat meat.", "negation"),
    ("I like tea.", "I like coffee.", "words"),
    ("I'm allergic to peanuts.", "My sister is allergic to peanuts.", "words"),
    ("Anna likes Tom.", "Tom likes Anna.", "names"),
    ("I'm married.", "I'm unmarried.", "words"),
    ("My meeting is on Monday.", "My meeting is on Tuesday.", "dates"),
    ("She lives in Leeds.", "He lives in Leeds.", "subject"),
    ("I like dogs.", "I dislike dogs.", "words"),
    ("I no longer work at Tesco.", "I work at Tesco.", "negation"),
]


@pytest.mark.parametrize(("one", "other"), REPEATS)
def test_the_same_in_other_words_of_no_weight_is_a_repeat(one: str, other: str) -> None:
    assert differences(one, other) == ()
    assert is_repeat(other, one)


@pytest.mark.parametrize(("one", "other", "point"), DIFFERENT)
def test_one_fact_apart_is_no_repeat(one: str, other: str, point: str) -> None:
    assert point in differences(one, other)
    assert not is_repeat(other, one)


RELATIONS = [
    ("I'm not allergic to peanuts.", "I'm allergic to peanuts.", "conflicts"),
    ("I'm no longer allergic to peanuts.", "I'm allergic to peanuts.", "supersedes"),
    ("I don't work at Tesco anymore.", "I work at Tesco.", "supersedes"),
    ("I take 40 mg of citalopram.", "I take 20 mg of citalopram.", "conflicts"),
    ("I live in York.", "I live in Leeds.", "conflicts"),
    ("My meeting is on Tuesday.", "My meeting is on Monday.", "conflicts"),
    ("I live in York now.", "I live in Leeds.", "supersedes"),
    ("My shop is open on Mondays.", "My shop is closed on Mondays.", "conflicts"),
    ("I love olives.", "I hate olives.", "conflicts"),
    ("My daughter is 5 years old.", "My son is 5 years old.", "related"),
    ("I used to live in Leeds.", "I live in Leeds.", "supersedes"),
    ("I visited Japan in 2019.", "I visited Japan in 2018.", "related"),
    ("I lived in Leeds.", "I live in Leeds.", "related"),
    ("I have a cat called Tofu.", "I have a cat called Miso.", "related"),
    ("My sister is allergic to peanuts.", "I'm allergic to peanuts.", "related"),
    ("I like tea with milk and sugar.", "I like tea.", "related"),
    ("I drink coffee now.", "I drink tea.", "supersedes"),
]


@pytest.mark.parametrize(("new", "old", "kind"), RELATIONS)
def test_what_differs_is_linked_by_how_it_differs(new: str, old: str, kind: str) -> None:
    assert relation(new, old) == kind


sentence = st.lists(
    st.sampled_from(
        [
            "I",
            "my",
            "not",
            "never",
            "Anna",
            "Leeds",
            "20",
            "twice",
            "May",
            "lives",
            "lived",
            "will",
            "tea",
            "cats",
            "don't",
        ]
    ),
    min_size=1,
    max_size=8,
).map(" ".join)


@given(sentence)
def test_every_sentence_repeats_itself(text: str) -> None:
    assert is_repeat(text, text)


@given(sentence, sentence)
def test_differences_do_not_depend_on_the_order_asked(one: str, other: str) -> None:
    assert differences(one, other) == differences(other, one)


@given(st.text(max_size=80))
def test_any_text_can_be_compared(text: str) -> None:
    assert differences(text, text) == ()
