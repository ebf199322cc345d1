"""The questions of LoCoMo, asked at MIRA's doors: import and search."""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters import models
from adapters.embeddings import OnnxEmbedder
from benchmarks.baselines import Method, PlainVectors, PlainWords
from benchmarks.house import house
from benchmarks.rankings import Asked, header, table

OURS = "MIRA"
Conversation = Mapping[str, Any]


def main(split: Path, ranking: Path | None) -> None:
    """Print the figures as a Markdown table; `ranking`: also write ours there, for scoring."""
    conversations = json.loads(split.read_text(encoding="utf-8"))["conversations"]
    asked: dict[str, list[Asked]] = {}
    ranked = [line for each in conversations for line in _measured(each, asked)]
    if ranking is not None:
        ranking.write_text("\n".join(ranked) + "\n", encoding="utf-8")
    rows = [row for name, each in asked.items() for row in table(name, each)]
    print("\n".join([*header(), *rows]))


def _measured(conversation: Conversation, asked: dict[str, list[Asked]]) -> Iterator[str]:
    """Ask every question of a conversation of every method; ours as lines of JSON."""
    texts = {
        message["external_id"]: f"{message['name']}: {message['content']}"
        for message in conversation["messages"]
    }
    embedder = OnnxEmbedder(models.minilm_onnx(), models.minilm_tokenizer())
    with house() as mira:
        mira.bring([_as_imported(message) for message in conversation["messages"]])
        methods: Mapping[str, Method] = {
            OURS: mira,
            "plain BM25": PlainWords(texts),
            "plain dense": PlainVectors(texts, embedder),
        }
        for question, (name, method) in itertools.product(
            conversation["questions"], methods.items()
        ):
            found = method.rank(question["text"])
            if name == OURS:
                yield json.dumps({"question_id": question["id"], "ranked": found})
            if question["evidence"]:
                asked.setdefault(name, []).append(asked_of(question, found))


def _as_imported(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """A line of the split as `POST /api/import` takes it."""
    zoned = f"{message['created_at']}Z"
    return {**message, "created_at": zoned, "session": str(message["session"])}


def asked_of(question: Mapping[str, Any], found: Sequence[str]) -> Asked:
    return Asked(
        category=question["category"], evidence=frozenset(question["evidence"]), found=found
    )
