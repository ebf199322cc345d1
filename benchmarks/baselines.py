"""What any search does: BM25 over words, exact cosines over vectors."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from cns.ports import Embedder
from lt_memory.domain.stem import stem

DEPTH = 50
SATURATION, LENGTH = 1.2, 0.75  # BM25's usual k1 and b
_WORD = re.compile(r"\w+")


class Method(Protocol):
    def rank(self, question: str) -> list[str]:
        """The external ids found, best first."""
        ...


class PlainWords:
    """BM25 over each text by itself: stemmed words, no stop list.

    Attributes:
        items: texts by the id that a ranking names.
    """

    def __init__(self, items: Mapping[str, str]) -> None:
        self._ids = list(items)
        texts = [_stems(text) for text in items.values()]
        self._counts = [Counter(text) for text in texts]
        self._lengths = [len(text) for text in texts]
        self._average = sum(self._lengths) / len(texts)
        self._documents = Counter(word for counts in self._counts for word in counts)

    def rank(self, question: str) -> list[str]:
        words = set(_stems(question))
        scores = [self._score(words, place) for place in range(len(self._ids))]
        return _best(self._ids, scores)

    def _score(self, words: set[str], place: int) -> float:
        counts = self._counts[place]
        ease = SATURATION * (1 - LENGTH + LENGTH * self._lengths[place] / self._average)
        return sum(
            self._rarity(word) * counts[word] * (SATURATION + 1) / (counts[word] + ease)
            for word in words & counts.keys()
        )

    def _rarity(self, word: str) -> float:
        n = self._documents[word]
        return math.log1p((len(self._ids) - n + 0.5) / (n + 0.5))


class PlainVectors:
    """Exact cosines between the question and each text, both as they are."""

    def __init__(self, items: Mapping[str, str], embedder: Embedder) -> None:
        self._ids = list(items)
        self._embedder = embedder
        self._vectors = np.array(embedder.embed(list(items.values())))

    def rank(self, question: str) -> list[str]:
        return [item for item, _ in self.near(question)]

    def near(self, question: str) -> list[tuple[str, float]]:
        """The nearest with their cosines."""
        cosines = (self._vectors @ np.array(self._embedder.embed([question])[0])).tolist()
        of = dict(zip(self._ids, cosines, strict=True))
        return [(item, of[item]) for item in _best(self._ids, cosines)]


def _stems(text: str) -> list[str]:
    return [stem(word) for word in _WORD.findall(text.lower())]


def _best(ids: Sequence[str], scores: Sequence[float]) -> list[str]:
    order = sorted(range(len(ids)), key=lambda place: -scores[place])
    return [ids[place] for place in order[:DEPTH]]
