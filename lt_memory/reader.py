"""What machines make of a text: the names in it, and its vector."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from cns.embedding_ports import made
from cns.ports import Embedder
from lt_memory.domain.memory import EntityName
from lt_memory.ports import Embedded, Names


class Reading(NamedTuple):
    """The names of a text, and its vector unless the embedder is lost."""

    names: tuple[EntityName, ...]
    vector: Embedded | None


class Reader:
    """Finds the names in a text while it is embedded: each takes about as long as the other."""

    def __init__(self, names: Names, embedder: Embedder) -> None:
        self._names = names
        self._embedder = embedder

    def read(self, text: str) -> Reading:
        return self.read_all([text])[0]

    def read_all(self, texts: Sequence[str]) -> Sequence[Reading]:
        """As `read`, in one call of the embedder."""
        with ThreadPoolExecutor(1, thread_name_prefix="vectors") as beside:
            vectors = beside.submit(self.vectors, texts)
            names = [tuple(self._names.find(text)) for text in texts]
            return list(map(Reading, names, vectors.result()))

    def vectors(self, texts: Sequence[str]) -> Sequence[Embedded | None]:
        """One a text; None for each when the embedder is lost: a job fills them in later."""
        vectors, model = made(self._embedder, texts)
        return [None if each is None else Embedded(vector=each, model=model) for each in vectors]
