"""Which words take back what was said, and which statement they retire."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lt_memory.domain.correction import correction_in, retires, succeeds, without_denial
from lt_memory.domain.patch import applied, fits, patch_in

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 5, 11, 9, 30, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("said", "taken_back"),
    [
        ("My train is on Tuesday, not Thursday.", "Thursday"),
        ("It's 40 mg and not 20 mg", "20 mg"),
        ("I drink oat milk instead of soya.", "soya"),
        ("We moved from Leeds to York.", "Leeds"),
        ("I switched from coffee to tea.", "coffee"),
        ("They've taken me off ramipril, I'm on losartan.", "ramipril"),
        ("Marta isn't my dentist's name, it's Marja", "Marta"),
        ("Actually I live in York.", ""),
        ("I no longer work at Tesco.", ""),
        ("Sorry, my exam is on Friday.", ""),
    ],
)
def test_a_correction_is_heard_with_what_it_takes_back(said: str, taken_back: str) -> None:
    found = correction_in(said)
    assert found is not None
    assert found.taken_back == taken_back


@pytest.mark.parametrize(
    "said",
    ["I live in York.", "I'm not tired.", "My sister is not a doctor.", "I have a notary."],
)
def test_a_plain_statement_corrects_nothing(said: str) -> None:
    assert correction_in(said) is None


RETIRED = [
    ("My train is on Tuesday, not Thursday.", "My train to Leeds leaves on Thursday 14 May 2026."),
    ("I take 40 mg of citalopram, not 20.", "I take 20 mg of citalopram."),
    ("I'm not vegan any more.", "I'm vegan."),
    ("Actually, I'm not vegan.", "I'm vegan."),
    ("I no longer work at Tesco.", "I work at Tesco."),
    ("We moved from Leeds to York.", "I live in Leeds."),
    ("I switched from coffee to tea.", "I drink coffee."),
    ("I live in York now.", "I live in Leeds."),
    ("I take 40 mg of citalopram now.", "I take 20 mg of citalopram."),
    ("Actually, my exam is on 5 June 2026.", "My exam is on 3 June 2026."),
    ("My shift starts at 6 instead of 7.", "My shift starts at 7."),
    ("My doctor has taken me off ramipril.", "My doctor put me on ramipril for good."),
    ("We moved from Leeds to York.", "I live in Leeds with Anna."),
    ("I moved my exam from Tuesday to Friday.", "My exam is on Tuesday."),
    ("The rent is 700 euros, not 650.", "I pay 650 euros of rent."),
    ("It's 700 euros of rent, not 650.", "I pay 650 euros of rent."),
    ("Since May I live in York now.", "Since May I live in Leeds."),
    ("My Slovene class is on Tuesdays, not Wednesdays.", "I learn Slovene on Wednesdays."),
    ("Ginevra's wedding is on 25 April, not on the 18th.", "Ginevra weds in church on 18 April."),
    ("My sister's boss is Tom now.", "My sister's boss is Ada."),
]
STANDING = [
    ("I have a dog now.", "I have a cat."),
    ("I'm now on the board.", "I'm on the committee."),
    ("Actually, I like tea.", "I like coffee."),
    ("My sister lives in York now.", "I live in Leeds."),
    ("I now live in York.", "My sister lives in Leeds."),
    ("We moved from Leeds to York.", "My sister works in Leeds."),
    ("We moved from Leeds to York.", "I was born in Leeds."),
    ("I switched from coffee to tea.", "My sister Anna runs a small coffee shop in York."),
    ("My train is on Tuesday, not Thursday.", "My exam is on Thursday."),
    ("I no longer work at Tesco.", "I no longer work at Tesco."),
    ("I'm not scared of dogs any more.", "I'm scared of heights."),
    ("I'm left-handed, actually.", "I'm left-handed."),
    ("My flight is at 7, not at 6.", "My sister's flight was at 6."),
    ("My mother moved from Leeds to York last year.", "I live in Leeds with Anna."),
    ("My daughter switched from piano to violin.", "I play piano."),
    ("I moved from Leeds to York.", "My parents live in Leeds."),
    ("Tom's flight is at 9, not at 8.", "Anna's flight is at 8."),
    ("Tom's flight is at 9, not at 8.", "My flight is at 8."),
    ("My cat Tom is 3, not 4.", "My cat Ada is 4."),
    ("My cat is 3, not 4.", "I have 4 books on the cat."),
    (
        "My sister's dentist appointment is on Friday, not Tuesday.",
        "My dentist appointment is on Tuesday at 9.",
    ),
    ("My dentist appointment is on Friday, not Tuesday.", "My dentist is closed on Tuesday."),
    ("My meeting with Tom is at 9, not at 8.", "My meeting with Ada is at 8."),
    ("Actually, my meeting with Tom is at 9.", "My meeting with Ada is at 8."),
    ("Actually, I also play tennis on Fridays.", "I play tennis on Tuesdays."),
    ("I also take 5 mg of ramipril now.", "I take 10 mg of ramipril."),
    ("Actually, I play tennis on Fridays too.", "I play tennis on Tuesdays."),
    ("My piano teacher moved from Leeds to York.", "I have a piano in Leeds."),
    ("He moved from Leeds to York.", "I live in Leeds."),
    ("He's 40 now.", "She's 39."),
    ("The shop moved from Leeds to York.", "I live in Leeds."),
]


@pytest.mark.parametrize(("new", "old"), RETIRED)
def test_a_correction_retires_what_it_puts_right(new: str, old: str) -> None:
    found = correction_in(new)
    assert found is not None
    assert retires(new, old, found)


@pytest.mark.parametrize(("new", "old"), STANDING)
def test_a_correction_leaves_what_is_about_something_else(new: str, old: str) -> None:
    found = correction_in(new)
    assert found is not None
    assert not retires(new, old, found)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("Tom's flight is now at 9.", "Anna's flight is at 8."),
        ("My mother lives in York now.", "My father lives in York."),
        ("I take another 5 mg of ramipril now.", "I take 10 mg of ramipril."),
        ("My meeting with Tom is now at 9.", "My meeting with Ada is at 8."),
    ],
)
def test_news_of_something_else_succeeds_nothing(new: str, old: str) -> None:
    assert not succeeds(new, old)


def test_news_of_the_same_succeeds_what_was_so_before() -> None:
    assert succeeds("I take 40 mg of citalopram now.", "I take 20 mg of citalopram.")
    assert succeeds("She works at Tesco now.", "She works at Aldi.")


def test_a_statement_said_to_be_added_takes_nothing_s_place() -> None:
    found = correction_in("Actually, I also play tennis on Fridays.")
    assert found is not None
    assert not retires("I play tennis on Fridays.", "I play tennis on Tuesdays.", found)


def test_what_is_denied_in_passing_is_no_part_of_what_is_said() -> None:
    assert without_denial("My train is at 5, not at 4.") == "My train is at 5."
    assert without_denial("I'm vegan.") == "I'm vegan."


# --- two values alone ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "known", "put_right"),
    [
        (
            "No, the train on Tuesday, not Thursday.",
            "My train to Leeds leaves on Thursday 14 May 2026.",
            "My train to Leeds leaves on Tuesday 12 May 2026.",
        ),
        (
            "the party's on Sunday the 17th, not Saturday",
            "Nina's party is on Saturday 16 May 2026.",
            "Nina's party is on Sunday 17 May 2026.",
        ),
        ("the class is on Tuesdays, not Wednesdays", "My class is on Wednesdays.",
         "My class is on Tuesdays."),
        ("tuesday, not thursday", "My class is on Thursday.", "My class is on Tuesday."),
        ("It's 1,600, not 1,800", "I charge 1,800 euros.", "I charge 1,600 euros."),
        ("due on the 30th, not the 31st", "The cello is due on 31 March.",
         "The cello is due on 30 March."),
        ("the dentist is called Baumann, not Bauman", "My dentist is called Bauman.",
         "My dentist is called Baumann."),
    ],
)  # fmt: skip
def test_a_bare_correction_puts_its_value_into_what_is_known(
    said: str, known: str, put_right: str
) -> None:
    patch = patch_in(said, 0, len(said))
    assert patch is not None
    assert fits(patch, known)
    assert applied(patch, known, MONDAY, BERLIN) == put_right


@pytest.mark.parametrize(
    "said",
    [
        "I'm tired, not hungry",
        "I like tea, not coffee",
        "It's on Tuesday, not Tuesday",
        "Not Tuesday",
        "On Tuesday, not 4",
        "If it rains, not",
    ],
)
def test_what_does_not_name_two_values_of_one_sort_is_no_correction(said: str) -> None:
    assert patch_in(said, 0, len(said)) is None


@pytest.mark.parametrize(
    "known", ["My exam is on Thursday.", "My train is on Friday.", "I like trains."]
)
def test_a_bare_correction_fits_only_what_holds_its_value_and_topic(known: str) -> None:
    said = "the train on Tuesday, not Thursday"
    patch = patch_in(said, 0, len(said))
    assert patch is not None
    assert not fits(patch, known)
    assert applied(patch, "I like trains.", MONDAY, BERLIN) == "I like trains."


@given(st.text(max_size=150))
def test_any_text_can_be_looked_through(text: str) -> None:
    patch_in(text, 0, len(text))
    found = correction_in(text)
    assert found is None or isinstance(retires(text, text, found), bool)
