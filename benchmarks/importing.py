"""Messages imported a second, beside the bare cost: embedding alone, and COPY of the same rows.

Run it with `.venv/bin/python -m benchmarks.importing [--count 2000] [--folder FOLDER]`. FOLDER
keeps the sentences and their vectors between runs. The import goes by `POST /api/import` into a
MIRA of its own; COPY goes into a bare table with the same vectors, once with its index standing,
once built after.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from time import perf_counter

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from adapters import models
from adapters.embedded import PostgresServer, running
from adapters.embeddings import OnnxEmbedder
from benchmarks.house import house
from benchmarks.machine import described
from benchmarks.sentences import Corpus, corpus
from cns.services.importing import BATCH
from cns.sql import as_halfvec
from tests.servers import temporary_folder, temporary_home

COUNT = 2000
SITTING = 20  # messages of a session
BEGAN = datetime(2024, 8, 1, 10, 0, tzinfo=UTC)
TABLE = """CREATE EXTENSION IF NOT EXISTS vector; DROP TABLE IF EXISTS bare;
    CREATE TABLE bare (place bigint PRIMARY KEY, text text NOT NULL, embedding halfvec(384))"""
INDEX = """CREATE INDEX ON bare USING hnsw (embedding halfvec_cosine_ops)
    WITH (m = 32, ef_construction = 200)"""


def main() -> None:
    """Print the figures as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="messages")
    parser.add_argument("--folder", type=Path, help="where sentences are kept between runs")
    arguments = parser.parse_args()
    with _folder(arguments.folder) as folder:
        told = corpus(folder, arguments.count)
    seconds = {"import": _imported(told), "embedding alone": _embedded(told), **_copied(told)}
    print("; ".join(f"{name} {value}" for name, value in described().items()))
    print(f"\n| {len(told.texts)} messages | seconds | a second |\n| --- | --- | --- |")
    for name, taken in seconds.items():
        print(f"| {name} | {taken:.1f} | {len(told.texts) / taken:.0f} |")
    bare = seconds["embedding alone"] + seconds["COPY, index standing"]
    print(f"\nThe import took {seconds['import'] / bare:.2f} of embedding and COPY together.")


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        yield kept
        return
    with temporary_folder() as folder:
        yield folder


def _imported(told: Corpus) -> float:
    with house() as mira:
        mira.bring([_message(number, text) for number, text in enumerate(told.asked[:SITTING])])
        begun = perf_counter()
        mira.bring([_message(SITTING + number, text) for number, text in enumerate(told.texts)])
        return perf_counter() - begun


def _message(number: int, text: str) -> Mapping[str, str]:
    return {
        "role": "assistant" if number % 2 else "user",
        "content": text,
        "created_at": (BEGAN + timedelta(minutes=number)).isoformat(),
        "session": str(number // SITTING),
    }


def _embedded(told: Corpus) -> float:
    """By the same model in the same batches."""
    embedder = OnnxEmbedder(models.minilm_onnx(), models.minilm_tokenizer())
    embedder.warm()
    begun = perf_counter()
    for first in range(0, len(told.texts), BATCH):
        embedder.embed(told.texts[first : first + BATCH])
    return perf_counter() - begun


def _copied(told: Corpus) -> Mapping[str, float]:
    rows = "".join(
        f"{place}\t{text}\t{as_halfvec(vector.tolist())}\n"
        for place, (text, vector) in enumerate(zip(told.texts, told.vectors, strict=True))
    )
    with temporary_home() as home:
        server = PostgresServer(home)
        with running(server), closing(psycopg2.connect(server.dsn)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:

                def copy() -> None:
                    cursor.copy_expert("COPY bare FROM STDIN", StringIO(rows))

                def index() -> None:
                    cursor.execute(INDEX)

                return {
                    "COPY, index standing": _timed(cursor, (index,), (copy,)),
                    "COPY, index built after": _timed(cursor, (), (copy, index)),
                }


def _timed(
    cursor: Cursor, before: tuple[Callable[[], None], ...], work: tuple[Callable[[], None], ...]
) -> float:
    """Seconds that the work takes on an empty table after what comes before it."""
    cursor.execute(TABLE)
    for each in before:
        each()
    begun = perf_counter()
    for each in work:
        each()
    return perf_counter() - begun


if __name__ == "__main__":
    main()
