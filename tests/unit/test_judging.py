"""What a model may say of two memories, and what the rules make of it."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lt_memory.domain.judging import (
    KINDS,
    LONGEST_REASON,
    Pair,
    Proposal,
    Shown,
    as_kept,
    pair_of,
    portions,
    proposals,
    refusal,
)
from lt_memory.domain.linking import LinkKind
from lt_memory.domain.memory import MemoryId
from tests.values import at

HOME = "I now live in York."
OLD_HOME = "I live in Leeds."


def shown(text: str, minute: float = 0, *, number: int = 1, pinned: bool = False) -> Shown:
    return Shown(
        id=MemoryId(UUID(int=number)), text=text, said_at=at(minute), revision=1, pinned=pinned
    )


def pair(new: str = HOME, old: str = OLD_HOME, *, pinned: bool = False) -> Pair:
    return pair_of(shown(old, 0, pinned=pinned), shown(new, 5, number=2))


def proposed(
    kind: LinkKind, of: Pair | None = None, *, reverse: bool = False, sure: float = 0.9
) -> Proposal:
    return Proposal(
        pair=of or pair(), kind=kind, reverse=reverse, confidence=sure, reason="it changed"
    )


def told(**fields: object) -> dict[str, object]:
    link = {"pair": 1, "kind": "supersedes", "from": "a", "confidence": 90, "reason": "moved"}
    return {"links": [{**link, **fields}]}


def test_the_later_of_two_comes_first_and_the_pair_is_noted_in_one_order() -> None:
    one = pair()
    assert (one.a.text, one.b.text) == (HOME, OLD_HOME)
    assert one.ids == (one.b.id, one.a.id)


def test_an_answer_becomes_links_of_the_pairs_that_were_asked_about() -> None:
    (found,) = proposals(told(), [pair()]) or ()
    assert (found.kind, found.confidence, found.reason) == (LinkKind.SUPERSEDES, 0.9, "moved")
    assert (found.source.text, found.target.text) == (HOME, OLD_HOME)


@pytest.mark.parametrize(
    "fields",
    [
        {"pair": 2},
        {"pair": 0},
        {"pair": -1},
        {"pair": True},
        {"pair": "1"},
        {"kind": "none"},
        {"kind": "derived_from"},
        {"kind": "obeys"},
        {"kind": None},
        {"from": "c"},
        {"confidence": 69},
        {"confidence": 101},
        {"confidence": "very"},
        {"confidence": 0.69},
        {"confidence": "medium"},
        {"confidence": 1},
        {"confidence": None},
        {"reason": 7},
    ],
    ids=repr,
)
def test_what_is_unsure_or_no_link_of_the_question_proposes_nothing(
    fields: dict[str, object],
) -> None:
    assert proposals(told(**fields), [pair()]) == []


@pytest.mark.parametrize("sure", [90, 0.9, "very high", "VERY_HIGH", "90 %", "0.9"], ids=repr)
def test_how_sure_it_is_may_be_told_in_any_of_the_usual_ways(sure: object) -> None:
    (found,) = proposals(told(confidence=sure), [pair()]) or ()
    assert found.confidence == 0.9


@pytest.mark.parametrize("document", [None, [], {}, {"links": "all"}, "links"], ids=repr)
def test_an_answer_of_another_form_is_none(document: object) -> None:
    assert proposals(document, [pair()]) is None


def test_the_first_word_on_a_pair_counts() -> None:
    first, second = told(kind="none")["links"], told()["links"]
    assert isinstance(first, list)
    assert isinstance(second, list)
    assert proposals({"links": [*first, *second, "nonsense"]}, [pair()]) == []


def test_a_reason_is_one_short_line() -> None:
    (found,) = proposals(told(reason="it\nmoved " + "far " * 99), [pair()]) or ()
    assert found.reason.startswith("it moved far")
    assert len(found.reason) <= LONGEST_REASON


def test_what_holds_both_ways_is_told_from_the_later_one() -> None:
    (found,) = proposals(told(kind="conflicts", **{"from": "b"}), [pair()]) or ()
    assert found.source.text == HOME
    (found,) = proposals(told(kind="caused_by", **{"from": "b"}), [pair()]) or ()
    assert found.source.text == OLD_HOME


@pytest.mark.parametrize(
    ("kind", "new", "old", "reason"),
    [
        ("supersedes", HOME, OLD_HOME, None),
        ("related", "My sister is vegan.", "My brother is vegan.", None),
        ("supersedes", OLD_HOME, OLD_HOME, "they say the same"),
        ("conflicts", "My sister is vegan.", "My brother is not vegan.", "different people"),
        ("supersedes", "My sister lives in York.", "My brother lives in Leeds.", "people"),
        ("supersedes", "I also have a flat in York.", "I have a flat in Leeds.", "about the same"),
        ("supersedes", "My sister lives in York.", OLD_HOME, "not about the same"),
        ("conflicts", "My sister is vegan.", "My sister eats fish.", None),
    ],
)
def test_the_rules_speak_against_what_crosses_people_or_subjects(
    kind: str, new: str, old: str, reason: str | None
) -> None:
    found = refusal(proposed(LinkKind(kind), pair(new, old)))
    assert found is None if reason is None else reason in str(found)


def test_a_model_ends_neither_what_is_pinned_nor_what_was_said_later() -> None:
    assert as_kept(proposed(LinkKind.SUPERSEDES)) is LinkKind.SUPERSEDES
    assert as_kept(proposed(LinkKind.SUPERSEDES, pair(pinned=True))) is LinkKind.CONFLICTS
    assert as_kept(proposed(LinkKind.SUPERSEDES, reverse=True)) is LinkKind.CONFLICTS
    stranger = pair("I now live in York.", "I bake bread.")
    assert as_kept(proposed(LinkKind.SUPERSEDES, stranger)) is LinkKind.CONFLICTS
    assert as_kept(proposed(LinkKind.SUPPORTS, reverse=True)) is LinkKind.SUPPORTS


def test_no_model_says_what_a_memory_was_derived_from() -> None:
    assert LinkKind.DERIVED_FROM not in KINDS


@given(st.lists(st.integers(1, 300), max_size=40), st.integers(1, 9), st.integers(1, 500))
def test_portions_keep_every_pair_and_their_order_within_bounds(
    sizes: list[int], most: int, room: int
) -> None:
    pairs = [pair_of(shown("x" * size), shown("y", number=2)) for size in sizes]
    taken = list(portions(pairs, most, room))
    assert [each for portion in taken for each in portion] == pairs
    assert all(1 <= len(portion) <= most for portion in taken)
    assert all(len(portion) == 1 or sum(each.size for each in portion) <= room for portion in taken)
