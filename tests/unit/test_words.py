"""How text becomes terms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lt_memory.domain.stem import stem
from lt_memory.domain.words import joined, query_terms, terms


@pytest.mark.parametrize(
    ("word", "stemmed"),
    [
        ("caresses", "caress"),
        ("ponies", "poni"),
        ("cats", "cat"),
        ("feed", "feed"),
        ("agreed", "agre"),
        ("plastered", "plaster"),
        ("sing", "sing"),
        ("conflated", "conflat"),
        ("hopping", "hop"),
        ("falling", "fall"),
        ("filing", "file"),
        ("happy", "happi"),
        ("sky", "sky"),
        ("relational", "relat"),
        ("electrical", "electr"),
        ("hopefulness", "hope"),
        ("replacement", "replac"),
        ("adoption", "adopt"),
        ("opinion", "opinion"),
        ("probate", "probat"),
        ("rate", "rate"),
        ("cease", "ceas"),
        ("controll", "control"),
        ("roll", "roll"),
        ("generalizations", "gener"),
    ],
)
def test_a_word_is_stemmed_as_porter_says(word: str, stemmed: str) -> None:
    assert stem(word) == stemmed


@pytest.mark.parametrize("word", ["is", "café", "ab12", "x"])
def test_what_is_no_plain_english_word_is_not_stemmed(word: str) -> None:
    assert stem(word) == word


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Walking the dogs", ["walk", "dog"]),
        ("Café Zürich", ["cafe", "zurich"]),
        ("Anna\u2019s dog's toys", ["anna", "dog", "toi"]),
        ("I don't, they're", []),
        ("o'clock", ["oclock"]),
        ("\uff46\uff55\uff4c\uff4c \ufb01ne", ["full", "fine"]),
        ("it happened in May", ["happen", "mai"]),
    ],
)
def test_words_are_folded_stemmed_and_sieved(text: str, found: list[str]) -> None:
    assert terms(text) == found


@pytest.mark.parametrize(
    "whole", ["ab-1234", "2026-03-02", "10:30", "v1.2.3", "foo_bar", "x@y.example"]
)
def test_an_identifier_is_kept_whole(whole: str) -> None:
    assert whole in terms(f"it was {whole.upper()}, I think")


def test_an_identifier_is_found_by_its_parts_too() -> None:
    assert terms("AB-1234") == ["ab-1234", "ab", "1234"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("東京タワー", ["東京", "京タ", "タワ", "ワー"]),
        ("서울에서 coffee", ["서울", "울에", "에서", "coffe"]),
        ("猫", ["猫"]),
        ("東京2020", ["東京", "2020"]),
    ],
)
def test_languages_without_spaces_are_cut_into_pairs(text: str, found: list[str]) -> None:
    assert terms(text) == found


def test_vowel_signs_do_not_cut_a_word() -> None:
    assert len(terms("हिन्दी")) == 1


def test_a_question_asks_for_each_term_once() -> None:
    assert query_terms("Which dog is the dog of dogs?") == ["dog"]


def test_a_question_of_stop_words_asks_for_nothing() -> None:
    assert query_terms("Who is it?") == []


@given(st.text())
def test_terms_never_fail_and_are_never_blank(text: str) -> None:
    assert all(term.strip() and len(term) <= 64 for term in terms(text))


@given(st.text(), st.text())
def test_terms_of_two_texts_are_those_of_each(first: str, second: str) -> None:
    assert terms(f"{first} \n {second}") == terms(first) + terms(second)


@pytest.mark.parametrize(
    ("asked", "said"),
    [("When did she go?", "went"), ("Did he buy it?", "bought"), ("How many children?", "child")],
)
def test_an_irregular_form_is_met_by_its_base(asked: str, said: str) -> None:
    assert not set(query_terms(asked)).isdisjoint(terms(said))


def test_what_asks_for_a_kind_names_nothing() -> None:
    assert query_terms("What kind of tea, which types of cake?") == ["tea", "cake"]
    assert query_terms("Was she kind?") == ["kind"]


def test_how_often_and_how_long_are_words_of_a_question() -> None:
    assert query_terms("How often, how many, how long?") == ["often", "mani", "long"]


def test_neighbouring_words_are_also_met_as_one() -> None:
    assert joined("How often do they work out?") == ["theywork", "workout"]


@given(st.text())
def test_words_can_be_joined_of_any_text(text: str) -> None:
    assert all(word.isascii() for word in joined(text))
