"""A day has its ceiling: background work stops first, then a turn asks."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from cns.domain.model import ModelRequest, Purpose
from cns.domain.spending import Price, Prices
from cns.domain.stream import Usage
from cns.errors import SpendingCeiling, StoreUnavailable
from cns.services.purse import Purse, Tariff
from tests.fakes.clock import FrozenClock
from tests.fakes.spending import FakeSpending
from tests.values import ANNA

DOLLAR = Price(input=1, output=1, cache_read=1, cache_write=1)
DEAR = Price(input=10, output=10, cache_read=10, cache_write=10)
TARIFF = Tariff(prices=Prices(table={"m": DOLLAR}), unknown=DEAR, ceiling_usd=1.0)
BACKGROUND = [purpose for purpose in Purpose if purpose is not Purpose.TURN]


@dataclass(kw_only=True)
class Days:
    """A purse in Berlin, and days that pass."""

    clock: FrozenClock = field(default_factory=FrozenClock)
    store: FakeSpending = field(default_factory=FakeSpending)
    tariff: Tariff = TARIFF

    def __post_init__(self) -> None:
        self.purse = self.restarted()

    def restarted(self) -> Purse:
        return Purse(self.store, self.clock, ANNA, lambda: self.tariff, (0.001,))

    def spend(
        self, dollars: float, model: str = "m", *, kept: bool = True, subject: UUID | None = None
    ) -> None:
        usage = Usage(input_tokens=round(dollars * 1_000_000))
        request = ModelRequest(system=(), messages=(), subject=subject or uuid4(), kept=kept)
        outlay = self.purse.outlay(request, "openai", model, usage, estimated=False)
        self.purse.note(outlay, kept=kept)

    def allowed(self, purpose: Purpose = Purpose.TURN) -> bool:
        try:
            self.purse.allow(purpose)
        except SpendingCeiling:
            return False
        return True


def test_below_the_share_everything_runs() -> None:
    days = Days()
    days.spend(0.79)
    assert all(days.allowed(purpose) for purpose in Purpose)


@pytest.mark.parametrize("purpose", BACKGROUND)
def test_background_work_stops_at_its_share_and_turns_go_on(purpose: Purpose) -> None:
    days = Days()
    days.spend(0.80)
    assert not days.allowed(purpose)
    assert days.allowed()


def test_at_the_ceiling_a_turn_asks_and_says_what_was_spent() -> None:
    days = Days()
    days.spend(1.02)
    with pytest.raises(SpendingCeiling) as caught:
        days.purse.allow(Purpose.TURN)
    assert (caught.value.code, caught.value.retryable) == ("spending_ceiling", True)
    assert "$1.02 today" in caught.value.detail
    assert caught.value.extra == {
        "spent_usd": 1.02,
        "ceiling_usd": 1.0,
        "lifted_to_usd": None,
        "go_on": "POST /api/spending/continue",
    }


def test_the_word_on_background_work_names_its_share() -> None:
    days = Days()
    days.spend(0.801)
    with pytest.raises(SpendingCeiling, match=r"\$0\.80 of today's \$1\.00: .* from 80% on"):
        days.purse.allow(Purpose.SUMMARY)


def test_what_the_database_has_not_taken_yet_is_told_with_what_it_has() -> None:
    days, turn = Days(), uuid4()
    days.spend(0.25, subject=turn)
    days.store.away = True
    days.spend(0.5, subject=turn)
    days.spend(9)
    days.store.away = False
    assert [call.spent.cost_usd for call in days.purse.calls_for(turn)] == [0.25, 0.5]


def test_sums_below_a_cent_are_told_exactly() -> None:
    days = Days(tariff=replace(TARIFF, ceiling_usd=0.001))
    days.spend(0.0012)
    with pytest.raises(SpendingCeiling, match=r"\$0\.0012 today, and the ceiling is \$0\.0010"):
        days.purse.allow(Purpose.TURN)


def test_without_a_ceiling_nothing_is_refused() -> None:
    days = Days(tariff=replace(TARIFF, ceiling_usd=None))
    days.spend(1000)
    assert all(days.allowed(purpose) for purpose in Purpose)
    assert days.purse.go_on().lifted_to_usd is None


def test_a_ceiling_that_is_set_later_holds_at_once() -> None:
    days = Days(tariff=replace(TARIFF, ceiling_usd=None))
    days.spend(1.5)
    days.tariff = TARIFF
    assert not days.allowed()


def test_going_on_lifts_the_ceiling_by_one_more_from_what_is_spent() -> None:
    days = Days()
    days.spend(3.5)
    assert days.purse.go_on().limit_usd == 4.5
    assert days.allowed()
    assert not days.purse.today().asks


def test_asked_twice_it_is_lifted_once() -> None:
    days = Days()
    days.spend(1)
    days.purse.go_on()
    assert days.purse.go_on().lifted_to_usd == 2


def test_below_the_ceiling_there_is_nothing_to_lift() -> None:
    days = Days()
    days.spend(0.9)
    assert days.purse.go_on().lifted_to_usd is None


def test_a_new_day_begins_at_the_user_s_midnight() -> None:
    days = Days(clock=FrozenClock(datetime(2026, 3, 2, 22, 59, tzinfo=UTC)))  # 23:59 in Berlin
    days.spend(1)
    days.purse.go_on()
    days.spend(1)
    assert not days.allowed()
    days.clock.move(timedelta(minutes=2))
    assert all(days.allowed(purpose) for purpose in Purpose)
    assert (days.purse.today().counted_usd, days.purse.today().lifted_to_usd) == (0, None)


def test_a_clock_that_is_set_back_forgets_nothing() -> None:
    days = Days()
    days.spend(1)
    days.clock.move(timedelta(days=-1))
    assert not days.allowed()


def test_a_restart_knows_what_was_spent_and_lifted() -> None:
    days = Days()
    days.spend(1.25, "unheard-of")
    days.spend(0.75)
    days.purse.go_on()
    again = days.restarted()
    assert again.today() == days.purse.today()


def test_an_unknown_price_is_no_cost_but_counts() -> None:
    days = Days()
    days.spend(0.1, "unheard-of")
    today = days.purse.today()
    assert (today.spent.known_usd, today.spent.unknown, today.counted_usd) == (None, 1, 1.0)
    assert not days.allowed()


def test_what_leaves_no_trace_counts_and_is_not_written() -> None:
    days = Days()
    days.spend(1, kept=False)
    assert not days.allowed()
    assert days.store.outlays == {}


def test_a_lost_database_costs_no_answer_and_what_waits_goes_with_the_next() -> None:
    days = Days()
    days.store.away = True
    days.spend(0.5)
    assert days.purse.today().counted_usd == 0.5
    days.store.away = False
    days.spend(0.25)
    assert sorted(o.usage.input_tokens for o in days.store.outlays.values()) == [250_000, 500_000]
    assert days.restarted().today().counted_usd == 0.75


def test_what_the_database_did_not_take_is_tried_again_by_itself() -> None:
    days = Days()
    left: list[Callable[[], object]] = []
    days.purse.retry_by(left.append)
    days.store.away = True
    days.spend(0.5)
    (again,) = left
    with pytest.raises(StoreUnavailable):
        again()
    days.store.away = False
    again()
    again()
    assert len(days.store.outlays) == 1


def test_a_ceiling_that_cannot_be_stored_is_not_lifted() -> None:
    days = Days()
    days.spend(1)
    days.store.away = True
    with pytest.raises(StoreUnavailable):
        days.purse.go_on()
    assert not days.allowed()


def test_the_latest_days_are_told_today_among_them() -> None:
    days = Days()
    days.spend(0.1)
    days.clock.move(timedelta(days=2))
    days.spend(0.2)
    assert [each.day for each in days.purse.sums(2)] == [date(2026, 3, 4)]
    assert [each.day for each in days.purse.sums(3)] == [date(2026, 3, 4), date(2026, 3, 2)]
