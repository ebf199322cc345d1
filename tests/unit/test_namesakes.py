"""Which names may be of one, and which never are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lt_memory.domain.namesakes import Evidence, longest, may_be_one


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("person", "ada king", "ada king"),
        ("person", "ada", "ada king"),
        ("person", "king", "ada king"),
        ("person", "a king", "ada king"),
        ("person", "ada king", "ada byron king"),
        ("person", "ada kingsley", "ada kingsly"),
        ("org", "acme", "acme ltd"),
        ("org", "nhs", "national health service"),
        ("gpe", "edinburgh", "edinburg"),
        ("product", "iphone 12", "iphone 12"),
    ],
)
def test_these_may_be_of_one(kind: str, one: str, other: str) -> None:
    assert may_be_one(kind, one, other)
    assert may_be_one(kind, other, one)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("person", "anna", "anne"),
        ("person", "anna king", "anne king"),
        ("person", "christina", "christine"),
        ("person", "ada king", "ada kingsley"),
        ("person", "ada king", "eve king"),
        ("person", "ada king", "a byron"),
        ("person", "b king", "ada king"),
        ("person", "ada king", "ada byron"),
        ("person", "ada king", "ada king byron"),
        ("person", "john smith sr", "john smith jr"),
        ("person", "john smith", "john smith jr"),
        ("person", "king george ii", "king george iii"),
        ("person", "paris", "paris hilton jr"),
        ("org", "apple", "apple pie"),
        ("org", "ltd", "acme"),
        ("product", "iphone 12", "iphone 13"),
        ("product", "iphone", "iphone 12"),
        ("gpe", "york", "new york"),
        ("gpe", "iran", "iraq"),
        ("gpe", "austria", "australia"),
        ("gpe", "north korea", "south korea"),
        ("gpe", "bath", "math"),
        ("gpe", "", "bath"),
    ],
)
def test_these_are_of_two(kind: str, one: str, other: str) -> None:
    assert not may_be_one(kind, one, other)
    assert not may_be_one(kind, other, one)


def test_evidence_is_weighed_and_all_of_it_is_wanted() -> None:
    evidence = Evidence(vector=0.8, spelling=0.9, company=0.5)
    assert evidence.score == pytest.approx(0.4 * 0.8 + 0.3 * 0.9 + 0.3 * 0.5)
    assert evidence.enough
    assert not Evidence(vector=0.8, spelling=0.9, company=0.2).enough
    assert not Evidence(vector=0.8, spelling=0.8, company=0.5).enough
    assert not Evidence(vector=0.7, spelling=0.9, company=0.5).enough


NAMES = st.text("abc 12", max_size=9).map(lambda text: " ".join(text.split()))


@given(st.sampled_from(["person", "org"]), NAMES, NAMES)
def test_it_is_the_same_both_ways(kind: str, one: str, other: str) -> None:
    assert may_be_one(kind, one, other) == may_be_one(kind, other, one)
    assert longest(one, other) or longest(other, one)
