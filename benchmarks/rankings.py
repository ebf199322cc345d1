"""How good a ranking is, and how sure of that a mean over questions can be."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MEASURES = ("Recall@5", "Recall@10", "Recall@20", "Hit@10", "MRR", "nDCG@10")
ADVERSARIAL = "adversarial"
SAMPLES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, what answers it, and what was found, best first."""

    category: str
    evidence: frozenset[str]
    found: Sequence[str]


def measures(asked: Asked) -> Mapping[str, float]:
    places: dict[str, int] = {}
    for item in asked.found:
        places.setdefault(item, len(places) + 1)
    ranks = sorted(places[item] for item in asked.evidence if item in places)
    best = sum(1 / math.log2(n + 2) for n in range(min(len(asked.evidence), 10)))
    recall = {
        f"Recall@{k}": sum(rank <= k for rank in ranks) / len(asked.evidence) for k in (5, 10, 20)
    }
    return recall | {
        "Hit@10": float(bool(ranks) and ranks[0] <= 10),
        "MRR": 1 / ranks[0] if ranks else 0.0,
        "nDCG@10": sum(1 / math.log2(rank + 1) for rank in ranks if rank <= 10) / best,
    }


def table(name: str, asked: Sequence[Asked]) -> list[str]:
    """Markdown rows of one method: overall (without the adversarial), then by category."""
    scored = [(each.category, measures(each)) for each in asked]
    groups = {"overall": [row for category, row in scored if category != ADVERSARIAL]}
    for category in dict.fromkeys(category for category, _ in scored):
        groups[category] = [row for other, row in scored if other == category]
    return [
        f"| {name} | {group} | {len(rows)} | "
        + " | ".join(f"{100 * _mean(rows, measure):.1f}" for measure in MEASURES)
        + f" | {_interval([row['Recall@10'] for row in rows])} |"
        for group, rows in groups.items()
    ]


def header() -> list[str]:
    columns = ("method", "questions", "n", *MEASURES, "Recall@10, 95 %")
    return ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]


def _mean(rows: Sequence[Mapping[str, float]], measure: str) -> float:
    return sum(row[measure] for row in rows) / len(rows)


def _interval(values: Sequence[float]) -> str:
    """The middle 95 % of the means of samples drawn with replacement, always the same ones."""
    chance = random.Random(20)
    means = sorted(sum(chance.choices(values, k=len(values))) / len(values) for _ in range(SAMPLES))
    return f"{100 * means[SAMPLES // 40]:.1f} to {100 * means[-SAMPLES // 40]:.1f}"
