"""Surfacing beside the bare cost of its two dearest parts, and what its shortcuts lose."""

import math
import statistics
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import psycopg2

import main
from adapters import models
from adapters.embeddings import OnnxEmbedder
from adapters.postgres import Postgres
from benchmarks.processes import Meter, servants
from cns.domain.query import Query
from cns.services.search import Search
from cns.sql import as_halfvec
from config.settings import DatabaseSettings, MemorySettings
from lt_memory.domain.question import core
from lt_memory.recall import HybridRecall
from lt_memory.recall_postgres import BREADTH, GROWTH, WIDEST, PostgresRecall

NEAREST = """SELECT id, embedding <=> %s::halfvec AS distance FROM memories
    ORDER BY embedding <=> %s::halfvec LIMIT %s"""
BARE = "EXECUTE nearest (%s)"
PREPARED = """PREPARE nearest (halfvec) AS
    SELECT id FROM memories ORDER BY embedding <=> $1 LIMIT 20"""
WHOLE = 1000  # hits asked for: brings up twice as many of each leg, where ten bring up 100 and 200
TEN = 10
NEAR_TIE = 0.01  # of the tenth's score
ROUNDING = 0.0005  # of a cosine, between half floats
LONGEST_QUESTION = 90  # characters of the sentence in it


@dataclass(slots=True)
class Cost:
    """Milliseconds of each question: by the clock, and of all processes' processor time."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @contextmanager
    def taken(self, others: Collection[int]) -> Iterator[None]:
        meter, begun = Meter(others), time.perf_counter()
        yield
        self.clock.append((time.perf_counter() - begun) * 1000)
        self.processor.append(meter.milliseconds())


@dataclass(frozen=True, slots=True)
class Paired:
    """Surfacing, and in the same loop its two bare parts for other questions."""

    whole: Cost = field(default_factory=Cost)
    forward: Cost = field(default_factory=Cost)
    nearest: Cost = field(default_factory=Cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Shares of ten, averaged over the questions."""

    index: float
    formula: float


@dataclass(frozen=True, slots=True)
class Bare:
    """One forward pass and one look into the index, on a connection of their own."""

    embedder: OnnxEmbedder
    cursor: "psycopg2.extensions.cursor"

    def forward(self, question: str) -> str:
        return as_halfvec(self.embedder.embed([core(question)])[0])

    def nearest(self, vector: str) -> list[UUID]:
        self.cursor.execute(BARE, (vector,))
        return [row[0] for row in self.cursor.fetchall()]


def questions_of(sentences: Sequence[str], count: int) -> list[str]:
    """Asked about what no memory holds word for word, in the length of what is said in a turn."""
    short = [text for text in sentences if len(text) <= LONGEST_QUESTION]
    return [f"What was it about {text[0].lower()}{text[1:].rstrip('.!?')}?" for text in short][
        :count
    ]


def search_of(mira: main.Mira) -> Search:
    search = mira.services.search
    if not isinstance(search, Search):
        raise TypeError(f"{type(search).__name__} is not what a turn asks")
    return search


def made_ready(search: Search) -> None:
    """Wait until the text index has taken in everything; a kept one may be of an older form."""
    _recall_of(search).index.catch_up(timedelta(hours=1))


def _recall_of(search: Search) -> HybridRecall:
    recall = search.recall
    if not isinstance(recall, HybridRecall):
        raise TypeError(f"{type(recall).__name__} is not what surfaces")
    return recall


def asked(question: str) -> Query:
    """As a turn asks it."""
    figures = MemorySettings()
    return Query(
        text=question, vector=None, limit=figures.surfaced, floor=figures.floor, surfacing=True
    )


@contextmanager
def bare_over(dsn: str, memories: int) -> Iterator[Bare]:
    """Looking as widely as recall does among so many."""
    breadth = min(WIDEST, max(BREADTH, math.ceil(GROWTH * memories**0.25)))
    embedder = OnnxEmbedder(models.minilm_onnx(), models.minilm_tokenizer())
    embedder.warm()
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(f"SET hnsw.ef_search = {breadth}")
        cursor.execute(PREPARED)
        yield Bare(embedder, cursor)


def paired(search: Search, bare: Bare, questions: Sequence[str]) -> Paired:
    """Each question once of either, in one loop, half the list apart so that none warms another."""
    found, others = Paired(), servants()
    half = len(questions) // 2
    for question, other in zip(questions, [*questions[half:], *questions[:half]], strict=True):
        with found.forward.taken(others):
            vector = bare.forward(other)
        with found.nearest.taken(others):
            bare.nearest(vector)
        with found.whole.taken(others):
            search.find(asked(question))
    return found


def lost(search: Search, bare: Bare, dsn: str, questions: Sequence[str]) -> Loss:
    """What the index finds of the ten nearest, and surfacing of the ten best of all."""
    with (
        closing(psycopg2.connect(f"{dsn} options='-c enable_indexscan=off'")) as connection,
        connection.cursor() as cursor,
    ):
        index = statistics.mean(_found(bare, cursor, bare.forward(each)) for each in questions)
    with closing(_unindexed(dsn)) as database:
        whole = _over_all(search, database)
        formula = statistics.mean(_kept(search, whole, each) for each in questions)
    return Loss(index=index, formula=formula)


def _found(bare: Bare, exact: "psycopg2.extensions.cursor", vector: str) -> float:
    """The share of the ten nearest that the index found, or others as near."""
    exact.execute(NEAREST, (vector, vector, TEN))
    tenth = exact.fetchall()[-1][1]
    bare.cursor.execute(NEAREST, (vector, vector, TEN))
    near = [distance for _, distance in bare.cursor.fetchall() if distance <= tenth + ROUNDING]
    return len(near) / TEN


def _unindexed(dsn: str) -> Postgres:
    settings = DatabaseSettings(pool_min=1, statement_seconds=600)
    return Postgres(f"{dsn} options='-c enable_indexscan=off'", settings)


def _over_all(search: Search, database: Postgres) -> Search:
    """The same search over exact cosines and far more words."""
    recall = search.recall
    if not isinstance(recall, HybridRecall):
        raise TypeError(f"{type(recall).__name__} is not what surfaces")
    store = PostgresRecall(database, lambda: search.embedder.name)
    return replace(search, recall=replace(recall, store=store))


def _kept(search: Search, whole: Search, question: str) -> float:
    """The share of the ten best over all items that surfaces, or others that score as well."""
    best = whole.find(replace(asked(question), limit=WHOLE)).hits
    tenth = best[:TEN][-1].score * (1 - NEAR_TIE) if best else 0.0
    as_good = {hit.id for hit in best if hit.score >= tenth}
    found = search.find(asked(question)).hits
    due = min(TEN, len(best))
    return len([hit for hit in found if hit.id in as_good]) / due if due else 1.0


def p95(figures: Sequence[float]) -> float:
    return statistics.quantiles(figures, n=20)[-1]
