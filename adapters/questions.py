"""An embedder that has a way of its own for questions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cns.ports import Embedder, Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class ForQuestions:
    """Implements `cns.ports.Embedder`: the same model, asked in that way."""

    embedder: Embedder
    asked: Callable[[Sequence[str]], Sequence[Vector]]

    @property
    def name(self) -> str:
        return self.embedder.name

    @property
    def dimensions(self) -> int:
        return self.embedder.dimensions

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        return self.asked(texts)
