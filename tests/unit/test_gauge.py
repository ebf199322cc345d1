"""A model's own count of tokens corrects the estimate by which its context is filled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cns.services.gauge import LEAST, MOST, STEP, UNKNOWN, Gauge
from tests.fakes.cache import FakeCache, LostCache


@pytest.fixture
def gauge() -> Gauge:
    return Gauge(cache=FakeCache())


def test_a_model_never_asked_is_taken_at_the_estimate(gauge: Gauge) -> None:
    assert gauge.rate("m") == UNKNOWN


def test_a_lost_cache_leaves_the_estimate() -> None:
    gauge = Gauge(cache=LostCache())
    gauge.note("m", estimated=100, counted=180)
    assert gauge.rate("m") == UNKNOWN


def test_each_model_has_its_own_rate(gauge: Gauge) -> None:
    gauge.note("m", estimated=1000, counted=1600)
    assert (gauge.rate("m"), gauge.rate("n")) == (1.75, UNKNOWN)


def test_a_model_that_counts_a_little_less_changes_nothing(gauge: Gauge) -> None:
    gauge.note("m", estimated=1000, counted=760)
    assert gauge.rate("m") == UNKNOWN


def test_a_model_that_counts_much_less_has_more_room(gauge: Gauge) -> None:
    gauge.note("m", estimated=1000, counted=500)
    assert gauge.rate("m") == LEAST


def test_a_request_of_which_nothing_is_known_teaches_nothing(gauge: Gauge) -> None:
    gauge.note("m", estimated=1000, counted=0)
    gauge.note("m", estimated=0, counted=1000)
    assert gauge.rate("m") == UNKNOWN


def test_what_a_model_refused_bounds_every_later_request(gauge: Gauge) -> None:
    gauge.refused("m", 200_000, 6000.5)
    assert (gauge.window("m", 200_000), gauge.holds("m", 200_000)) == (6000, 6000)
    assert gauge.window("n", 200_000) == 200_000


def test_a_short_success_raises_no_ceiling(gauge: Gauge) -> None:
    gauge.refused("m", 200_000, 6000)
    gauge.took("m", 200_000, 500)
    gauge.note("m", estimated=500, counted=450)
    assert gauge.window("m", 200_000) == 6000


def test_a_success_above_the_ceiling_raises_it_that_far(gauge: Gauge) -> None:
    gauge.refused("m", 200_000, 6000)
    gauge.took("m", 200_000, 7000)
    assert gauge.window("m", 200_000) == 7000


def test_a_model_that_refused_nothing_gets_no_ceiling(gauge: Gauge) -> None:
    gauge.took("m", 200_000, 900_000)
    assert gauge.window("m", 200_000) == 200_000


def test_what_was_learnt_is_left_where_another_context_is_set(gauge: Gauge) -> None:
    gauge.refused("m", 200_000, 6000)
    assert gauge.window("m", 32_768) == 32_768


@given(st.integers(1, 10**6), st.lists(st.integers(1, 10**7), min_size=1, max_size=9))
def test_what_was_counted_last_always_fits(estimated: int, counts: list[int]) -> None:
    gauge = Gauge(cache=FakeCache())
    for counted in counts:
        gauge.note("m", estimated=estimated, counted=counted)
    assert gauge.rate("m") >= min(counts[-1] / estimated, MOST)


@given(st.floats(0.6, 3.9), st.lists(st.floats(-0.01, 0.01), min_size=2, max_size=9))
def test_small_differences_from_turn_to_turn_move_it_once_at_most(
    true: float, noise: list[float]
) -> None:
    gauge, rates = Gauge(cache=FakeCache()), []
    for off in noise:
        gauge.note("m", estimated=100_000, counted=round(100_000 * (true + off)))
        rates.append(gauge.rate("m"))
    assert len(set(rates)) <= 2
    assert max(rates) - min(rates) <= STEP
