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


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A method's means over a group of questions, as shares.

    Attributes:
        low, high: the middle 95 % of the means of Recall@10.
    """

    method: str
    group: str
    n: int
    means: Mapping[str, float]
    low: float
    high: float

    @property
    def line(self) -> str:
        figures = (f"{100 * self.means[measure]:.1f}" for measure in MEASURES)
        interval = f"{100 * self.low:.1f} to {100 * self.high:.1f}"
        return f"| {' | '.join([self.method, self.group, str(self.n), *figures, interval])} |"


def rows(method: str, asked: Sequence[Asked]) -> list[Row]:
    """Overall (without the adversarial), then by category."""
    groups = {"overall": [each for each in asked if each.category != ADVERSARIAL]}
    for category in dict.fromkeys(each.category for each in asked):
        groups[category] = [each for each in asked if each.category == category]
    return [row(method, group, each) for group, each in groups.items()]


def row(method: str, group: str, asked: Sequence[Asked]) -> Row:
    scored = [measures(each) for each in asked]
    low, high = interval([each["Recall@10"] for each in scored])
    means = {measure: mean([each[measure] for each in scored]) for measure in MEASURES}
    return Row(method=method, group=group, n=len(scored), means=means, low=low, high=high)


def table(name: str, asked: Sequence[Asked]) -> list[str]:
    """Markdown rows of one method."""
    return [each.line for each in rows(name, asked)]


def header() -> list[str]:
    columns = ("method", "questions", "n", *MEASURES, "Recall@10, 95 %")
    return ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The middle 95 % of the means of samples drawn with replacement, always the same ones."""
    chance = random.Random(20)
    means = sorted(mean(chance.choices(values, k=len(values))) for _ in range(SAMPLES))
    return means[SAMPLES // 40], means[-SAMPLES // 40]
