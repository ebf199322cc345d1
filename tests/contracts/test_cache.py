"""What every cache promises: the fake and the real one alike."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapters.valkey import ValkeyCache
from cns.ports import Cache
from tests.fakes.cache import FakeCache
from tests.waiting import until

LONG = timedelta(minutes=5)


@pytest.fixture(params=["fake", pytest.param("valkey", marks=pytest.mark.valkey)])
def cache(request: pytest.FixtureRequest) -> Iterator[Cache]:
    if request.param == "fake":
        yield FakeCache()
        return
    real = ValkeyCache(request.getfixturevalue("valkey_url"))
    yield real
    real.close()


def test_what_was_put_is_found(cache: Cache) -> None:
    cache.put("found", b"\x00\xff bytes", LONG)
    assert cache.get("found") == b"\x00\xff bytes"


def test_what_was_never_put_is_not_found(cache: Cache) -> None:
    assert cache.get("never") is None


def test_a_second_value_replaces_the_first(cache: Cache) -> None:
    cache.put("twice", b"first", LONG)
    cache.put("twice", b"second", LONG)
    assert cache.get("twice") == b"second"


def test_what_was_forgotten_is_not_found(cache: Cache) -> None:
    cache.put("gone", b"value", LONG)
    cache.forget("gone")
    assert cache.get("gone") is None


def test_forgetting_what_was_never_put_is_no_trouble(cache: Cache) -> None:
    cache.forget("never put")


def test_a_value_ends_with_its_time(cache: Cache) -> None:
    cache.put("short", b"value", timedelta(milliseconds=30))
    until(lambda: cache.get("short") is None)


def test_a_value_without_time_is_not_kept(cache: Cache) -> None:
    cache.put("none", b"old", LONG)
    cache.put("none", b"new", timedelta(0))
    assert cache.get("none") is None


def test_an_empty_value_is_a_value(cache: Cache) -> None:
    cache.put("empty", b"", LONG)
    assert cache.get("empty") == b""
