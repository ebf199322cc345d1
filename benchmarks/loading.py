"""Fills a house with many memories at once: rows by COPY, the vector indexes built after.

Beside each memory stand its importance, its first revision, the message that it was drawn from (one
of ten such, with the mean of their vectors), a link to another one, and as entities the capitalised
words in its text. Beyond as many memories as there are sentences, each further round holds a noisy
copy of every vector (its cosine to the first is about 0.9), its words half of one sentence and half
of another.
"""

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from psycopg2.extensions import connection as Connection  # noqa: N812 - it is a class
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - as above

import lt_memory.jobs
from adapters import embeddings
from benchmarks.copying import copy, packed
from benchmarks.sentences import Corpus, Vectors
from cns.discovery import offered
from lt_memory.job import BackgroundJob

SAID_AT_ONCE = 10  # memories drawn from one message
CHAPTER = 400  # memories drawn from one segment
NOISE = 0.5  # the length of what is added to a unit vector
DAYS = 40  # active days over which the memories came
FOLLOWING = frozenset({"embed", "index_text"})  # jobs that do only what was just stored
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}")

MEMORIES = """memories (id, user_id, text, kind, source, trust, state, segment_id, created_at,
    updated_at, activity_days_at_creation, embedding, embedding_model)"""
MESSAGES = """messages (id, continuum_id, segment_id, role, content, text, status, created_at,
    embedding, embedding_model)"""
BEFORE = """
SET LOCAL session_replication_role = replica;
INSERT INTO user_activity_days (user_id, day, first_message_at, message_count)
    SELECT id, (now() - make_interval(days => n))::date, now() - make_interval(days => n), 9
    FROM users, generate_series(1, %(days)s) AS n ON CONFLICT DO NOTHING;
UPDATE users SET cumulative_activity_days = %(days)s;
INSERT INTO paused_jobs SELECT unnest(%(jobs)s::text[]) ON CONFLICT DO NOTHING;
"""
SEGMENTS = """
INSERT INTO segments (id, continuum_id, status, started_at, last_message_at, ended_at, collapsed_at,
        summarised_at, extracted_at, title, summary, complexity, message_count, turns)
    SELECT md5('segment ' || n)::uuid, c.id, 'collapsed', at, at, at, at, at, at, 'Chapter ' || n,
        'What was said in chapter ' || n, 1, 40, 40
    FROM continuums c, generate_series(0, %(segments)s) AS n,
        LATERAL (SELECT now() - make_interval(hours => 2 + %(segments)s - n) AS at) AS told
"""
AROUND = """
INSERT INTO memory_standing (memory_id, importance, surfaced_count, cited_count,
        activity_day_at_access)
    SELECT md5('memory ' || n)::uuid, 0.3 + 0.4 * random(), CASE WHEN used THEN 2 ELSE 0 END,
        CASE WHEN used THEN 1 ELSE 0 END, CASE WHEN used THEN %(days)s END
    FROM (SELECT n, random() < 0.3 AS used FROM generate_series(0, %(count)s - 1) AS n) AS drawn;
INSERT INTO memory_evidence (memory_id, message_id, start_at, end_at)
    SELECT md5('memory ' || n)::uuid, md5('message ' || n / %(at_once)s)::uuid, n %% %(at_once)s,
        n %% %(at_once)s + 5
    FROM generate_series(0, %(count)s - 1) AS n;
INSERT INTO memory_revisions (memory_id, revision, at, actor, change)
    SELECT md5('memory ' || n)::uuid, 1, now(), 'extraction', 'extracted'
    FROM generate_series(0, %(count)s - 1) AS n;
INSERT INTO memory_links (id, source_id, target_id, kind, reason, created_at)
    SELECT gen_random_uuid(), md5('memory ' || n)::uuid, md5('memory ' || n / 3)::uuid,
        (ARRAY['related', 'related', 'related', 'supports', 'caused_by', 'sequence', 'instance_of',
               'motivated_by', 'contains', 'derived_from'])[1 + n %% 10], 'near', now()
    FROM generate_series(1, %(count)s - 1) AS n;
"""
ENTITIES = """
INSERT INTO entities (id, user_id, name, kind, created_at)
    SELECT md5('entity ' || names.name)::uuid, users.id, names.name, 'thing', now()
    FROM users, (SELECT DISTINCT name FROM named) AS names;
INSERT INTO memory_entities
    SELECT md5('memory ' || n)::uuid, md5('entity ' || name)::uuid FROM named;
"""


@dataclass(frozen=True, slots=True)
class Filling:
    """So many memories of the sentences, to be written over one connection."""

    connection: Connection
    corpus: Corpus
    count: int

    def fill(self) -> None:
        """All in one transaction, the indexes of vectors made after the rows."""
        with self.connection, self.connection.cursor() as cursor:
            figures = {
                "count": self.count,
                "days": DAYS,
                "at_once": SAID_AT_ONCE,
                "segments": self.count // CHAPTER,
                "jobs": [
                    job.name
                    for job in offered(lt_memory.jobs, BackgroundJob)
                    if job.name not in FOLLOWING
                ],
            }
            cursor.execute(BEFORE, figures)
            indexes = _without_vector_indexes(cursor)
            self._rows(cursor)
            cursor.execute(SEGMENTS, figures)
            cursor.execute(AROUND, figures)
            self._entities(cursor)
            for index in indexes:
                cursor.execute(index)
        self.connection.autocommit = True
        with self.connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")

    def _rows(self, cursor: Cursor) -> None:
        cursor.execute("SELECT user_id::text, id::text FROM continuums")
        user, continuum = (UUID(each) for each in cursor.fetchone() or ())
        for first in self._rounds():
            texts, vectors = self._texts(first), self._vectors(first)
            copy(cursor, MEMORIES, self._memories(user, first, texts, vectors))
            copy(cursor, MESSAGES, self._messages(continuum, first, texts, vectors))

    def _rounds(self) -> range:
        return range(0, self.count, len(self.corpus.texts))

    def _texts(self, first: int) -> Sequence[str]:
        return texts_of(self.corpus.texts, first)[: self.count - first]

    def _vectors(self, first: int) -> Vectors:
        return vectors_of(self.corpus.vectors, first)[: self.count - first]

    def _memories(
        self, user: UUID, first: int, texts: Sequence[str], vectors: Vectors
    ) -> Iterator[list[bytes]]:
        for number, (text, vector) in enumerate(zip(texts, vectors, strict=True), first):
            at = self._instant(number)
            row = (memory_id(number), user, text, "fact", "user", "trusted", "active")
            born = number * DAYS // self.count
            more = (_id("segment", number // CHAPTER), at, at, born, vector, embeddings.MODEL)
            yield [packed(field) for field in (*row, *more)]

    def _messages(
        self, continuum: UUID, first: int, texts: Sequence[str], vectors: Vectors
    ) -> Iterator[list[bytes]]:
        for start in range(0, len(texts), SAID_AT_ONCE):
            number, end = first + start, start + SAID_AT_ONCE
            said, mean = " ".join(texts[start:end]), vectors[start:end].mean(axis=0)
            row = (_id("message", number // SAID_AT_ONCE), continuum)
            what = ("user", [{"type": "text", "text": said}], said, "complete")
            segment, vector = _id("segment", number // CHAPTER), mean / np.linalg.norm(mean)
            when = (self._instant(number), vector, embeddings.MODEL)
            yield [packed(field) for field in (*row, segment, *what, *when)]

    def _instant(self, number: int) -> datetime:
        """Minutes apart, the newest some hours ago."""
        return datetime.now(UTC) - timedelta(hours=2, minutes=self.count - number)

    def _entities(self, cursor: Cursor) -> None:
        lines = "".join(
            f"{number}\t{name}\n"
            for first in self._rounds()
            for number, text in enumerate(self._texts(first), first)
            for name in sorted(set(_NAME.findall(text)))[:2]
        )
        cursor.execute("CREATE TEMP TABLE named (n integer, name text) ON COMMIT DROP")
        cursor.copy_expert("COPY named FROM STDIN", io.StringIO(lines))
        cursor.execute(ENTITIES)


def texts_of(known: Sequence[str], first: int) -> Sequence[str]:
    """The words of a round of memories, from the first on."""
    turn = first // len(known)
    if turn == 0:
        return known
    others = (known[(n + turn * 7919) % len(known)] for n in range(len(known)))
    return [
        f"{one[: len(one) // 2].rstrip()} {other[len(other) // 2 :].lstrip()}"
        for one, other in zip(known, others, strict=True)
    ]


def vectors_of(known: Vectors, first: int) -> Vectors:
    """Unit vectors of the same memories, as the store rounds them."""
    turn = first // len(known)
    if turn == 0:
        return known
    noise = np.random.default_rng(turn).standard_normal(known.shape, dtype=np.float32)
    made = known + noise * np.float32(NOISE / np.sqrt(known.shape[1]))
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made.astype(np.float16).astype(np.float32)


def memory_id(number: int) -> UUID:
    return _id("memory", number)


def _id(what: str, number: int) -> UUID:
    """As `md5('memory 7')::uuid` makes it in the database."""
    return UUID(hashlib.md5(f"{what} {number}".encode(), usedforsecurity=False).hexdigest())


def _without_vector_indexes(cursor: Cursor) -> list[str]:
    """Drop them; the statements that make them again."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '%% USING hnsw %%'"
        " AND tablename IN ('memories', 'messages', 'segments')"
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [statement for _, statement in found]
