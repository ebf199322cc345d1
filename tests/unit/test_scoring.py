"""The laws of importance."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lt_memory.domain.scoring import DAY, Pace, Standing, hub, importance, shown, temporal, united

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
PACE = Pace()

some = settings(max_examples=40)
moments = st.floats(-60, 60).map(lambda days: NOW + timedelta(days=days))


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    born = draw(st.integers(0, 2000))
    today = born + draw(st.integers(0, 2000))
    return Standing(
        now=NOW,
        today=today,
        born=born,
        accessed=draw(st.none() | st.integers(born, today)),
        surfaced=draw(st.integers(0, 5000)),
        cited=draw(st.integers(0, 500)),
        links=draw(st.integers(0, 60)),
        happens_at=draw(st.none() | moments),
        expires_at=draw(st.none() | moments),
    )


def unused(age: int) -> Standing:
    return Standing(now=NOW, today=age, born=0)


@some
@given(standings())
def test_it_lies_between_0_and_1(standing: Standing) -> None:
    assert 0 <= importance(standing, PACE) <= 1


def test_at_birth_and_through_the_free_days_it_is_one_half() -> None:
    assert {shown(importance(unused(age), PACE)) for age in range(15)} == {0.5}


@pytest.mark.parametrize(
    ("age", "expected"), [(15, 0.468), (30, 0.18), (56, 0.052), (57, 0.049), (125, 0.005)]
)
def test_unused_it_falls_as_the_figures_say(age: int, expected: float) -> None:
    assert shown(importance(unused(age), PACE)) == expected


@some
@given(standings(), st.integers(1, 400))
def test_unused_it_only_falls(standing: Standing, days: int) -> None:
    now = replace(standing, happens_at=None)
    assert importance(now.after(days, timedelta(days=days)), PACE) <= importance(now, PACE)


@some
@given(standings())
def test_unused_it_tends_to_nothing_however_dear_it_was(standing: Standing) -> None:
    dear = replace(standing, happens_at=None)
    assert importance(dear.after(100_000, timedelta(days=1)), PACE) < 0.001


@some
@given(standings(), st.integers(0, 5), st.integers(0, 5))
def test_a_use_never_lowers_it(standing: Standing, surfaced: int, cited: int) -> None:
    used = replace(
        standing,
        surfaced=standing.surfaced + surfaced,
        cited=standing.cited + cited,
        accessed=standing.today,
    )
    assert importance(used, PACE) >= importance(standing, PACE)


@some
@given(standings(), st.integers(1, 60))
def test_a_link_never_lowers_it(standing: Standing, links: int) -> None:
    linked = replace(standing, links=standing.links + links)
    assert importance(linked, PACE) >= importance(standing, PACE)


@some
@given(standings())
def test_a_showing_counts_less_than_a_citing(standing: Standing) -> None:
    seen = replace(standing, surfaced=standing.surfaced + 1)
    cited = replace(standing, cited=standing.cited + 1)
    assert importance(seen, PACE) <= importance(cited, PACE)


def test_what_has_expired_counts_nothing() -> None:
    over = replace(unused(1), cited=500, expires_at=NOW)
    assert importance(over, PACE) == 0


def test_days_on_which_the_user_was_away_cost_nothing() -> None:
    then = unused(20)
    assert importance(then.after(0, timedelta(days=400)), PACE) == importance(then, PACE)


@pytest.mark.parametrize(
    ("days", "factor"),
    [(0.5, 2.0), (5, 1.5), (12, 1.2), (15, 1.0), (0, 2.0), (-7, 0.5), (-14, 0.1), (-300, 0.1)],
)
def test_what_is_ahead_counts_more_and_what_is_over_less(days: float, factor: float) -> None:
    assert temporal(NOW + timedelta(days=days), NOW) == pytest.approx(factor)


def test_links_beyond_ten_count_less_and_less() -> None:
    assert [round(hub(links), 3) for links in (0, 1, 10, 20, 10_000)] == [
        0,
        0.04,
        0.4,
        0.533,
        0.799,
    ]


def test_a_longer_half_life_keeps_it_longer() -> None:
    slow = Pace(half_life_days=60)
    assert importance(unused(57), slow) > importance(unused(57), PACE)


@some
@given(st.lists(standings(), min_size=1, max_size=4), st.integers(0, 400))
def test_what_is_made_of_several_matters_no_less_than_any(
    parts: list[Standing], later: int
) -> None:
    told = [replace(each, happens_at=None, expires_at=None) for each in parts]
    today = max(each.today for each in told)
    same_day = [replace(each, today=today, born=min(each.born, today - 1)) for each in told]
    made = united(same_day, PACE).after(later, DAY)
    assert all(
        importance(made, PACE) >= importance(each.after(later, DAY), PACE) - 1e-9
        for each in same_day
    )


def test_the_uses_of_years_are_no_uses_of_a_newborn_s_week() -> None:
    old = Standing(now=NOW, today=1000, born=0, accessed=999, cited=100)
    young = Standing(now=NOW, today=1000, born=998)
    assert united([old, young], PACE).age == 1000
    assert united([old, replace(young, cited=1)], PACE).age < 1000
