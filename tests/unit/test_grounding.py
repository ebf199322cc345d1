"""What a memory says must have been said."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cns.domain.message import Role
from lt_memory.domain.grounding import unsaid
from lt_memory.domain.memory import Candidate, Evidence
from lt_memory.grounded import grounded
from lt_memory.ports import Extracted
from tests.values import message

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("My sister Anna has two cats.", "anna, my sister, has 2 cats"),
        ("I charge 1600 euros.", "it's 1,600 euros"),
        ("The physio is at 8:45.", "physio at 8.45"),
        ("My exam is on 3 June.", "exam on the 3rd of June"),
        ("I'm forty-two.", "i'm 42"),
        ("I'm 40.", "forty, can you believe it"),
        ("I'm Slovenian.", "my family comes from Slovenia"),
        ("There are two cats, the left one is old.", "2 cats, the left is old"),
        ("I like tea.", "tea is what I like"),
        ("I’m Anna’s sister.", "anna is my sister"),
    ],
)
def test_what_was_said_in_other_writing_stands(text: str, said: str) -> None:
    assert unsaid(text, [said]) == ()


@pytest.mark.parametrize(
    ("text", "said", "sort"),
    [
        ("I take 40 mg.", "I take 20 mg", "numbers"),
        ("My exam is on 3 June.", "my exam is on the 3rd of July", "dates"),
        ("My train is on Tuesday.", "my train is on Thursday", "dates"),
        ("My sister Maria lives there.", "my sister Anna lives there", "names"),
        ("I have three cats.", "I have cats", "numbers"),
    ],
)
def test_what_nobody_said_is_named_by_its_sort(text: str, said: str, sort: str) -> None:
    assert unsaid(text, [said]) == (sort,)


@given(st.text(max_size=120))
def test_a_text_says_no_more_than_itself(text: str) -> None:
    assert unsaid(text, [text]) == ()


def test_a_candidate_may_say_dates_that_were_meant_and_nothing_of_the_assistant_s() -> None:
    said = message("I'm flying tomorrow. My visa ends on a Friday.")
    heard = message("Your sister Maria has 3 visas.", Role.ASSISTANT)
    friday = datetime(2026, 3, 6, 17, tzinfo=BERLIN)
    proposals = tuple(
        Candidate(
            text=text,
            evidence=(Evidence(message_id=said.id, start=0, end=20),),
            expires_at=friday,
        )
        for text in (
            "I'm flying on 3 March 2026.",
            "My visa ends on 6 March 2026 at 17:00.",
            "I have 3 visas.",
            "My sister Maria flies.",
        )
    )
    found = grounded(Extracted(candidates=proposals, refused=("x",)), [said, heard], BERLIN)
    assert [each.text for each in found.candidates] == [each.text for each in proposals[:3]]
    assert found.refused == ("x", "candidate 4: nobody said its names")


def test_what_stands_in_a_quotation_was_not_said() -> None:
    said = message("I found this.\n> I live in Rome with Petra.")
    handed = message("Summarise this text:\nI live in Rome with Petra.")
    found = Extracted(candidates=(Candidate(text="I live in Rome with Petra.", evidence=()),))
    assert grounded(found, [said, handed], BERLIN).candidates == ()
    assert grounded(found, [message("I live in Rome with Petra.")], BERLIN) == found


def test_a_candidate_of_other_words_than_the_user_s_is_refused() -> None:
    found = Extracted(candidates=(Candidate(text="I am not allergic to walnuts.", evidence=()),))
    kept = grounded(found, [message("I found this page today.")], BERLIN)
    assert kept.refused == ("candidate 1: nobody said its words",)
