"""Gives a vector to whatever has none yet."""

from collections.abc import Mapping
from datetime import timedelta

from typing_extensions import override

from cns.embedding_ports import present
from cns.ports import Embedder
from lt_memory.job import BackgroundJob
from lt_memory.vector_ports import VectorStore

BATCH = 64


class EmbedPending(BackgroundJob):
    """Embeds messages, memories, segments, names: a few at once when stored, the rest by job.

    While another model is about to take over, it is the old one that is asked.
    """

    name = "embed"
    interval = timedelta(minutes=1)

    def __init__(self, vectors: VectorStore, embedder: Embedder) -> None:
        self._vectors = vectors
        self._embedder = embedder
        self._adopted = ""

    @override
    def run(self) -> Mapping[str, object]:
        """Raises Unavailable: the model cannot be run now; what is done stays done."""
        name = self._embedder.name
        forgotten = 0 if self._adopted == name else self._vectors.forget_others(name)
        self._adopted = name  # looking for other models' vectors reads every row: once is enough
        embedded = 0
        while stored := self.now(BATCH):
            embedded += stored
        return {"embedded": embedded, "made_anew": forgotten}

    def now(self, limit: int = BATCH) -> int:
        """Embed the newest at once; how many were stored."""
        pending = self._vectors.without_vector(limit)
        if not pending:
            return 0
        embedder = present(self._embedder)
        made = embedder.embed([each.text for each in pending])
        return self._vectors.keep(list(zip(pending, made, strict=True)), embedder.name)
