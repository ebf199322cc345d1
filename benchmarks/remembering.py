"""MIRA's recall over a store of its own, in process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from adapters import models
from adapters.embeddings import OnnxEmbedder
from adapters.postgres import Postgres
from adapters.text_index import TantivyIndex
from benchmarks.baselines import DEPTH
from cns.ports import Found, Query
from config.settings import DatabaseSettings
from lt_memory.domain.question import core
from lt_memory.jobs.embed import EmbedPending
from lt_memory.recall import HybridRecall
from lt_memory.recall_postgres import PostgresRecall, PostgresTexts, PostgresVectors
from tests.seeding import Seeds
from tests.servers import TestServer, temporary_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """MIRA's recall over one conversation."""

    recall: HybridRecall
    embedder: OnnxEmbedder

    def rank(self, question: str, intent: str = "") -> list[str]:
        """External ids of messages, best first."""
        found = self.find(self.asked(question, kinds=frozenset({"message"}), intent=intent))
        return [hit.external_id or "" for hit in found.hits]

    def asked(self, question: str, *, kinds: frozenset[str], intent: str = "") -> Query:
        vector = self.embedder.embed([core(question)])[0]
        return Query(text=question, vector=vector, kinds=kinds, limit=DEPTH, intent=intent)

    def find(self, query: Query) -> Found:
        found = self.recall.recall(query)
        if found.degraded:
            raise SystemExit(f"recall was not whole: {found.degraded}")
        return found


@contextmanager
def remembering(databases: TestServer, write: Callable[[Seeds], None]) -> Iterator[Ours]:
    """Recall over what is written into a database of its own."""
    embedder = OnnxEmbedder(models.minilm_onnx(), models.minilm_tokenizer())
    with databases.migrated_database() as dsn, temporary_folder() as folder:
        database = Postgres(dsn, DatabaseSettings(pool_min=1))
        write(Seeds(database))
        EmbedPending(PostgresVectors(database), embedder).run()
        with TantivyIndex(folder / "text_index", PostgresTexts(database)) as index:
            index.catch_up(timedelta(minutes=5))
            store = PostgresRecall(database, lambda: embedder.name)
            recall = HybridRecall(store=store, index=index)
            yield Ours(recall=recall, embedder=embedder)
        database.close()
