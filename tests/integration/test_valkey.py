"""The cache adapter when its server comes and goes."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
import valkey

from adapters.valkey import PREFIX, ValkeyCache
from cns.errors import Misconfigured
from tests.servers import temporary_folder

pytestmark = pytest.mark.valkey
MINUTE = timedelta(minutes=1)


@pytest.fixture
def cache(valkey_url: str) -> Iterator[ValkeyCache]:
    cache = ValkeyCache(valkey_url)
    yield cache
    cache.close()


@pytest.fixture
def lost() -> Iterator[ValkeyCache]:
    """A cache whose server is away."""
    with temporary_folder() as folder:
        yield ValkeyCache(f"unix://{folder}/nobody.sock")


def test_a_lost_cache_finds_nothing_and_raises_nothing(lost: ValkeyCache) -> None:
    lost.put("key", b"value", MINUTE)
    lost.forget("key")
    assert lost.get("key") is None


def test_a_lost_cache_says_so_once(lost: ValkeyCache, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        assert not lost.ping().ok
        lost.get("key")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_cache_that_comes_back_says_so_once(
    valkey_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with temporary_folder() as folder:
        path = folder / "valkey.sock"
        cache = ValkeyCache(f"unix://{path}")
        cache.ping()
        path.symlink_to(valkey_url.removeprefix("unix://"))
        assert cache.ping().ok
        cache.put("back", b"value", MINUTE)
        assert cache.get("back") == b"value"
        cache.close()
    assert caplog.messages == ["the cache is away; going on without it", "the cache is back"]


def test_an_answer_that_makes_no_sense_counts_as_lost(cache: ValkeyCache, valkey_url: str) -> None:
    client = valkey.Valkey.from_url(valkey_url)
    client.lpush(PREFIX + "a list", "x")
    client.connection_pool.disconnect()
    assert cache.get("a list") is None


def test_keys_of_others_are_left_alone(cache: ValkeyCache, valkey_url: str) -> None:
    client = valkey.Valkey.from_url(valkey_url)
    client.set("theirs", "x")
    cache.forget("theirs")
    assert client.get("theirs") == b"x"
    client.connection_pool.disconnect()


def test_redis_addresses_are_understood() -> None:
    ValkeyCache("redis://127.0.0.1:1/0").close()


def test_an_address_that_is_none_is_refused_with_an_example() -> None:
    with pytest.raises(Misconfigured, match="MIRA_CACHE__URL"):
        ValkeyCache("localhost:6379")


def test_a_lost_server_is_not_asked_again_at_once(valkey_url: str) -> None:
    with temporary_folder() as folder:
        path = folder / "valkey.sock"
        cache = ValkeyCache(f"unix://{path}")
        cache.get("key")
        path.symlink_to(valkey_url.removeprefix("unix://"))
        cache.put("unasked", b"value", MINUTE)
        assert cache.ping().ok
        assert cache.get("unasked") is None
        cache.close()
