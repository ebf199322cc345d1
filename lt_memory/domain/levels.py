"""Five words each for how sure and how important something is, as shares from 0 to 1."""

from collections.abc import Mapping, Sequence

VALUES = (0.1, 0.3, 0.5, 0.7, 0.9)  # the middle of each fifth


def _scale(words: Sequence[str]) -> Mapping[str, float]:
    """Each word, with a blank or an underscore."""
    placed = dict(zip(words, VALUES, strict=True))
    return {**placed, **{word.replace(" ", "_"): value for word, value in placed.items()}}


CONFIDENCE = _scale(("very low", "low", "medium", "high", "very high"))
IMPORTANCE = _scale(("trivial", "minor", "moderate", "important", "critical"))
