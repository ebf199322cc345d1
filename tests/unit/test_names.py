"""Names: by rules, by spaCy, and by rules again when spaCy is lost."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from adapters.names import SpacyNames
from lt_memory.domain.memory import EntityName
from lt_memory.entities import RuleNames


def named(found: Sequence[EntityName]) -> dict[str, str]:
    return {each.name: each.kind for each in found}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("My sister Anna lives in Leeds.", {"Anna": "person", "Leeds": "gpe"}),
        ("I have two cats, Miso and Tofu.", {"Miso": "person", "Tofu": "person"}),
        ("I work as a nurse at St Mary's.", {"St Mary's": "org"}),
        ("My name is Tomas.", {"Tomas": "person"}),
        ("I drive a Honda Jazz.", {"Honda Jazz": "thing"}),
        ("I was born on 3 May 1987.", {}),
        ("I'm allergic to peanuts.", {}),
        ("My brother Joe and I moved to New York in June.", {"Joe": "person", "New York": "gpe"}),
    ],
)
def test_rules_find_names_by_capitals_and_cues(text: str, names: dict[str, str]) -> None:
    assert named(RuleNames().find(text)) == names


@dataclass(frozen=True)
class Span:
    text: str
    label_: str


@dataclass(frozen=True)
class Document:
    ents: Sequence[Span]


def language(*spans: Span) -> SpacyNames:
    return SpacyNames(load=lambda: lambda _text: Document(spans))


def test_a_person_by_rule_stays_one_whatever_the_model_says() -> None:
    names = language(Span("Anna", "GPE"), Span("Leeds", "ORG"))
    assert named(names.find("My sister Anna lives in Leeds.")) == {"Anna": "person", "Leeds": "org"}


def test_a_part_of_a_longer_name_is_not_named_apart() -> None:
    names = language(Span("St Mary's Hospital", "ORG"), Span("Mary", "PERSON"))
    assert named(names.find("I work at St Mary's Hospital.")) == {"St Mary's Hospital": "org"}


def test_kinds_that_name_nothing_are_passed_over() -> None:
    names = language(Span("two", "CARDINAL"), Span("last year", "DATE"))
    assert named(names.find("i have had two cats since last year")) == {}


def test_a_word_or_two_is_left_to_the_rules() -> None:
    names = SpacyNames(load=lambda: pytest.fail("loaded for nothing"))
    assert named(names.find("Anna")) == {}
    assert names.ping().ok


def test_a_lost_model_is_asked_for_once_and_said() -> None:
    tried: list[int] = []

    def lost() -> None:
        tried.append(1)
        raise OSError("no such file")

    names = SpacyNames(load=lost)  # type: ignore[arg-type]  # it never returns
    for _ in range(2):
        assert named(names.find("My sister Anna lives in Leeds.")) == {
            "Anna": "person",
            "Leeds": "gpe",
        }
    part = names.ping()
    assert (len(tried), part.ok, part.required) == (1, False, False)
    assert "no such file" in part.detail


@pytest.mark.model
def test_the_real_model_finds_people_places_and_firms() -> None:
    names = SpacyNames()
    found = named(
        names.find("Last spring Maria Lopez moved from Munich to Lisbon to join Siemens.")
    )
    assert found == {"Maria Lopez": "person", "Munich": "gpe", "Lisbon": "gpe", "Siemens": "org"}
    assert names.ping().detail == "spaCy"
