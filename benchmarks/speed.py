"""What remembering costs, beside the bare cost of its parts in the same run.

Run it with `.venv/bin/python -m benchmarks.speed`; with `--million` for the largest size too, whose
memories beyond 100,000 are noisy copies (see `benchmarks.loading`). The sentences are those of the
installed packages' documentation. With `--folder` sentences, vectors and filled houses are kept
there for the next run; without it all is made anew, which takes hours for a million.
"""

import argparse
import json
import shutil
import statistics
from collections.abc import Mapping, Sequence
from os import getloadavg
from pathlib import Path

from adapters.account import find_home
from adapters.embedded import PostgresServer
from benchmarks import ingesting, models, surfacing, wire
from benchmarks.houses import Filled, filled, kept_in, opened
from benchmarks.machine import described
from benchmarks.sentences import Corpus, corpus
from benchmarks.surfacing import Paired, p95

SIZES = (10_000, 100_000)
MILLION = 1_000_000
WARM = 40  # questions
Figures = dict[str, float]


def main() -> None:
    """Print a Markdown table, a column a size; the same as JSON where a file is named."""
    asked = _arguments()
    results: dict[int, Figures] = {}
    with kept_in(asked.folder) as folder:
        for size in (*asked.sizes, *([MILLION] if asked.million else [])):
            known = corpus(folder, min(size, 100_000))
            results[size] = measured(filled(folder / f"{size}", known, size), known, asked)
            _print(results)
            if asked.json is not None:
                told = {"machine": described(), "sizes": results}
                asked.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def measured(house: Filled, known: Corpus, asked: argparse.Namespace) -> Figures:
    """Every figure of one size, by name."""
    questions = surfacing.questions_of(known.asked, WARM + asked.questions)
    shutil.rmtree(house.folder / "valkey", ignore_errors=True)  # questions of an earlier run
    figures: Figures = {
        "load: rows with vector indexes, s": house.seconds[0],
        "load: text index, s": house.seconds[1],
        "load: memories a second": house.count / sum(house.seconds),
        "disk, bytes a memory": house.bytes_each,
    }
    dsn = PostgresServer(find_home(house.folder, explicit=True)).dsn
    with opened(house.folder) as mira, surfacing.bare_over(dsn, house.count) as bare:
        search = surfacing.search_of(mira)
        surfacing.made_ready(search)
        surfacing.paired(search, bare, questions[:WARM])
        figures |= _of_surfacing(surfacing.paired(search, bare, questions[WARM:]))
        loss = surfacing.lost(search, bare, dsn, questions[: asked.exact])
        figures["index: recall of the 10 nearest"] = loss.index
        figures["kept of the 10 best of all"] = loss.formula
        figures |= ingesting.one_by_one(mira, dsn, known.asked[-asked.writes :])
        figures |= ingesting.scored(mira)
    figures["cold start to the first answer, s"] = wire.cold_start(house.folder, questions[0])
    with wire.served(house.folder) as served:
        figures |= _of_turns(wire.compared(served, questions[: asked.turns]))
        for number in range(asked.turns, asked.long):
            served.turn(questions[number % len(questions)])
        process, everything = served.pss()
    figures[f"PSS of the program after {asked.long:,} turns, MiB"] = process
    figures["of which the embedding model, MiB"] = models.taken(models.EMBEDDING)
    figures["PSS of everything, MiB"] = everything
    figures["PSS of spaCy, loaded at the end of a chapter, MiB"] = models.taken(models.NAMES)
    figures["load average"] = getloadavg()[0]
    return figures


def _of_surfacing(paired: Paired) -> Figures:
    whole, forward, nearest = (
        statistics.median(cost.clock) for cost in (paired.whole, paired.forward, paired.nearest)
    )
    spent, passed, looked = (
        statistics.median(cost.processor) for cost in (paired.whole, paired.forward, paired.nearest)
    )
    return {
        "surfacing: p50, ms": whole,
        "surfacing: p95, ms": p95(paired.whole.clock),
        "surfacing: p95 / p50": p95(paired.whole.clock) / whole,
        "bare: forward pass, ms": forward,
        "bare: HNSW top 20, ms": nearest,
        "surfacing / bare": whole / (forward + nearest),
        "surfacing: processor time, ms": spent,
        "bare: processor time, ms": passed + looked,
        "surfacing / bare, processor time": spent / (passed + looked),
    }


def _of_turns(turns: wire.Turns) -> Figures:
    first, whole = turns.later
    return {
        "turn: first word, ms": statistics.median(turns.ours.first),
        "direct call: first word, ms": statistics.median(turns.direct.first),
        "turn: first word later by, ms": first,
        "turn: whole, ms": statistics.median(turns.ours.whole),
        "direct call: whole, ms": statistics.median(turns.direct.whole),
        "turn: whole later by, ms": whole,
        "turn / direct call, first word": statistics.median(turns.ours.first)
        / statistics.median(turns.direct.first),
        "turn: own time, ms": statistics.median(turns.own),
    }


def _print(results: Mapping[int, Figures]) -> None:
    sizes = list(results)
    print("\n" + ", ".join(f"{name}: {value}" for name, value in described().items()) + "\n")
    print(f"| memories | {' | '.join(f'{size:,}' for size in sizes)} | growth |")
    print(f"| --- |{' --- |' * (len(sizes) + 1)}")
    for name in results[sizes[0]]:
        row = [results[size].get(name, float("nan")) for size in sizes]
        growth = f"{row[-1] / row[0]:.2f}" if len(row) > 1 and row[0] else ""
        print(f"| {name} | {' | '.join(f'{each:,.3g}' for each in row)} | {growth} |", flush=True)


def _arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sizes", type=lambda given: [int(each) for each in given.split(",")], default=SIZES
    )
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--folder", type=Path, help="keep there what is dear to make")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--exact", type=int, default=100, help="questions asked of everything")
    parser.add_argument("--writes", type=int, default=200, help="memories stored one by one")
    parser.add_argument("--turns", type=int, default=120, help="beside as many direct calls")
    parser.add_argument("--long", type=int, default=1_000, help="turns before memory is measured")
    return parser.parse_args(words)


if __name__ == "__main__":
    main()
