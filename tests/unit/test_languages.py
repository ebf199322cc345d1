"""The languages that words are searched in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args
from uuid import uuid4

import pytest

from adapters.languages import CODES, language
from adapters.text_index import TantivyIndex
from config.languages import SearchLanguage
from lt_memory.domain.words import ENGLISH, joined, query_terms, terms
from lt_memory.ports import TextItem, TextQuery
from tests.fakes.text_source import FakeTextSource

GERMAN = language("german")


def test_every_language_that_can_be_set_has_a_stemmer_and_stop_words() -> None:
    assert {*CODES, "english"} == set(get_args(SearchLanguage))
    for name in CODES:
        known = language(name)
        assert known.name == name
        assert len(known.stop_words) > 50
        assert known.stem("abcde")


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("german", "In welchen Häusern?", "ein rotes Haus"),
        ("french", "les écoles", "à l'école"),
        ("spanish", "¿Qué canciones?", "una canción"),
        ("italian", "quali università", "all'Università di Pisa"),
        ("russian", "большие дома", "в большом доме"),
        ("portuguese", "minhas gatas", "uma gata preta"),
    ],
)
def test_a_word_is_found_in_its_other_forms(name: SearchLanguage, asked: str, said: str) -> None:
    spoken = language(name)
    assert not set(query_terms(asked, spoken)).isdisjoint(terms(said, spoken))


def test_stop_words_of_the_language_say_nothing() -> None:
    assert query_terms("Wo sind die, in denen wir waren?", GERMAN) == []
    assert "die" in query_terms("Did the plant die?")


def test_an_elided_article_is_cut_off_and_joins_nothing() -> None:
    assert terms("l'école", language("french")) == ["ecol"]
    assert joined("Schlaf zimmer", GERMAN) == []


def test_identifiers_stay_whole_in_every_language() -> None:
    assert "ab-1234" in terms("Bestellung AB-1234", GERMAN)


def test_another_language_makes_the_index_anew(tmp_path: Path) -> None:
    said = "Wir haben in alten Häusern gewohnt."
    then = datetime(2026, 4, 1, tzinfo=UTC)
    source = FakeTextSource([TextItem(kind="memory", id=uuid4(), text=said, instants=(then,))])
    asked = TextQuery(text="Haus", kinds=frozenset({"memory"}), limit=5)
    with TantivyIndex(tmp_path / "index", source, ENGLISH) as index:
        index.catch_up(timedelta(seconds=10))
        assert index.search(asked) == []
    with TantivyIndex(tmp_path / "index", source, GERMAN) as index:
        index.catch_up(timedelta(seconds=10))
        assert len(index.search(asked)) == 1
