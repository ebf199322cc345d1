"""What is sent begins as it began before: over a day, a prefix cache serves most of it."""

from datetime import timedelta
from itertools import pairwise
from typing import Literal

import pytest

from tests.day import LOADS, REWRITTEN, TURNS, Asked, in_short, with_loads, with_memories_in_system
from tests.prefixes import LEAST, Sent, by_marks, by_prefix, sent, share

Wire = Literal["anthropic", "openai"]
WIRES: tuple[Wire, ...] = ("anthropic", "openai")
HOUR = timedelta(hours=1)
FIVE_MINUTES = timedelta(minutes=5)
NEEDED = 85.0
BRIEF = 80.0
LIVE = "<mira:live>\\n"  # as JSON writes it
MOST_MARKS = 4  # Anthropic refuses more


@pytest.fixture(scope="module")
def day() -> list[Asked]:
    return in_short()


@pytest.fixture(scope="module", params=WIRES)
def wire(request: pytest.FixtureRequest) -> Wire:
    named: Wire = request.param
    return named


@pytest.fixture(scope="module")
def requests(day: list[Asked], wire: Wire) -> list[Sent]:
    """The day on this wire, with four tool loads."""
    return sent(with_loads(day), wire)


def test_a_prefix_cache_serves_most_of_a_day(
    wire: Wire, day: list[Asked], requests: list[Sent], capsys: pytest.CaptureFixture[str]
) -> None:
    usual = share(requests, by_prefix, HOUR, frozenset(LOADS))
    brief = share(requests, by_prefix, FIVE_MINUTES, frozenset(LOADS))
    whole = share(requests, by_prefix, HOUR)
    plain = share(sent(with_memories_in_system(day), wire), by_prefix, HOUR)
    with capsys.disabled():
        print(  # noqa: T201 - the evidence
            f"\nprefix cache, {wire}: {usual.percent:.1f} % of the turns without a load,"
            f" {whole.percent:.1f} % of the whole day with {len(LOADS)} loads,"
            f" {plain.percent:.1f} % with memories in the system prompt;"
            f" {brief.percent:.1f} % of the first where what was read is kept for five minutes"
        )
    assert usual.percent >= NEEDED
    assert brief.percent >= BRIEF
    assert plain.percent < whole.percent < usual.percent


def test_within_a_chapter_a_turn_begins_with_all_that_the_one_before_held(
    requests: list[Sent],
) -> None:
    """But for its live part, a new chapter, a tool that was loaded, knowledge that changed."""
    for before, after in pairwise(requests):
        if after.turn in {*LOADS, REWRITTEN, TURNS // 2 + 1}:
            continue
        held = sum(map(len, before.blocks[: _live(before)]))
        assert by_prefix(before, after) >= held, (before.turn, after.turn)


def test_anthropic_is_shown_what_to_cache(wire: Wire, requests: list[Sent]) -> None:
    """Marks on tools, system and history, never more than are allowed, none too early."""
    if wire != "anthropic":
        return
    for request in requests:
        assert 2 <= len(request.marks) <= MOST_MARKS
        tools, system, *history = request.marks
        assert "input_schema" in request.blocks[tools]
        assert "input_schema" not in request.blocks[system]
        assert system < _live(request)
        assert all(sum(map(len, request.blocks[: mark + 1])) >= LEAST for mark in history)
    assert any(len(request.marks) > 2 for request in requests[:5])
    served = share(requests, by_marks, HOUR).percent
    assert served >= share(requests, by_prefix, HOUR).percent - 5


def _live(request: Sent) -> int:
    return next(at for at, block in enumerate(request.blocks) if LIVE in block)
