"""Pairs of statements some days apart: which of the later ones end the earlier, and which not.

The first file was written before its author had read the rules, the second and third before the
rules were tried on them; docs/evidence.md says what they showed at first sight.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from lt_memory.entities import RuleNames
from lt_memory.rules.extractor import RulesExtractor
from tests.retelling import World

DATA = Path(__file__).parents[1] / "data"
RULES = RulesExtractor(RuleNames())


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What was said, and `days` later said on.

    Attributes:
        changed: the later words end what the earlier said.
        old: words of what ended.
    """

    before: str
    after: str
    changed: bool
    old: str = ""
    days: int = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`kept`: the earlier statement was remembered at all; `ended`: what no longer holds."""

    pair: Pair
    kept: bool
    ended: Sequence[str]

    @property
    def right(self) -> bool:
        return self.pair.changed and bool(self.ended) and not self.wrong

    @property
    def wrong(self) -> bool:
        return any(not self.pair.changed or self.pair.old not in each for each in self.ended)


@cache
def outcomes(name: str) -> Sequence[Outcome]:
    written = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    told = [
        _lived(Pair(**{key: value for key, value in each.items() if key != "class"}))
        for each in written
    ]
    changed = [each for each in told if each.pair.changed]
    right, wrong = sum(each.right for each in told), sum(each.wrong for each in told)
    print(  # noqa: T201 - the evidence
        f"\n{name}: {right} of {len(changed)} changes ({sum(each.kept for each in changed)} of"
        f" which were remembered) end what they should; of {len(told) - len(changed)} others and"
        f" these, {wrong} end what still holds",
        *(f"\n  {_mark(o)}: {o.pair.before} / {o.pair.after}" for o in told if _mark(o)),
    )
    return told


def _mark(outcome: Outcome) -> str:
    if outcome.wrong:
        return "wrong"
    return "missed" if outcome.pair.changed and not outcome.right else ""


def _lived(pair: Pair) -> Outcome:
    world = World()
    world.embedder.lost = True  # what lies near is compared anyway: let all lie near
    world.tell(pair.before, extractor=RULES)
    kept = any(pair.old in text for text in world.holding())
    world.next_chapter()
    world.clock.move(timedelta(days=pair.days))
    world.tell(pair.after, extractor=RULES)
    ended = [memory.text for memory in world.all().values() if memory.valid_until is not None]
    return Outcome(pair=pair, kept=kept, ended=ended)


@pytest.mark.parametrize(
    ("name", "share"), [("changes", 0.85), ("changes_later", 0.75), ("changes_last", 0.7)]
)
def test_what_is_no_longer_so_is_ended(name: str, share: float) -> None:
    changed = [each for each in outcomes(name) if each.pair.changed]
    assert sum(each.right for each in changed) >= share * len(changed)


@pytest.mark.parametrize("name", ["changes", "changes_later", "changes_last"])
def test_what_only_looks_like_a_change_ends_nothing(name: str) -> None:
    assert not [each.pair for each in outcomes(name) if each.wrong]
