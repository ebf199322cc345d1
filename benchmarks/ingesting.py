"""Storing memories one by one beside raw inserts, and the nightly job's scores a second."""

import statistics
import time
from collections.abc import Sequence
from contextlib import closing
from uuid import uuid4

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - it is a class

import main
from adapters.clock import SystemClock
from benchmarks.nightly import pass_days
from benchmarks.processes import servants
from benchmarks.surfacing import Cost
from cns.ports import Embedder
from cns.sql import as_halfvec
from lt_memory.ageing import Ageing
from lt_memory.jobs.score import ScoreMemories
from lt_memory.memories import NewMemory
from lt_memory.postgres import PostgresMemories

RAW = """INSERT INTO memories (id, user_id, text, kind, source, trust, state, created_at,
    updated_at, embedding, embedding_model) SELECT %s, id, %s, 'fact', 'user', 'trusted', 'active',
    now(), now(), %s::halfvec, %s FROM users"""
WARM = 10


def one_by_one(mira: main.Mira, dsn: str, sentences: Sequence[str]) -> dict[str, float]:
    """A memory through the service, then a bare row with the same embedding: pair after pair.

    The bare rows go into the same table and so the same vector index, past its triggers, and are
    deleted afterwards.
    """
    ours, raw, written = Cost(), Cost(), []
    with closing(psycopg2.connect(dsn)) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
        for text in sentences:
            others = servants()
            with ours.taken(others):
                mira.services.memories.add(NewMemory(text=text))
            with raw.taken(others):
                written.append(_insert(connection, mira.house.embedder, text + "."))
        with connection, connection.cursor() as cursor:
            cursor.execute("DELETE FROM memories WHERE id = ANY (%s::uuid[])", (written,))
    whole, bare = (statistics.median(each.clock[WARM:]) for each in (ours, raw))
    spent, least = (statistics.median(each.processor[WARM:]) for each in (ours, raw))
    return {
        "ingest one by one, ms": whole,
        "raw INSERT with the same embedding, ms": bare,
        "ingest: share of the raw rate": bare / whole,
        "ingest one by one: processor time, ms": spent,
        "raw INSERT: processor time, ms": least,
    }


def _insert(connection: Connection, embedder: Embedder, text: str) -> str:
    new = str(uuid4())
    vector = as_halfvec(embedder.embed([text])[0])
    with connection, connection.cursor() as cursor:
        cursor.execute(RAW, (new, text, vector, embedder.name))
    return new


def scored(mira: main.Mira) -> dict[str, float]:
    """A night some active days later, so that nearly every score is another."""
    pass_days(mira.house.ground.database)
    ageing = Ageing()
    store = PostgresMemories(mira.house.ground.database, mira.house.user.id)
    begun = time.perf_counter()
    run = ScoreMemories(store, lambda: ageing, SystemClock()).carried_out()
    seconds = time.perf_counter() - begun
    return {
        "nightly scores written a second": int(run.summary.split()[0]) / seconds,
    }
