"""How well recall finds the messages that answer a question, beside plain baselines.

Run it with `.venv/bin/python -m benchmarks.recall --locomo FILE`. FILE is a split of LoCoMo in
the form {"conversations": [{"id", "messages", "questions"}]}; it never becomes part of the
project. Each conversation goes into a database of its own. No language model is asked.
"""

import argparse
import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from adapters import models
from adapters.embedded import PostgresServer, running
from adapters.embeddings import OnnxEmbedder
from adapters.postgres import Postgres
from adapters.text_index import TantivyIndex
from benchmarks.rankings import Asked, header, table
from cns.ports import Query
from config.settings import DatabaseSettings
from lt_memory.domain.question import core
from lt_memory.domain.stem import stem
from lt_memory.jobs.embed import EmbedPending
from lt_memory.recall import HybridRecall
from lt_memory.recall_postgres import PostgresRecall, PostgresTexts, PostgresVectors
from tests.seeding import Line, Seeds
from tests.servers import CARELESS, TestServer, temporary_folder, temporary_home, with_template

DEPTH = 50
SATURATION, LENGTH = 1.2, 0.75  # BM25's usual k1 and b
_WORD = re.compile(r"\w+")

Conversation = Mapping[str, Any]


class Method(Protocol):
    def rank(self, question: str) -> list[str]:
        """The external ids found, best first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """MIRA's recall over one conversation."""

    recall: HybridRecall
    embedder: OnnxEmbedder

    def rank(self, question: str, intent: str = "") -> list[str]:
        found = self.recall.recall(
            Query(
                text=question,
                vector=self.embedder.embed([core(question)])[0],
                kinds=frozenset({"message"}),
                limit=DEPTH,
                intent=intent,
            )
        )
        if found.degraded:
            raise SystemExit(f"recall was not whole: {found.degraded}")
        return [hit.external_id or "" for hit in found.hits]


class PlainWords:
    """BM25 over each message by itself, with its speaker: stemmed words, no stop list."""

    def __init__(self, messages: Sequence[Mapping[str, str]]) -> None:
        self._ids = [message["external_id"] for message in messages]
        texts = [_stems(f"{message['name']}: {message['content']}") for message in messages]
        self._counts = [Counter(text) for text in texts]
        self._lengths = [len(text) for text in texts]
        self._average = sum(self._lengths) / len(texts)
        self._documents = Counter(word for counts in self._counts for word in counts)

    def rank(self, question: str) -> list[str]:
        words = set(_stems(question))
        scores = [self._score(words, place) for place in range(len(self._ids))]
        return _best(self._ids, scores)

    def _score(self, words: set[str], place: int) -> float:
        counts = self._counts[place]
        ease = SATURATION * (1 - LENGTH + LENGTH * self._lengths[place] / self._average)
        return sum(
            self._rarity(word) * counts[word] * (SATURATION + 1) / (counts[word] + ease)
            for word in words & counts.keys()
        )

    def _rarity(self, word: str) -> float:
        n = self._documents[word]
        return math.log1p((len(self._ids) - n + 0.5) / (n + 0.5))


class PlainVectors:
    """Exact cosines between the question and each message, both as they are."""

    def __init__(self, messages: Sequence[Mapping[str, str]], embedder: OnnxEmbedder) -> None:
        self._ids = [message["external_id"] for message in messages]
        self._embedder = embedder
        self._vectors = np.array(
            embedder.embed([f"{message['name']}: {message['content']}" for message in messages])
        )

    def rank(self, question: str) -> list[str]:
        vector = np.array(self._embedder.embed([question])[0])
        return _best(self._ids, (self._vectors @ vector).tolist())


def main() -> None:
    """Print the figures as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locomo", type=Path, required=True, help="a split of LoCoMo")
    parser.add_argument("--ranked", type=Path, help="also write ours as JSON Lines, for scoring")
    arguments = parser.parse_args()
    conversations = json.loads(arguments.locomo.read_text(encoding="utf-8"))["conversations"]
    asked: dict[str, list[Asked]] = {}
    ranked: list[str] = []
    with temporary_home() as home:
        server = PostgresServer(home, CARELESS)
        with running(server):
            databases = with_template(home, server)
            for conversation in conversations:
                ranked += _measure(conversation, databases, asked)
    if arguments.ranked is not None:
        arguments.ranked.write_text("\n".join(ranked) + "\n", encoding="utf-8")
    rows = [row for name, each in asked.items() for row in table(name, each)]
    print("\n".join([*header(), *rows]))


def _measure(
    conversation: Conversation, databases: TestServer, asked: dict[str, list[Asked]]
) -> Iterator[str]:
    """Ask every question of a conversation of every method; ours as lines of JSON."""
    messages = conversation["messages"]
    with remembering(databases, lambda seeds: store(conversation, seeds)) as ours:
        methods: Mapping[str, Method] = {
            "MIRA": ours,
            "plain BM25": PlainWords(messages),
            "plain dense": PlainVectors(messages, ours.embedder),
        }
        for question, (name, method) in itertools.product(
            conversation["questions"], methods.items()
        ):
            found = method.rank(question["text"])
            if name == "MIRA":
                yield json.dumps({"question_id": question["id"], "ranked": found})
            if question["evidence"]:
                asked.setdefault(name, []).append(
                    Asked(
                        category=question["category"],
                        evidence=frozenset(question["evidence"]),
                        found=found,
                    )
                )


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
            recall = HybridRecall(store=PostgresRecall(database, embedder.name), index=index)
            yield Ours(recall=recall, embedder=embedder)
        database.close()


def store(conversation: Conversation, seeds: Seeds) -> None:
    seeds.user()
    for _, session in itertools.groupby(conversation["messages"], lambda each: each["session"]):
        lines = [
            Line(
                text=message["content"],
                role=message["role"],
                name=message["name"],
                at=datetime.fromisoformat(message["created_at"]).replace(tzinfo=UTC),
                external_id=message["external_id"],
            )
            for message in session
        ]
        seeds.segment(lines, began=lines[0].at or datetime.now(UTC))


def _stems(text: str) -> list[str]:
    return [stem(word) for word in _WORD.findall(text.lower())]


def _best(ids: Sequence[str], scores: Sequence[float]) -> list[str]:
    order = sorted(range(len(ids)), key=lambda place: -scores[place])
    return [ids[place] for place in order[:DEPTH]]


if __name__ == "__main__":
    main()
