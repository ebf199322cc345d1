"""What a candidate is beside what is stored, from how near on."""

from uuid import uuid4

import pytest

from lt_memory.deduplication import Thresholds, judged
from lt_memory.domain.memory import MemoryId
from lt_memory.ports import Near

THRESHOLDS = Thresholds(cosine=0.92, ratio=0.95, contrary=0.8)


def beside(new: str, old: str, cosine: float) -> list[str]:
    near = Near(id=MemoryId(uuid4()), text=old, cosine=cosine)
    verdict = judged(new, [near], THRESHOLDS)
    return ["repeats"] if verdict.repeats else [each.kind for each in verdict.neighbours]


@pytest.mark.parametrize(
    ("new", "old", "cosine", "kinds"),
    [
        ("I own a lathe.", "I own a lathe.", 0.99, ["repeats"]),
        ("I own a lathe.", "I don't own a lathe.", 0.94, ["conflicts"]),
        ("I sleep well.", "I don't sleep well.", 0.84, ["conflicts"]),
        ("I sleep well.", "I don't sleep well.", 0.79, []),
        ("I live in York now.", "I live in Leeds.", 0.85, ["supersedes"]),
        ("I live in York.", "I live in Leeds.", 0.85, []),
        ("I live in York.", "I live in Leeds.", 0.93, ["supersedes"]),
        ("I like tea with milk and sugar.", "I like tea.", 0.85, []),
        ("I like tea with milk and sugar.", "I like tea.", 0.95, ["related"]),
    ],
)
def test_farther_off_only_what_speaks_against_it_is_linked(
    new: str, old: str, cosine: float, kinds: list[str]
) -> None:
    assert beside(new, old, cosine) == kinds
