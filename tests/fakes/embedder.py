"""An embedder without a model: texts that share words lie near each other."""

import hashlib
import math
from collections.abc import Sequence

from cns.errors import Unavailable
from cns.ports import Vector
from lt_memory.domain.words import terms

DIMENSIONS = 384


class FakeEmbedder:
    """Implements `cns.ports.Embedder`; remembers every text that it was given.

    Attributes:
        lost: while true, the model cannot be run.
    """

    def __init__(self, name: str = "fake", dimensions: int = DIMENSIONS) -> None:
        self._name = name
        self._dimensions = dimensions
        self.texts: list[str] = []
        self.lost = False

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        if self.lost:
            raise Unavailable("The embedding model is away.")
        self.texts += texts
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> Vector:
        sums = [1e-3] * self._dimensions
        for word in terms(text):
            digest = hashlib.sha256(word.encode()).digest()
            for at in range(0, 16, 2):
                place = int.from_bytes(digest[at : at + 2]) % self._dimensions
                sums[place] += 1.0 if digest[16 + at] % 2 else -1.0
        length = math.sqrt(sum(value * value for value in sums))
        return [value / length for value in sums]
