"""Words for how sure and how important something is."""

from itertools import pairwise

import pytest
from pydantic import TypeAdapter, ValidationError

from api.schemas.levels import Confidence, Importance
from lt_memory.domain.levels import CONFIDENCE, IMPORTANCE, VALUES

SURE: TypeAdapter[float] = TypeAdapter(Confidence)
WEIGHTY: TypeAdapter[float] = TypeAdapter(Importance)


def test_the_words_rise_through_the_fifths_of_the_scale() -> None:
    for scale in (CONFIDENCE, IMPORTANCE):
        assert sorted(set(scale.values())) == list(VALUES)
        assert all(low < high for low, high in pairwise(VALUES))
        for number, value in enumerate(VALUES):
            assert number / 5 < value < (number + 1) / 5


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("very low", 0.1),
        ("very_high", 0.9),
        ("very-high", 0.9),
        ("VERY_HIGH", 0.9),
        (" High ", 0.7),
        ("medium", 0.5),
        ("0.25", 0.25),
        (0, 0.0),
        (1.0, 1.0),
    ],
)
def test_confidence_is_taken_as_a_word_or_a_number(given: object, meant: float) -> None:
    assert SURE.validate_python(given) == meant


@pytest.mark.parametrize(
    ("given", "meant"), [("trivial", 0.1), ("Critical", 0.9), ("0.65", 0.65), (0.6, 0.6)]
)
def test_importance_is_taken_as_a_word_or_a_number(given: object, meant: float) -> None:
    assert WEIGHTY.validate_python(given) == meant


@pytest.mark.parametrize("given", ["critical", "huge", "", "1.1", -0.1, "nan", None])
def test_what_is_neither_is_refused(given: object) -> None:
    with pytest.raises(ValidationError):
        SURE.validate_python(given)


@pytest.mark.parametrize("given", ["huge", "", "inf", True, []])
def test_who_says_neither_is_told_the_words(given: object) -> None:
    with pytest.raises(ValidationError, match="trivial, minor, moderate, important, critical"):
        WEIGHTY.validate_python(given)
