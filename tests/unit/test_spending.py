"""What calls cost, and how sums of them behave."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cns.domain.model import Purpose
from cns.domain.spending import FREE, DaySum, Outlay, Price, Prices, Spent, together, total_cost
from cns.domain.stream import Usage
from tests.values import START

SONNET = Price(input=3, output=15, cache_read=0.3, cache_write=3.75)
MINI = Price(input=0.25, output=2, cache_read=0.025, cache_write=0.25)
USAGES = st.builds(
    Usage,
    **{f"{kind}_tokens": st.integers(0, 10**7) for kind in ("input", "output", "cache_read")},
    cache_write_tokens=st.integers(0, 10**7),
)


def outlay(usage: Usage, cost: float | None, **rest: Any) -> Outlay:
    fields: dict[str, Any] = {"purpose": Purpose.TURN, "provider": "anthropic", "model": "m"}
    return Outlay(
        id=uuid4(), at=START, day=START.date(), usage=usage, cost_usd=cost, **(fields | rest)
    )


OUTLAYS = st.builds(outlay, USAGES, st.none() | st.floats(0, 100), estimated=st.booleans())


def test_each_kind_of_token_has_its_price() -> None:
    usage = Usage(
        input_tokens=1_000_000,
        output_tokens=100_000,
        cache_read_tokens=1_000_000,
        cache_write_tokens=200_000,
    )
    assert SONNET.of(usage) == 3 + 1.5 + 0.3 + 0.75


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ("claude-sonnet-4", SONNET),
        ("claude-sonnet-4-20250514", SONNET),
        ("Claude-Sonnet-4-latest", SONNET),
        ("claude-sonnet-4@20250514", SONNET),
        ("gpt-5-mini-2025-08-07", MINI),
        ("claude-sonnet-4-7", None),
        ("claude-sonnet-40", None),
        ("claude-sonnet", None),
        ("gpt-5-mini-high", None),
        ("llama-3-8b", FREE),
        ("llama-3-70b", MINI),
        ("an unheard-of model", None),
    ],
)
def test_a_name_stands_for_its_dated_versions_and_a_star_for_the_rest(
    model: str, price: Price | None
) -> None:
    table = {"claude-sonnet-4": SONNET, "gpt-5-mini": MINI, "llama-3*": FREE, "llama-3-70*": MINI}
    assert Prices(table=table).of("openai", model) == price


@pytest.mark.parametrize("provider", ["ollama", "local"])
def test_what_runs_here_costs_nothing_unless_the_table_says_so(provider: str) -> None:
    prices = Prices(table={"cloud-model": SONNET})
    assert prices.of(provider, "llama3.2") == FREE
    assert prices.of(provider, "cloud-model") == SONNET


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    assert total_cost([]) == 0
    assert total_cost([0.1, 0.2]) == 0.3
    assert total_cost([0.1, None, 0.2]) is None


def test_calls_without_a_price_are_counted_apart() -> None:
    known, unknown = Usage(input_tokens=5), Usage(output_tokens=3)
    first = Spent.of(outlay(unknown, None, estimated=True))
    both = first.plus(Spent.of(outlay(known, 0.5)))
    assert (first.known_usd, Spent().known_usd) == (None, 0)
    assert (both.known_usd, both.calls, both.unknown, both.estimated) == (0.5, 2, 1, 1)
    assert (both.unpriced, both.usage) == (unknown, known.plus(unknown))


@given(st.lists(OUTLAYS, max_size=6), st.data())
def test_the_order_of_calls_changes_no_sum(calls: list[Outlay], data: st.DataObject) -> None:
    def summed(some: list[Outlay]) -> Spent:
        sums = [
            DaySum(
                day=date(2026, 3, 2),
                purpose=Purpose.TURN,
                provider="p",
                model="m",
                spent=Spent.of(one),
            )
            for one in some
        ]
        return together(sums)

    one, other = summed(calls), summed(data.draw(st.permutations(calls)))
    assert other.cost_usd == pytest.approx(one.cost_usd, abs=1e-7)
    assert (other.usage, other.calls, other.unknown) == (one.usage, one.calls, one.unknown)


@given(USAGES, USAGES)
def test_two_calls_cost_as_much_as_one_of_both(one: Usage, other: Usage) -> None:
    apart = SONNET.of(one) + SONNET.of(other)
    assert SONNET.of(one.plus(other)) == pytest.approx(apart, abs=1e-6)
