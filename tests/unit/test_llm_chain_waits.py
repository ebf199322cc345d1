"""Providers that name the time for which they want to be left alone."""

from datetime import timedelta

import pytest

from tests.fakes.llm import Says
from tests.unit.test_llm_chain import FIRST, OTHER, REST, Bench, answer, failure, fault


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_who_asks_to_be_left_alone_for_longer_rests_that_long(bench: Bench) -> None:
    bench.first.will(fault("llm_rate_limited", retry_after=900.0), Says(FIRST))
    bench.other.will(Says(OTHER), fault("llm_refused_key", passes=False), Says(OTHER))
    chain = bench.chain()
    answer(chain)
    bench.clock.move(2 * REST)
    assert failure(chain).code == "llm_refused_key"
    assert answer(chain) == OTHER
    bench.clock.move(REST)
    assert answer(chain) == FIRST
    assert bench.asked == (2, 3, 0)


def test_a_provider_alone_is_left_alone_as_long_as_it_asks(bench: Bench) -> None:
    bench.first.will(fault("llm_rate_limited", retry_after=40.0), Says(FIRST))
    chain = bench.chain(length=1)
    failure(chain)
    bench.clock.move(timedelta(seconds=30))
    refused = failure(chain)
    assert (refused.code, refused.retryable) == ("llm_rate_limited", True)
    assert refused.extra["retry_after"] == 10
    assert "Retry in 10 s" in refused.detail
    assert bench.asked == (1, 0, 0)
    bench.clock.move(timedelta(seconds=10))
    assert answer(chain) == FIRST


def test_nobody_is_left_alone_for_longer_than_an_hour(bench: Bench) -> None:
    bench.first.will(fault("llm_rate_limited", retry_after=10.0**9), Says(FIRST))
    chain = bench.chain(length=1)
    failure(chain)
    bench.clock.move(timedelta(hours=1))
    assert answer(chain) == FIRST
