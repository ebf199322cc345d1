"""Which messages order something about the memory, and what."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lt_memory.domain.naming import names, names_exactly
from lt_memory.rules.bids import BidKind, bids


@pytest.mark.parametrize(
    ("said", "memories"),
    [
        ("Remember that I'm allergic to nuts.", ["I'm allergic to nuts."]),
        ("Please remember that my sister Anna lives in York, thanks",
         ["My sister Anna lives in York."]),
        ("remember this: I hate olives", ["I hate olives."]),
        ("I'm allergic to nuts. Remember this!", ["I'm allergic to nuts."]),
        ("don't forget that I'm vegan", ["I'm vegan."]),
        ("Keep in mind that my brother can't drive.", ["My brother can't drive."]),
        ("Could you please remember that I live in Leeds?", ["I live in Leeds."]),
        ("Remember my locker code is 4411", ["My locker code is 4411."]),
        ("My sister Anna is a doctor. Remember that she lives in York.",
         ["My sister Anna lives in York."]),
        ("Remember that I live in Leeds and work as a nurse.",
         ["I live in Leeds.", "I work as a nurse."]),
        ("Remember that the boiler is serviced by Gasco.", ["The boiler is serviced by Gasco."]),
        ("I want you to remember that Anna hates olives", ["Anna hates olives."]),
        ("Can we eat out? Also, remember that I’m vegan, please.", ["I'm vegan."]),
    ],
)  # fmt: skip
def test_what_is_to_be_remembered_stands_in_the_user_s_words(
    said: str, memories: list[str]
) -> None:
    (bid,) = bids(said)
    assert bid.kind is BidKind.REMEMBER
    assert [reading.text for reading in bid.readings] == memories


def test_the_evidence_is_what_was_said_without_the_order() -> None:
    said = "My sister Anna is a doctor. Please remember that she lives in York."
    (bid,) = bids(said)
    assert [said[a:b] for a, b in bid.readings[0].spans] == ["My sister Anna", "she lives in York"]
    assert said[bid.start : bid.end].strip() == "Please remember that she lives in York"


@pytest.mark.parametrize(
    ("said", "words", "topical"),
    [
        ("Forget that I live in Leeds.", "I live in Leeds.", False),
        ("Please forget the fact that my brother smokes", "My brother smokes.", False),
        ("You can forget that I'm vegan, thanks!", "I'm vegan.", False),
        ("forget I ever said that I like Tom", "I like Tom.", False),
        ("Delete the memory that I live in Leeds", "I live in Leeds.", False),
        ("Forget what I said about my knee.", "my knee", True),
        ("Forget everything about Anna.", "Anna", True),
        ("Forget my old address please.", "my old address", True),
        ("Please delete all memories about my knee", "my knee", True),
    ],
)
def test_what_is_to_be_forgotten_is_a_statement_or_a_topic(
    said: str, words: str, topical: bool
) -> None:
    (bid,) = bids(said)
    assert (bid.kind, bid.words, bid.topical) == (BidKind.FORGET, words, topical)


@pytest.mark.parametrize(
    "said",
    [
        "forget that, let's talk about Rome",
        "Forget it.",
        "forget that for now",
        "Forget about it",
        "forget my last question",
        "Don't forget to call mum",
        "Remember to buy milk",
        "Remember when we went to Rome?",
        "Remember that time in Leeds",
        "Remember this!",
        "Hello there. Remember this!",
        "Do you remember that I live in Leeds?",
        "Did you forget that I live in Leeds?",
        "remember that she lives in York",
        '"Remember that I live in Rome" he said',
        "I forget that I live here.",
        "I remember that I lived there.",
        "Write a poem: remember that I love you",
        "> forget that I live in Leeds",
        "He told me to forget that I live in Leeds.",
        "Remember that ",
        "Forget that please",
    ],
)
def test_what_is_no_plain_order_is_none(said: str) -> None:
    assert bids(said) == ()


@given(st.text(max_size=120))
def test_any_text_can_be_heard(text: str) -> None:
    for bid in bids(f"Remember that I {text}"):
        assert 0 <= bid.start < bid.end


@pytest.mark.parametrize("piece", ["please ", "remember that ", "forget ", ", ", "I ", "my ", " "])
def test_a_long_odd_message_costs_little_time(piece: str) -> None:
    begun = time.process_time()
    bids(f"remember that I am {(piece * 20_000)[:20_000]}x")
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("words", "text", "topical", "named"),
    [
        ("I live in Leeds.", "I live in Leeds, near the station.", False, True),
        ("I live in Leeds.", "I don't live in Leeds.", False, False),
        ("I live in Leeds.", "My sister lives in Leeds.", False, False),
        ("I live in Leeds.", "I live in York.", False, False),
        ("My exam is on 3 June.", "My exam is on 3 June 2026.", False, True),
        ("I take 20 mg.", "I take 40 mg.", False, False),
        ("my old address", "My address is 4 Elm Row.", True, True),
        ("my knee", "I like tea.", True, False),
        ("it", "I like it.", True, False),
    ],
)
def test_a_memory_is_named_when_it_holds_all_that_was_mentioned(
    words: str, text: str, topical: bool, named: bool
) -> None:
    assert names(words, text, topical=topical) is named


def test_a_statement_is_named_exactly_whatever_its_spelling() -> None:
    assert names_exactly("I am vegan", "I'm vegan.")
    assert not names_exactly("I am vegan", "I'm vegetarian.")
