"""Which quotations bear a memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lt_memory.rules.gate import impersonal, refusal


def refused(text: str, quote: str) -> str | None:
    start = text.index(quote)
    return refusal(text, start, start + len(quote))


@pytest.mark.parametrize(
    ("text", "quote", "reason"),
    [
        ("Do you think I should move back?", "I should move back", "a question"),
        ("If it were up to Nina we'd own a llama.", "we'd own a llama", "a condition"),
        ("Suppose I sold two a month, I'd have it by June.", "I sold two a month", "imagined"),
        ("Imagine I'm a knight. I own a castle.", "I own a castle", "imagined"),
        ("I dreamt I was a heron and had a house.", "had a house", "imagined"),
        ("Oh, I sleep like a baby, can't you tell.", "I sleep like a baby", "irony"),
        ("The forum says: “I cured it with willpower”", "I cured it", "other people's words"),
        ("Translate this: it rains. I live in Rome.", "I live in Rome", "given to work on"),
        ("According to my gran I was born in a storm.", "I was born", "other people's words"),
        ("Set a timer for my tea.", "Set a timer for my tea", "an order"),
    ],
)
def test_what_states_nothing_bears_no_memory(text: str, quote: str, reason: str) -> None:
    assert reason in (refused(text, quote) or "")


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("I'm allergic to nuts, what can I bake?", "I'm allergic to nuts"),
        ("We have a car, but if I could I'd sell it.", "We have a car"),
        ("My gp says my blood pressure is too high.", "my blood pressure is too high"),
        ("Oh wait, sorry, the party's on Sunday.", "the party's on Sunday"),
        ("Remind me to ring. My mother turns 78.", "My mother turns 78"),
        ("They say “never”. I quit smoking.", "I quit smoking"),
        ("My favourite book is “Middlemarch”.", "My favourite book is “Middlemarch”"),
    ],
)
def test_what_is_stated_beside_it_does(text: str, quote: str) -> None:
    assert refused(text, quote) is None


def test_a_statement_is_of_the_person_when_it_says_so() -> None:
    assert impersonal("Colophony comes from pine resin.")
    assert not impersonal("I cook my own varnish.")


@given(st.text(max_size=80), st.integers(0, 80), st.integers(0, 80))
def test_any_stretch_of_any_text_can_be_judged(text: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    refusal(text, start, end)
