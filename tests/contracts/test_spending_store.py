"""What every store of spending promises: the one in memory and PostgreSQL alike."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from cns.domain.model import Purpose
from cns.domain.spending import DaySum, Outlay, Spent
from cns.domain.stream import Usage
from cns.postgres_spending import PostgresSpending
from cns.services.purse import SpendingStore
from tests.fakes.spending import FakeSpending
from tests.values import START, at

TODAY = date(2026, 3, 2)
USAGE = Usage(input_tokens=1, output_tokens=2, cache_read_tokens=3, cache_write_tokens=4)


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> SpendingStore:
    if request.param == "fake":
        return FakeSpending()
    return PostgresSpending(request.getfixturevalue("database"))


def outlay(cost: float | None = 0.25, **rest: Any) -> Outlay:
    fields: dict[str, Any] = {
        "id": uuid4(),
        "at": START,
        "day": TODAY,
        "purpose": Purpose.TURN,
        "provider": "anthropic",
        "model": "claude",
        "usage": USAGE,
    }
    return Outlay(cost_usd=cost, **(fields | rest))


def test_nothing_was_spent_at_first(store: SpendingStore) -> None:
    assert list(store.sums(TODAY)) == []
    assert store.lifted_to(TODAY) is None


def test_calls_alike_are_summed(store: SpendingStore) -> None:
    store.add([outlay(0.25, subject=uuid4()), outlay(0.5, estimated=True)])
    assert list(store.sums(TODAY)) == [
        DaySum(
            day=TODAY,
            purpose=Purpose.TURN,
            provider="anthropic",
            model="claude",
            spent=Spent(calls=2, usage=USAGE.plus(USAGE), cost_usd=0.75, estimated=1),
        )
    ]


def test_calls_that_differ_stand_apart_newest_day_and_dearest_first(store: SpendingStore) -> None:
    yesterday = TODAY - timedelta(days=1)
    store.add(
        [
            outlay(9, day=yesterday),
            outlay(0.25),
            outlay(0.5, purpose=Purpose.SUMMARY),
            outlay(0.125, model="gpt", provider="openai"),
            outlay(None, model="unheard-of"),
        ]
    )
    told = [(s.day, s.purpose.value, s.model, s.spent.known_usd) for s in store.sums(yesterday)]
    assert told == [
        (TODAY, "summary", "claude", 0.5),
        (TODAY, "turn", "claude", 0.25),
        (TODAY, "turn", "gpt", 0.125),
        (TODAY, "turn", "unheard-of", None),
        (yesterday, "turn", "claude", 9),
    ]


def test_tokens_without_a_price_are_told(store: SpendingStore) -> None:
    store.add([outlay(None), outlay(0.0)])
    priced, unpriced = sorted((s.spent for s in store.sums(TODAY)), key=lambda s: s.unknown)
    assert priced == Spent(calls=1, usage=USAGE)
    assert unpriced == Spent(calls=1, usage=USAGE, unpriced=USAGE, unknown=1)


def test_days_before_are_left_out(store: SpendingStore) -> None:
    store.add([outlay(day=TODAY - timedelta(days=1)), outlay(day=TODAY + timedelta(days=1))])
    assert [each.day for each in store.sums(TODAY)] == [TODAY + timedelta(days=1)]


def test_the_same_call_again_is_harmless(store: SpendingStore) -> None:
    one = outlay()
    store.add([one])
    store.add([one, outlay()])
    assert [each.spent.calls for each in store.sums(TODAY)] == [2]


def test_fractions_of_a_cent_are_kept(store: SpendingStore) -> None:
    store.add([outlay(0.000000005)])
    assert store.sums(TODAY)[0].spent.cost_usd == 0.000000005


def test_the_calls_that_served_a_turn_are_told_one_by_one(store: SpendingStore) -> None:
    turn, later = uuid4(), START + timedelta(seconds=1)
    answer = outlay(0.5, subject=turn, at=later, estimated=True)
    touchstone = outlay(None, subject=turn, purpose=Purpose.TOUCHSTONE, model="small")
    store.add([answer, touchstone, outlay(9), outlay(9, subject=uuid4())])
    assert list(store.calls_for(turn)) == [DaySum.of(touchstone), DaySum.of(answer)]
    assert list(store.calls_for(uuid4())) == []


def test_what_batches_will_come_to_is_kept_until_they_are_paid_or_old(
    store: SpendingStore,
) -> None:
    for key, moment in (("a", 1), ("b", 2), ("b", 3), ("c", 4)):
        store.promise(key, at(moment), moment / 4)
    assert store.promised(at(1)) == {"b": (at(3), 0.75), "c": (at(4), 1.0)}
    store.redeem("c", at(1))
    assert store.promised(at(0)) == {"b": (at(3), 0.75)}


def test_the_latest_lifting_of_a_day_holds(store: SpendingStore) -> None:
    store.lift(TODAY, 2.5)
    store.lift(TODAY, 4.125)
    assert store.lifted_to(TODAY) == 4.125
    assert store.lifted_to(TODAY + timedelta(days=1)) is None
