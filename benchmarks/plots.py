"""Plots of what the benchmarks measured, each with the machine and the versions on it.

Run it with `.venv/bin/python -m benchmarks.plots --recall FILE --speed FILE` (or one of the two):
what `benchmarks.recall --json FILE` and `benchmarks.speed --json FILE` wrote. The plots go to
docs/benchmarks.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

FOLDER = Path(__file__).parent.parent / "docs" / "benchmarks"
COLOURS = {"MIRA": "#20639b", "plain BM25": "#c9a227", "plain dense": "#8a8d91"}
SIZE = (9.0, 4.6)  # inches
BAR = 0.26  # of the room of a group
SURFACING = (
    "bare: HNSW top 20, ms",
    "bare: forward pass, ms",
    "surfacing: p50, ms",
    "surfacing: p95, ms",
)
TURN = (
    "direct call: first word, ms",
    "turn: first word, ms",
    "direct call: whole, ms",
    "turn: whole, ms",
)
BOTH_HALVES = "tune and held out"

Rows = Sequence[Mapping[str, Any]]


def main() -> None:
    """Draw the plots of each file that is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recall", type=Path, help="figures of benchmarks.recall")
    parser.add_argument("--speed", type=Path, help="figures of benchmarks.speed")
    asked = parser.parse_args()
    if asked.recall is None and asked.speed is None:
        parser.error("name a file of figures: --recall FILE, --speed FILE")
    if asked.recall is not None:
        of_recall(json.loads(asked.recall.read_text(encoding="utf-8")))
    if asked.speed is not None:
        of_speed(json.loads(asked.speed.read_text(encoding="utf-8")))


def of_recall(figures: Mapping[str, Any]) -> None:
    machine: Mapping[str, str] = figures["machine"]
    for kind, title in (
        ("both", "What a turn asks: memories and messages"),
        ("messages", "Messages alone"),
        ("memories", "Memories alone"),
    ):
        with plot(f"recall_{kind}", f"{title}, by class of question", machine) as axes:
            bars(axes, [row for row in figures[kind] if row["part"] == "class"])
    with plot("recall_languages", "Memories and messages, by language", machine) as axes:
        bars(axes, [row for row in figures["both"] if row["part"] == "language"])
    with plot("recall_floor", "What a floor of relevance silences, and costs", machine) as axes:
        floor(axes, [row for row in figures["floor"] if row["half"] == BOTH_HALVES])


def of_speed(figures: Mapping[str, Any]) -> None:
    for name, title, lines in (
        ("speed_surfacing", "Surfacing beside the bare cost of its parts", SURFACING),
        ("speed_turn", "A turn beside a direct call of the model", TURN),
    ):
        with plot(name, title, figures["machine"]) as axes:
            times(axes, figures["sizes"], lines)


@contextmanager
def plot(name: str, title: str, machine: Mapping[str, str]) -> Iterator[Axes]:
    """One plot, written when it is drawn; the same figures make the same bytes."""
    with mpl.rc_context({"svg.hashsalt": "mira", "font.size": 9}):
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(title)
        axes.spines[["top", "right"]].set_visible(False)
        yield axes
        told = ", ".join(f"{key}: {value}" for key, value in machine.items())
        figure.supxlabel(told, fontsize=6, color="#666666")
        FOLDER.mkdir(parents=True, exist_ok=True)
        figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None})


def bars(axes: Axes, rows: Rows) -> None:
    """Recall@10 of each group of questions by method, with the middle 95 % of its means."""
    groups = list(dict.fromkeys((row["group"], row["n"]) for row in rows))
    for place, (method, colour) in enumerate(COLOURS.items()):
        own = [row for row in rows if row["method"] == method]
        means = [100 * row["means"]["Recall@10"] for row in own]
        reach = (
            [max(mean - 100 * row["low"], 0) for mean, row in zip(means, own, strict=True)],
            [max(100 * row["high"] - mean, 0) for mean, row in zip(means, own, strict=True)],
        )
        at = [group + (place - 1) * BAR for group in range(len(groups))]
        axes.bar(at, means, BAR, yerr=reach, label=method, color=colour, ecolor="#333333")
    axes.set_xticks(range(len(groups)), [f"{group}\nn = {n}" for group, n in groups])
    axes.set_ylabel("Recall@10, %")
    axes.set_ylim(0, 105)
    axes.legend(loc="lower right", ncols=len(COLOURS))


def floor(axes: Axes, rows: Rows) -> None:
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method]
        at = [row["floor"] for row in own]
        for measure, name, line in (
            ("hit", "Hit@10 of what has an answer", "-"),
            ("silent", "silent where there is none", "--"),
        ):
            shares = [100 * row[measure] for row in own]
            axes.plot(at, shares, line, color=COLOURS[method], label=f"{method}: {name}")
    axes.set_xlabel("floor")
    axes.set_ylabel("share of the questions, %")
    axes.set_ylim(0, 105)
    axes.legend(loc="center right")


def times(axes: Axes, sizes: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> None:
    """Milliseconds by the number of memories, a group of bars for each."""
    width = 0.8 / len(names)
    for place, name in enumerate(names):
        at = [group + (place - (len(names) - 1) / 2) * width for group in range(len(sizes))]
        drawn = axes.bar(at, [each[name] for each in sizes.values()], width, label=name)
        axes.bar_label(drawn, fmt="%.1f", fontsize=7)
    axes.set_xticks(range(len(sizes)), [f"{int(size):,} memories" for size in sizes])
    axes.set_ylabel("ms")
    axes.legend(loc="upper left")


if __name__ == "__main__":
    main()
