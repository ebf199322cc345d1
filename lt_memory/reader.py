"""What machines make of a text: the names in it, and its vector."""

from collections.abc import Sequence
from typing import NamedTuple

from cns.embedding_ports import present
from cns.errors import Unavailable
from cns.ports import Embedder
from lt_memory.domain.memory import EntityName
from lt_memory.ports import Embedded, Names


class Reading(NamedTuple):
    """The names of a text, and its vector unless the embedder is lost."""

    names: tuple[EntityName, ...]
    vector: Embedded | None


class Reader:
    """Finds the names in a text and embeds it."""

    def __init__(self, names: Names, embedder: Embedder) -> None:
        self._names = names
        self._embedder = embedder

    def read(self, text: str) -> Reading:
        return Reading(tuple(self._names.find(text)), self.vectors([text])[0])

    def read_all(self, texts: Sequence[str]) -> Sequence[Reading]:
        """As `read`, in one call of the embedder."""
        vectors = self.vectors(texts)
        return [
            Reading(tuple(self._names.find(text)), vector)
            for text, vector in zip(texts, vectors, strict=True)
        ]

    def vectors(self, texts: Sequence[str]) -> Sequence[Embedded | None]:
        """One a text; None for each when the embedder is lost: a job fills them in later."""
        if not texts:
            return []
        try:
            embedder = present(self._embedder)
            made = embedder.embed(texts)
        except Unavailable:
            return [None] * len(texts)
        return [Embedded(vector=vector, model=embedder.name) for vector in made]
