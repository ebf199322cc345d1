"""Five words each for how sure and how important something is, as shares from 0 to 1."""

import re
from collections.abc import Mapping, Sequence

VALUES = (0.1, 0.3, 0.5, 0.7, 0.9)  # the middle of each fifth


def share_of(word: str, scale: Mapping[str, float]) -> float | None:
    """What a word stands for, in capitals or with hyphens too; None: it is none of the scale."""
    return scale.get(" ".join(word.casefold().replace("_", " ").replace("-", " ").split()))


def _scale(words: Sequence[str]) -> Mapping[str, float]:
    return dict(zip(words, VALUES, strict=True))


CONFIDENCE = _scale(("very low", "low", "medium", "high", "very high"))
IMPORTANCE = _scale(("trivial", "minor", "moderate", "important", "critical"))
_NUMBER = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<percent>%)?", re.ASCII)
_ALL = 100  # percent


def certainty(told: object) -> float | None:
    """How sure a model says that it is, as a share: told as such, in percent or by its word.

    None where that cannot be known: a bare 1 is all as a share, and next to nothing in percent.
    """
    if isinstance(told, str):
        return _worded(told)
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= _ALL:
        return None
    if told == 1 and isinstance(told, int):
        return None
    return round(told if told <= 1 else told / _ALL, 2)


def _worded(told: str) -> float | None:
    number = _NUMBER.fullmatch(told.strip())
    if number is None:
        return share_of(told, CONFIDENCE)
    value = float(number["number"])  # of any length: an integer's is limited
    if number["percent"]:
        return round(value / _ALL, 2) if value <= _ALL else None
    return None if value == 1 and "." not in told else certainty(value)
