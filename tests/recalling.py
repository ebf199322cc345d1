"""Recall with all that it stands on, for tests: real database, real text index."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from adapters.postgres import Postgres
from adapters.text_index import TantivyIndex
from cns.domain.stream import Recalled
from cns.ports import Database, Embedder, Found, Query, Row, Transaction
from lt_memory.domain.question import core
from lt_memory.jobs.embed import EmbedPending
from lt_memory.recall import HybridRecall
from lt_memory.recall_postgres import PostgresRecall, PostgresTexts, PostgresVectors
from tests.seeding import Seeds

LONG = timedelta(seconds=20)

# What a stranger says of themselves, and how they ask for it later in other words.
FACTS = (
    ("I'm allergic to peanuts, even a trace of them.", "Which food must I avoid?"),
    ("My sister Ines works as a vet in Leeds.", "What does my sister do for a living?"),
    ("We moved to Lisbon in March 2019.", "When did we come to Lisbon?"),
    ("I drive an old green Volvo.", "What car do I have?"),
    (
        "My daughter plays the cello in the school orchestra.",
        "Which instrument does my child play?",
    ),
    ("I can't stand the smell of coriander.", "Which herb do I dislike?"),
    ("I start my new job at the harbour on the first of June.", "When do I begin my new work?"),
    ("Our cat is called Mustard.", "What is the name of our pet?"),
    ("I ran the Porto marathon in under four hours.", "How fast did I finish the race in Porto?"),
    ("My doctor told me to take vitamin D every morning.", "What supplement do I take?"),
)
TALK = (
    "Good morning! How is the weather over there?",
    "It rained all night but the sun is out now.",
    "Could you explain how a heat pump works?",
    "A heat pump moves warmth from the outside air into the house.",
    "What would you cook from leeks and potatoes?",
    "A soup, with a bit of cream and nutmeg.",
    "Thanks, that was helpful. Let us talk tomorrow.",
    "You are welcome. Sleep well!",
)


@dataclass(slots=True)
class CountingDatabase:
    """A database that counts the statements sent to it."""

    database: Database
    statements: list[str] = field(default_factory=list)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self.database.transaction() as transaction:
            yield CountingTransaction(transaction, self.statements)


@dataclass(slots=True)
class CountingTransaction:
    transaction: Transaction
    statements: list[str]

    def all(self, query: str, **values: object) -> list[Row]:
        self.statements.append(query)
        return self.transaction.all(query, **values)

    def one(self, query: str, **values: object) -> Row:
        self.statements.append(query)
        return self.transaction.one(query, **values)

    def maybe(self, query: str, **values: object) -> Row | None:
        self.statements.append(query)
        return self.transaction.maybe(query, **values)

    def run(self, query: str, **values: object) -> int:
        self.statements.append(query)
        return self.transaction.run(query, **values)


@dataclass(slots=True)
class Bench:
    """Recall with all that it stands on."""

    seeds: Seeds
    index: TantivyIndex
    recall: HybridRecall
    embedder: Embedder
    vectors: EmbedPending
    counted: CountingDatabase

    def settle(self) -> None:
        """Let everything pending be embedded and indexed."""
        self.vectors.run()
        assert self.index.catch_up(LONG)

    def ask(self, text: str, **rest: object) -> Found:
        query = Query(text=text, vector=self.embedder.embed([core(text)])[0])
        return self.recall.recall(replace(query, **rest))  # type: ignore[arg-type]  # by name


@contextmanager
def bench(database: Postgres, folder: Path, embedder: Embedder) -> Iterator[Bench]:
    counted = CountingDatabase(database)
    seeds = Seeds(database)
    seeds.user()
    with TantivyIndex(folder / "text_index", PostgresTexts(database)) as index:
        assert index.catch_up(LONG)
        yield Bench(
            seeds=seeds,
            index=index,
            recall=HybridRecall(
                store=PostgresRecall(counted, lambda: embedder.name), index=index, patience=LONG
            ),
            embedder=embedder,
            vectors=EmbedPending(PostgresVectors(database), embedder),
            counted=counted,
        )


def ids(found: Found) -> list[UUID]:
    return [hit.id for hit in found.hits]


def first(found: Found) -> Recalled:
    return found.hits[0]
