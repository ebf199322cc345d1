"""Five words each for how sure and how important something is, as shares from 0 to 1."""

from collections.abc import Mapping, Sequence

VALUES = (0.1, 0.3, 0.5, 0.7, 0.9)  # the middle of each fifth


def share_of(word: str, scale: Mapping[str, float]) -> float | None:
    """What a word stands for, in capitals or with hyphens too; None: it is none of the scale."""
    return scale.get(" ".join(word.casefold().replace("_", " ").replace("-", " ").split()))


def _scale(words: Sequence[str]) -> Mapping[str, float]:
    return dict(zip(words, VALUES, strict=True))


CONFIDENCE = _scale(("very low", "low", "medium", "high", "very high"))
IMPORTANCE = _scale(("trivial", "minor", "moderate", "important", "critical"))
