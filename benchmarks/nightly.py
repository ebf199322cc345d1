"""How many scores the nightly job writes a second, beside a bare update of as many narrow rows.

Run it with `.venv/bin/python -m benchmarks.nightly`. Ages, uses and links are drawn by chance from
the seed; each round some active days pass, so that nearly every score is another. The job notes
what it changed, so that it can be undone; the bare update does not.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from uuid import uuid4

from adapters.clock import SystemClock
from adapters.embedded import PostgresServer, running
from adapters.postgres import Postgres
from cns.domain.message import UserId
from cns.ports import Database, Page
from config.settings import DatabaseSettings
from lt_memory.ageing import Ageing
from lt_memory.forecast import Forecast
from lt_memory.jobs.decay import SinkMemories
from lt_memory.jobs.score import ScoreMemories
from lt_memory.postgres import PostgresMemories
from tests.servers import temporary_home, with_template

ROUNDS = 5
DAYS = 10  # that pass between two rounds
SPREAD = 40  # active days over which the memories were born
INDEX = """CREATE INDEX memories_by_vector ON memories USING hnsw (embedding halfvec_cosine_ops)
    WITH (m = 32, ef_construction = 200)"""
FILL = """
INSERT INTO users (id, email, name, timezone, cumulative_activity_days)
    VALUES (%(user)s, 'user@localhost', 'you', 'UTC', %(spread)s);
INSERT INTO user_activity_days (user_id, day, first_message_at, message_count)
    SELECT %(user)s, (now() - make_interval(days => n))::date, now() - make_interval(days => n), 9
    FROM generate_series(0, %(spread)s - 1) AS n;
INSERT INTO memories (id, user_id, text, kind, source, trust, state, created_at, updated_at,
        activity_days_at_creation, embedding, embedding_model)
    SELECT gen_random_uuid(), %(user)s, 'memory number ' || n, 'fact', 'user', 'trusted', 'active',
        now(), now(), (random() * %(spread)s)::int, CASE WHEN %(vectors)s THEN (
            SELECT array_agg(random() - 0.5) FROM generate_series(1, 384 + 0 * n)
        )::real[]::vector::halfvec END, 'random'
    FROM generate_series(1, %(count)s) AS n;
INSERT INTO memory_standing (memory_id, surfaced_count, cited_count, activity_day_at_access)
    SELECT id, CASE WHEN used THEN (random() * 3)::int ELSE 0 END,
        CASE WHEN used THEN (random() * 2)::int ELSE 0 END, CASE WHEN used THEN %(spread)s END
    FROM (SELECT id, random() < 0.3 AS used FROM memories) AS drawn;
INSERT INTO memory_revisions (memory_id, revision, at, actor, change)
    SELECT id, 1, now(), 'extraction', 'extracted' FROM memories;
INSERT INTO memory_links (id, source_id, target_id, kind, created_at)
    SELECT gen_random_uuid(), a.id, b.id, 'related', now()
    FROM (SELECT id, row_number() OVER () AS n FROM memories) a
    JOIN (SELECT id, row_number() OVER () AS n FROM memories) b ON b.n = a.n / 3 + 1
    WHERE a.id <> b.id;
CREATE TABLE bare (id uuid PRIMARY KEY, importance numeric(5, 3) NOT NULL);
INSERT INTO bare SELECT id, 0.5 FROM memories;
DELETE FROM text_changes;
"""


@dataclass(frozen=True, slots=True)
class Bench:
    dsn: str
    database: Database
    memories: PostgresMemories

    def run(self, statement: str, **values: object) -> int:
        with self.database.transaction() as tx:
            return tx.run(statement, **values)


def pass_days(database: Database) -> None:
    """So many active days later nearly every score is another."""
    with database.transaction() as tx:
        tx.run(
            "UPDATE users SET cumulative_activity_days = cumulative_activity_days + %(days)s",
            days=DAYS,
        )


@contextmanager
def filled(count: int, seed: int, *, vectors: bool) -> Iterator[Bench]:
    """A house of so many memories."""
    with temporary_home() as home:
        server = PostgresServer(home)
        with running(server), with_template(home, server).migrated_database() as dsn:
            settings = DatabaseSettings(pool_min=1, statement_seconds=3600)
            with closing(Postgres(dsn, settings)) as database:
                user = uuid4()
                with database.transaction() as tx:
                    tx.all("SELECT setseed(%(seed)s)", seed=1 / (seed + 1))
                    tx.run("DROP INDEX memories_by_vector")
                    tx.run(FILL, user=user, count=count, spread=SPREAD, vectors=vectors)
                    tx.run(INDEX)
                    tx.run("ANALYZE")
                yield Bench(dsn, database, PostgresMemories(database, UserId(user)))


def measured(bench: Bench) -> dict[str, list[tuple[int, float]]]:
    """Rows and seconds of each round."""
    clock, ageing = SystemClock(), Ageing()
    score = ScoreMemories(bench.memories, lambda: ageing, clock)
    decay = SinkMemories(bench.memories, lambda: ageing, clock)
    forecast = Forecast(bench.memories, lambda: ageing, clock)
    figures: dict[str, list[tuple[int, float]]] = {}

    def take(name: str, work: Callable[[], int]) -> None:
        begun = time.perf_counter()
        rows = work()
        figures.setdefault(name, []).append((rows, time.perf_counter() - begun))

    def looked(days: int) -> int:
        return len(forecast.list(days, Page(limit=200))[0])

    for number in range(ROUNDS):
        pass_days(bench.database)
        take("bare update of one column", lambda: _bare(bench, number))  # noqa: B023 - used at once
        take("score", lambda: _scored(score))
        take("score when nothing changed", lambda: _scored(score))
        take("forecast of 7 active days, 200 items", lambda: looked(7))
        take("forecast of 90 active days, 200 items", lambda: looked(90))
        take("decay", lambda: _sunk(decay))
    return figures


def _bare(bench: Bench, number: int) -> int:
    return bench.run("UPDATE bare SET importance = 0.1 + %(n)s * 0.001", n=number)


def _scored(job: ScoreMemories) -> int:
    return int(job.carried_out().summary.split()[0])


def _sunk(job: SinkMemories) -> int:
    (run,) = job.carried_out()
    asleep, put_away = (int(part.split()[0]) for part in run.summary.split(", ")[:2])
    return asleep + put_away


def main() -> None:
    """Print a Markdown table: rows, median seconds, rows a second; and the memory it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memories", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-vectors", action="store_true", help="quicker to fill")
    asked = parser.parse_args()
    with filled(asked.memories, asked.seed, vectors=not asked.no_vectors) as bench:
        before = _peak()
        figures = measured(bench)
        grown = _peak() - before
    print(f"\n{asked.memories:,} memories, seed {asked.seed}, {ROUNDS} rounds\n")
    print("| what | rows | seconds | rows a second |\n| --- | --- | --- | --- |")
    for name, rounds in figures.items():
        rows, seconds = (statistics.median(each) for each in zip(*rounds, strict=True))
        print(f"| {name} | {rows:,.0f} | {seconds:.3f} | {rows / seconds:,.0f} |")
    print(f"\nThis process took {grown:.0f} MiB more at its peak.", flush=True)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
