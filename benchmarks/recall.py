"""How well recall finds what answers a question, beside plain baselines.

Run it with `.venv/bin/python -m benchmarks.recall [--locomo FILE]`. Without a file it asks the
questions of the set of this project's own (benchmarks/data/year). FILE is a split of LoCoMo in
the form {"conversations": [{"id", "messages", "questions"}]}; it never becomes part of the
project. Each conversation goes into a database of its own. No language model is asked.
"""

import argparse
import itertools
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.embedded import PostgresServer, running
from benchmarks import year_recall
from benchmarks.baselines import Method, PlainVectors, PlainWords
from benchmarks.rankings import Asked, header, table
from benchmarks.remembering import remembering
from tests.seeding import Line, Seeds
from tests.servers import CARELESS, TestServer, temporary_home, with_template

Conversation = Mapping[str, Any]


def main() -> None:
    """Print the figures as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locomo", type=Path, help="a split of LoCoMo")
    parser.add_argument("--ranked", type=Path, help="also write ours as JSON Lines, for scoring")
    parser.add_argument("--json", type=Path, help="also write the figures of the own set")
    arguments = parser.parse_args()
    with temporary_home() as home:
        server = PostgresServer(home, CARELESS)
        with running(server):
            databases = with_template(home, server)
            if arguments.locomo is None:
                year_recall.main(databases, arguments.json)
            else:
                _locomo(databases, arguments.locomo, arguments.ranked)


def _locomo(databases: TestServer, split: Path, ranking: Path | None) -> None:
    conversations = json.loads(split.read_text(encoding="utf-8"))["conversations"]
    asked: dict[str, list[Asked]] = {}
    ranked: list[str] = []
    for conversation in conversations:
        ranked += _measure(conversation, databases, asked)
    if ranking is not None:
        ranking.write_text("\n".join(ranked) + "\n", encoding="utf-8")
    rows = [row for name, each in asked.items() for row in table(name, each)]
    print("\n".join([*header(), *rows]))


def _measure(
    conversation: Conversation, databases: TestServer, asked: dict[str, list[Asked]]
) -> Iterator[str]:
    """Ask every question of a conversation of every method; ours as lines of JSON."""
    texts = {
        message["external_id"]: f"{message['name']}: {message['content']}"
        for message in conversation["messages"]
    }
    with remembering(databases, lambda seeds: store(conversation, seeds)) as ours:
        methods: Mapping[str, Method] = {
            "MIRA": ours,
            "plain BM25": PlainWords(texts),
            "plain dense": PlainVectors(texts, ours.embedder),
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


if __name__ == "__main__":
    main()
