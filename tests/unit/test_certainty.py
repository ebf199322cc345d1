"""How sure a model says that it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lt_memory.domain.levels import certainty


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (90, 0.9),
        (85.5, 0.85),
        (2, 0.02),
        (100, 1.0),
        (0, 0.0),
        (0.95, 0.95),
        (1.0, 1.0),
        ("low", 0.3),
        ("Very-High", 0.9),
        (" very_low ", 0.1),
        ("95", 0.95),
        ("95%", 0.95),
        ("1 %", 0.01),
        ("0.95", 0.95),
    ],
    ids=repr,
)
def test_a_model_s_certainty_is_a_share_percent_or_a_word(told: object, meant: float) -> None:
    assert certainty(told) == meant


@pytest.mark.parametrize(
    "told",
    [1, "1", "9" * 5000, True, None, -1, 101, "101 %", "-5", "rather", "", [], {}, float("nan")],
    ids=lambda told: repr(told)[:9],
)
def test_a_certainty_that_can_be_read_in_two_ways_or_none_is_not_guessed(told: object) -> None:
    assert certainty(told) is None


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.booleans()))
def test_a_certainty_is_a_share_whatever_is_told(told: object) -> None:
    share = certainty(told)
    assert share is None or 0 <= share <= 1
