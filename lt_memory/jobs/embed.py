"""Gives a vector to whatever has none yet."""

from collections.abc import Mapping
from datetime import timedelta

from typing_extensions import override

from cns.errors import Misconfigured
from cns.ports import Embedder
from lt_memory.job import BackgroundJob
from lt_memory.vector_ports import VectorStore

DIMENSIONS = 384  # of the store's columns
BATCH = 64


class EmbedPending(BackgroundJob):
    """Embeds messages, memories, segments, names: a few at once when stored, the rest by job.

    Raises:
        Misconfigured: the model's vectors do not fit the store.
    """

    name = "embed"
    interval = timedelta(minutes=1)

    def __init__(self, vectors: VectorStore, embedder: Embedder) -> None:
        if embedder.dimensions != DIMENSIONS:
            raise Misconfigured(
                f"embeddings.model: {embedder.name} makes vectors of {embedder.dimensions} numbers;"
                f" the store holds {DIMENSIONS}. Choose a model that makes {DIMENSIONS}."
            )
        self._vectors = vectors
        self._embedder = embedder
        self._adopted = False

    @override
    def run(self) -> Mapping[str, object]:
        """Raises Unavailable: the model cannot be run now; what is done stays done."""
        forgotten = 0 if self._adopted else self._vectors.forget_others(self._embedder.name)
        self._adopted = True  # looking for other models' vectors reads every row: once is enough
        embedded = 0
        while stored := self.now(BATCH):
            embedded += stored
        return {"embedded": embedded, "made_anew": forgotten}

    def now(self, limit: int = BATCH) -> int:
        """Embed the newest at once; how many were stored."""
        pending = self._vectors.without_vector(limit)
        if not pending:
            return 0
        made = self._embedder.embed([each.text for each in pending])
        return self._vectors.keep(list(zip(pending, made, strict=True)), self._embedder.name)
