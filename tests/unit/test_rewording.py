"""What a model makes of memories says what they said, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lt_memory.domain.rewording import at_odds, merge_flaws, split_flaws, trim_flaws

ENGINEER = ["I work at Siemens in Munich.", "I work at Siemens in Munich as an engineer."]
LONG = (
    "As I keep saying, my dear sister Anna, who really is 30, quite happily lives in Leeds these"
    " days with two cats, and she is not allergic to cats."
)
PILLS = "I take 20 mg of Ramipril and 40 mg of Simvastatin."


@pytest.mark.parametrize(
    ("one", "other", "point"),
    [
        ("I take 20 mg of Ramipril daily.", "I take 40 mg of Ramipril daily.", "numbers"),
        ("My exam is on Tuesday.", "My exam is on Thursday.", "dates"),
        ("I'm allergic to walnuts.", "I'm not allergic to walnuts.", "negation"),
        ("My sister Anna lives in Leeds.", "My sister Maria lives in Leeds.", "names"),
        ("My sister likes tea.", "My brother likes tea.", "names"),
        ("I live in Leeds.", "I live in York.", "names"),
        ("I like tea.", "My sister likes tea.", "subject"),
        ("I lived in Leeds for years.", "I live in Leeds for years.", "tense"),
        ("I run before work.", "I run after work.", "sense"),
        ("My favourite colour is green.", "My favourite colour is blue.", "value"),
    ],
)
def test_what_differs_in_a_fact_is_at_odds(one: str, other: str, point: str) -> None:
    assert point in at_odds(one, other)
    assert point in at_odds(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I have a cat called Tom.", "My cat Tom is black."),
        ("I'm allergic to walnuts.", "I'm badly allergic to walnuts."),
        ("I don't eat meat.", "I never eat meat or fish, and I don't eat meat."),
        (ENGINEER[0], ENGINEER[1]),
    ],
)
def test_what_tells_more_of_the_same_is_not(one: str, other: str) -> None:
    assert at_odds(one, other) == at_odds(other, one) == ()


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("I have a black cat called Tom.", ["I have a cat called Tom.", "My cat Tom is black."]),
        (ENGINEER[1], ENGINEER),
        ("I don't eat meat.", ["I don't eat meat.", "I do not eat meat."]),
        ("My sister Anna has 2 cats.", ["My sister Anna has two cats.", "Anna has 2 cats."]),
    ],
)
def test_a_merging_that_keeps_all_is_faultless(text: str, sources: list[str]) -> None:
    assert merge_flaws(text, sources) == ()


@pytest.mark.parametrize(
    ("text", "sources", "flaw"),
    [
        ("I work at Siemens in Munich as an engineer with Bob.", ENGINEER, "new names"),
        ("I work at Siemens as an engineer.", ENGINEER, "names lost"),
        ("I work at Siemens in Munich as a divorced engineer.", ENGINEER, "new words"),
        ("I worked at Siemens in Munich as an engineer.", ENGINEER, "tense"),
        ("I don't work at Siemens in Munich as an engineer.", ENGINEER, "negation lost"),
        ("I take 40 mg.", ["I take 20 mg.", "I take 20 mg daily."], "new numbers"),
        ("I take pills.", ["I take 20 mg pills.", "I take pills."], "numbers lost"),
        ("I eat meat.", ["I don't eat meat.", "I never eat meat."], "negation lost"),
        ("I take 1 mg.", ["I take one pill of 5 mg.", "I take 5 mg."], "numbers lost"),
        ("I weigh 5.1 kg.", ["I weigh 1.5 kg.", "I weigh 1.5 kg now."], "new numbers"),
        ("Anna loves Maria.", ["Maria loves Anna.", "Maria loves Anna a lot."], "another order"),
        ("She has a cat.", ["I have a cat.", "I have a black cat."], "another person"),
        ("I like coffee, not tea.", ["I like tea, not coffee.", "I like tea."], "negation moved"),
        ("I like tea.", ["I like tea, jam, toast, ham, eggs, cake.", "I like tea."], "words lost"),
        ("Walnuts hurt me.", ["I'm allergic to walnuts.", "Walnuts hurt me."], "words lost"),
        ("I run.", ["I only run before breakfast.", "I run."], "sense lost"),
        ("Ich esse Fleisch.", ["Ich esse nicht Fleisch.", "Ich esse nie."], "negation lost"),
        ("My exam is on Monday.", ["My exam is on Tuesday.", "My exam."], "new dates"),
        ("My exam is soon.", ["My exam is on Tuesday.", "My exam is soon."], "dates lost"),
    ],
)  # fmt: skip
def test_a_poisonous_merging_is_named(text: str, sources: list[str], flaw: str) -> None:
    assert flaw in merge_flaws(text, sources)


def test_two_persons_with_their_figures_are_not_mixed_up() -> None:
    told = "Anna is 30 and Maria is 40."
    assert "another bearing" in split_flaws(["Anna is 40.", "Maria is 30."], told)
    assert split_flaws(["Anna is 30.", "Maria is 40."], told) == ()


@pytest.mark.parametrize(
    "text",
    [
        "My sister Anna is 30, lives in Leeds with two cats, and she is not allergic to cats.",
        "My sister Anna, who is 30, lives in Leeds with 2 cats; she is not allergic to cats.",
    ],
)
def test_a_shortening_that_keeps_what_counts_is_faultless(text: str) -> None:
    assert trim_flaws(text, LONG) == ()


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        (LONG, "length"),
        ("My sister Anna.", "length"),
        ("My sister Anna is 30 and lives in Leeds with two cats, and is allergic to cats.",
         "negation lost"),
        ("My sister Anna is 31, lives in Leeds with two cats; she is not allergic to cats.",
         "new numbers"),
        ("My sister Anna lives in Leeds with two cats and she is not allergic to cats.",
         "numbers lost"),
        ("My sister Maria is 30, lives in Leeds with two cats; she is not allergic to cats.",
         "new names"),
        ("My sister is 30 and lives in Leeds with two cats; she is not allergic to cats.",
         "names lost"),
        ("Anna is 30 and lives in Leeds with two cats; she is not allergic to cats at all, no.",
         "names lost"),
        ("My sister Anna: 30, Leeds, not allergic, two.", "words lost"),
        ("My sister Anna, 30, lived in Leeds with two cats; she was not allergic to cats.",
         "tense"),
    ],
)  # fmt: skip
def test_a_poisonous_shortening_is_named(text: str, flaw: str) -> None:
    assert flaw in trim_flaws(text, LONG)


@pytest.mark.parametrize(
    ("texts", "source"),
    [
        (["My sister Anna lives in Leeds.", "My sister Anna works as a nurse."],
         "My sister Anna lives in Leeds and works as a nurse."),
        (["I take 20 mg of Ramipril.", "I take 40 mg of Simvastatin."], PILLS),
        (["My sister Anna lives in Leeds.", "My sister Anna has two cats."],
         "My sister Anna lives in Leeds and has two cats."),
        (["I moved to York in May.", "I like tea."], "I moved to York in May and I like tea."),
        (["I will move to York.", "I will sell the car."], "I will move to York and sell the car."),
    ],
)  # fmt: skip
def test_a_parting_that_keeps_all_is_faultless(texts: list[str], source: str) -> None:
    assert split_flaws(texts, source) == ()


@pytest.mark.parametrize(
    ("texts", "source", "flaw"),
    [
        (["I take 40 mg of Ramipril.", "I take 20 mg of Simvastatin."], PILLS, "another bearing"),
        (["I take 20 mg of Ramipril.", "I take Simvastatin."], PILLS, "numbers lost"),
        (["I take 20 mg of Ramipril.", "I take 20 mg of Ramipril."], PILLS, "repetition"),
        (["I eat meat.", "I like tea."], "I don't eat meat and I like tea.", "negation moved"),
        (["I will move to York.", "I sell the car."], "I will move to York and sell the car.",
         "tense"),
        (["I am a nurse.", "I moved to York."], "I was a nurse and moved to York.", "tense"),
        (["I like tea.", "I like jam."], "I like tea, jam, toast, ham, eggs and cake.",
         "words lost"),
    ],
)  # fmt: skip
def test_a_poisonous_parting_is_named(texts: list[str], source: str, flaw: str) -> None:
    assert flaw in split_flaws(texts, source)


SENTENCES = st.sampled_from([LONG, PILLS, *ENGINEER]) | st.text(max_size=120)


@settings(max_examples=30)
@given(SENTENCES)
def test_a_text_stands_for_itself(text: str) -> None:
    assert merge_flaws(text, [text, text]) == ()
    assert at_odds(text, text) == ()


@settings(max_examples=30)
@given(SENTENCES, st.integers(2, 999))
def test_a_number_put_in_is_always_found(text: str, number: int) -> None:
    told = f"{text} and {number + 1000}"
    assert "new numbers" in merge_flaws(told, [text, text])
    assert "numbers lost" in merge_flaws(text, [told, told])


PEOPLE, PLACES, DRUGS = ("Anna", "Maria", "Petros"), ("Leeds", "York"), ("Ramipril", "Simvastatin")
facts = st.builds(
    "My friend {} lives in {} and takes {} mg of {}, but does not eat meat.".format,
    st.sampled_from(PEOPLE),
    st.sampled_from(PLACES),
    st.integers(2, 500),
    st.sampled_from(DRUGS),
)
changes = st.sampled_from(
    [
        ("not eat", "eat"),
        ("lives", "does not live"),
        (" mg", "0 mg"),
        (" mg", " g"),
        ("My friend", "My brother"),
        ("lives", "lived"),
        ("lives", "will live"),
        ("meat", "meat with Bob"),
        ("meat", "meat on Tuesday"),
        ("friend ", "friend Bob and "),
        ("but does", "and often does"),
    ]
)


@settings(max_examples=30)
@given(facts, changes)
def test_one_poisonous_change_is_enough(text: str, change: tuple[str, str]) -> None:
    poisoned = text.replace(*change)
    assert merge_flaws(poisoned, [text, text])
    assert trim_flaws(poisoned, f"{text} As I keep on saying to everybody who wants to hear of it.")


@settings(max_examples=30)
@given(facts, facts)
def test_two_facts_are_at_odds_or_the_same(one: str, other: str) -> None:
    assert (at_odds(one, other) == ()) == (one == other)
