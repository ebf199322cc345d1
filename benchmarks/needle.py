"""A needle in a life: the questions of long conversations, asked among 100,000 other items.

Run it with `.venv/bin/python -m benchmarks.needle --locomo FILE --folder FOLDER`. Everything is in
one database: all the conversations of the split, so that each lies among the others, and around
them sentences of the installed packages' documentation as a chat of two. The sentences and their
vectors stay in FOLDER, where benchmarks.speed keeps the same ones. The baselines, and their fusion
by reciprocal ranks, are asked in the same run.
"""

import argparse
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from adapters import models
from adapters.embedded import PostgresServer, running
from adapters.embeddings import MODEL, OnnxEmbedder
from benchmarks.baselines import PlainVectors, PlainWords
from benchmarks.locomo import Conversation, asked_of
from benchmarks.rankings import Asked, header, table
from benchmarks.remembering import remembering
from benchmarks.sentences import WANTED, Corpus, corpus
from benchmarks.touchstone import store
from cns.ports import Vector
from cns.sql import as_halfvec
from tests.seeding import BEGAN, Seeds
from tests.servers import CARELESS, TestServer, temporary_home, with_template

CHAPTER = 20  # sentences that make one segment
BATCH = 2_000  # rows of one statement
SMOOTHING = 60  # of reciprocal ranks, as Cormack, Clarke and Buettcher have it (SIGIR 2009)
SEGMENTS = """INSERT INTO segments (id, continuum_id, status, started_at, last_message_at, ended_at,
    collapsed_at, message_count)
    SELECT id, %(continuum)s, 'collapsed', at, at, at, at, %(count)s
    FROM unnest(%(ids)s::uuid[], %(at)s::timestamptz[]) AS made (id, at)"""
MESSAGES = """INSERT INTO messages (id, continuum_id, segment_id, role, content, text, status,
    created_at, embedding, embedding_model)
    SELECT id, %(continuum)s, segment, role, jsonb_build_array(jsonb_build_object(
        'type', 'text', 'text', text)), text, 'complete', at, vector::halfvec, %(model)s
    FROM unnest(%(ids)s::uuid[], %(segments)s::uuid[], %(roles)s::text[], %(texts)s::text[],
        %(at)s::timestamptz[], %(vectors)s::text[])
        AS made (id, segment, role, text, at, vector)"""
INDEXES = """SELECT indexname AS name, indexdef AS made FROM pg_indexes
    WHERE tablename = 'messages' AND indexdef LIKE '%%hnsw%%'"""


@dataclass(frozen=True, slots=True)
class Known:
    """An embedder that has the vectors of some texts already; implements `cns.ports.Embedder`."""

    embedder: OnnxEmbedder
    vectors: Mapping[str, Vector]

    @property
    def name(self) -> str:
        return self.embedder.name

    @property
    def dimensions(self) -> int:
        return self.embedder.dimensions

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        new = [text for text in texts if text not in self.vectors]
        made = dict(zip(new, self.embedder.embed(new), strict=True))
        return [made[text] if text in made else self.vectors[text] for text in texts]


def fused(*rankings: Sequence[str]) -> list[str]:
    """By the sum of reciprocal ranks."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for place, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (SMOOTHING + place)
    return sorted(scores, key=lambda item: -scores[item])


def main() -> None:
    """Print the figures as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locomo", type=Path, required=True, help="a split of LoCoMo")
    parser.add_argument("--folder", type=Path, required=True, help="keeps sentences and vectors")
    parser.add_argument("--others", type=int, default=WANTED, help="sentences around them")
    arguments = parser.parse_args()
    conversations = json.loads(arguments.locomo.read_text(encoding="utf-8"))["conversations"]
    known = corpus(arguments.folder, arguments.others)
    with temporary_home() as home:
        server = PostgresServer(home, CARELESS)
        with running(server):
            asked = _ask(
                [_named(each) for each in conversations], known, with_template(home, server)
            )
    rows = [row for name, each in asked.items() for row in table(name, each)]
    print("\n".join([*header(), *rows]))


def _named(conversation: Conversation) -> Conversation:
    """Its ids made unlike those of the others."""
    of = f"{conversation['id']}/"
    return {
        "messages": [
            {**each, "external_id": of + each["external_id"]} for each in conversation["messages"]
        ],
        "questions": [
            {**each, "evidence": [of + item for item in each["evidence"]]}
            for each in conversation["questions"]
        ],
    }


def _ask(
    conversations: Sequence[Conversation], known: Corpus, databases: TestServer
) -> Mapping[str, list[Asked]]:
    def write(seeds: Seeds) -> None:
        store({"messages": [said for each in conversations for said in each["messages"]]}, seeds)
        _surround(seeds, known)

    asked: dict[str, list[Asked]] = {}
    texts = dict(_texts(conversations, known))
    with remembering(databases, write) as ours:
        words, vectors = PlainWords(texts), PlainVectors(texts, _embedder(known))
        for question in itertools.chain.from_iterable(each["questions"] for each in conversations):
            if question["evidence"]:
                text = question["text"]
                by_words, by_vectors = words.rank(text), vectors.rank(text)
                found = {
                    "MIRA": ours.rank(text),
                    "plain BM25": by_words,
                    "plain dense": by_vectors,
                    "reciprocal ranks": fused(by_words, by_vectors),
                }
                for name, ranking in found.items():
                    asked.setdefault(name, []).append(asked_of(question, ranking))
    return asked


def _texts(conversations: Sequence[Conversation], known: Corpus) -> Iterator[tuple[str, str]]:
    for conversation in conversations:
        for each in conversation["messages"]:
            yield each["external_id"], f"{each['name']}: {each['content']}"
    yield from ((f"other {number}", text) for number, text in enumerate(known.texts))


def _embedder(known: Corpus) -> Known:
    built_in = OnnxEmbedder(models.minilm_onnx(), models.minilm_tokenizer())
    return Known(built_in, dict(zip(known.texts, known.vectors.tolist(), strict=True)))


def _surround(seeds: Seeds, known: Corpus) -> None:
    """The sentences as segments of a chat; the index of their vectors is made after them."""
    with seeds.database.transaction() as transaction:
        transaction.run("SET LOCAL session_replication_role = replica")
        transaction.run("SET LOCAL statement_timeout = 0")
        indexes = transaction.all(INDEXES)
        for index in indexes:
            transaction.run(f"DROP INDEX {index['name']}")
        for first in range(0, len(known.texts), BATCH):
            texts = known.texts[first : first + BATCH]
            segments = [uuid4() for _ in range(0, len(texts), CHAPTER)]
            began = [_at(first + place * CHAPTER) for place in range(len(segments))]
            transaction.run(
                SEGMENTS, continuum=seeds.continuum_id, count=CHAPTER, ids=segments, at=began
            )
            transaction.run(
                MESSAGES,
                continuum=seeds.continuum_id,
                model=MODEL,
                ids=[uuid4() for _ in texts],
                segments=[segments[place // CHAPTER] for place in range(len(texts))],
                roles=[("user", "assistant")[place % 2] for place in range(len(texts))],
                texts=list(texts),
                at=[_at(first + place) for place in range(len(texts))],
                vectors=[as_halfvec(v) for v in known.vectors[first : first + BATCH].tolist()],
            )
        for index in indexes:
            transaction.run(index["made"])


def _at(number: int) -> datetime:
    """Days before and after what is asked about, a few hours apart."""
    return (BEGAN - timedelta(days=4 * 365) + timedelta(minutes=20 * number)).astimezone(UTC)


if __name__ == "__main__":
    main()
