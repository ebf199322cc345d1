"""A turn's own time and the start-up time, beside the bare cost of their parts.

Run it with `.venv/bin/python -m benchmarks.turn`. It starts the real program on an empty data
directory, against a local server that answers at once in a vendor's wire protocol.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import psycopg2

from adapters import models
from adapters.embeddings import OnnxEmbedder
from tests.application import Application, Said, wired
from tests.fakes.llm_server import FakeLLMServer
from tests.servers import temporary_folder

PARTS = ("touchstone", "embed", "surface", "compose", "own", "total")
FACTS = (
    "My sister Anna lives in Leeds and works as a vet.",
    "The boiler was serviced in March by a man called Petros.",
    "I promised to bring the blue tent to the lake in July.",
    "Our landlord raised the rent by forty pounds.",
    "The choir meets on Thursdays in the old library.",
)


def main() -> None:
    """Print the figures as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=100)
    turns = parser.parse_args().turns
    with temporary_folder() as folder, FakeLLMServer() as server:
        app = Application(folder / "data", wired(server, "openai"))
        first, second = _start_ups(app)
        told = [app.turn(f"{FACTS[n % len(FACTS)]} Note {n}.") for n in range(turns)]
        embedding, query = _bare_embedding(), _bare_query(app)
        app.stop()
    print("| what | median | p95 |\n| --- | --- | --- |")
    print(f"| first start, empty data directory | {first:.2f} s | |")
    print(f"| second start | {second:.2f} s | |")
    for part in PARTS:
        print(_row(f"turn: {part}", [_timing(events, part) for events in told]))
    print(_row("bare: one embedding of a question", embedding))
    print(_row("bare: one HNSW query, top 10", query))
    own = statistics.median(_timing(events, "own") for events in told)
    bare = statistics.median(embedding) + statistics.median(query)
    print(f"\nown time / (embedding + query): {own / bare:.2f} over {turns} turns")


def _start_ups(app: Application) -> tuple[float, float]:
    seconds = []
    for _ in range(2):
        app.stop()
        begun = time.perf_counter()
        app.start()
        seconds.append(time.perf_counter() - begun)
    return seconds[0], seconds[1]


def _timing(events: Sequence[Said], part: str) -> float:
    return float(events[-1].data["timings_ms"][part])


def _bare_embedding() -> list[float]:
    embedder = OnnxEmbedder(models.minilm_onnx(), models.minilm_tokenizer())
    embedder.warm()
    return _timed(lambda n: embedder.embed([f"Where does my sister live, question {n}?"]))


def _bare_query(app: Application) -> list[float]:
    connection = psycopg2.connect(
        host=str(app.data_dir / "run"), port=5432, user="postgres", dbname="mira"
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT embedding::text FROM messages WHERE embedding IS NOT NULL LIMIT 1")
        row = cursor.fetchone()
        if row is None:
            raise SystemExit("no message has a vector yet: run more turns")

        def ask(_: int) -> None:
            cursor.execute(
                "SELECT id FROM messages ORDER BY embedding <=> %s::halfvec LIMIT 10", row
            )
            cursor.fetchall()

        figures = _timed(ask)
    connection.close()
    return figures


def _timed(work: Callable[[int], object], rounds: int = 100) -> list[float]:
    figures = []
    for number in range(rounds):
        begun = time.perf_counter()
        work(number)
        figures.append((time.perf_counter() - begun) * 1000)
    return figures


def _row(name: str, figures: Sequence[float]) -> str:
    p95 = statistics.quantiles(figures, n=20)[-1]
    return f"| {name} | {statistics.median(figures):.2f} ms | {p95:.2f} ms |"


if __name__ == "__main__":
    main()
