"""Framing, and the way from the threads that tell to the loop that sends."""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from api.streaming import WAITING_MOST, Feed, OpenFeeds, frame
from cns.errors import NotFound

NASTY = some.text() | some.sampled_from(
    ["\n", "\r", "\r\n\r\n", "\u2028", "\u2029", "\x85", "\x0b\x0c\x1c", "\nevent: x", "\ud800"]
)
JSON = some.recursive(
    NASTY | some.integers() | some.booleans() | some.none(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(NASTY, inner, max_size=3),
    max_leaves=10,
)
Listener = Callable[[int], None]


@given(some.integers(min_value=0), some.dictionaries(NASTY, JSON, max_size=4))
@settings(deadline=None)
def test_no_data_can_break_out_of_its_line(number: int, data: dict[str, Any]) -> None:
    framed = frame(number, "text_delta", data).decode("ascii")
    first, second, third, *rest = framed.split("\n")
    assert (first, second, rest) == (f"id: {number}", "event: text_delta", ["", ""])
    assert third.startswith("data: ")
    assert json.loads(third.removeprefix("data: ")) == data


@given(some.lists(some.dictionaries(NASTY, NASTY, max_size=2), max_size=5))
@settings(deadline=None)
def test_a_reader_that_splits_at_every_unicode_line_end_sees_the_same(
    told: list[dict[str, str]],
) -> None:
    framed = b"".join(frame(n, "text_delta", data) for n, data in enumerate(told))
    lines = httpx2.Response(200, content=framed).iter_lines()
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert [json.loads(line) for line in data] == told


class Source:
    """Numbers from one up, told from a thread; counts who listens."""

    def __init__(self, numbers: int) -> None:
        self.numbers = numbers
        self.listening = 0
        self.watched = 0

    def watch(self, tell: Listener, last: int | None) -> Callable[[], None]:
        self.listening += 1
        self.watched += 1
        for number in range((last or 0) + 1, self.numbers + 1):
            tell(number)
        return self._leave

    def _leave(self) -> None:
        self.listening -= 1


async def read(feed: Feed[int], until: int) -> list[int]:
    await feed.start()
    heard: list[int] = []
    async for number in feed.items():
        if number is not None:
            heard.append(number)
        if number == until:
            break
    feed.close()
    return heard


def run(work: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: a browser under test keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def test_a_feed_tells_everything_in_order() -> None:
    async def check() -> None:
        source = Source(50)
        assert await read(Feed(source.watch, 1.0), 50) == list(range(1, 51))
        assert source.listening == 0

    run(check())


def test_a_reader_who_falls_behind_misses_nothing_and_costs_no_more() -> None:
    async def check() -> None:
        source = Source(WAITING_MOST * 3 + 7)
        heard = await read(Feed(source.watch, 1.0), source.numbers)
        assert heard == list(range(1, source.numbers + 1))
        assert source.watched == 4
        assert source.listening == 0

    run(check())


def test_what_comes_from_another_thread_is_told() -> None:
    async def check() -> None:
        thread = threading.Thread()

        def watch(tell: Listener, _: int | None) -> Callable[[], None]:
            nonlocal thread

            def tell_all() -> None:
                for number in range(1, 21):
                    tell(number)

            thread = threading.Thread(target=tell_all)
            thread.start()
            return thread.join

        assert await read(Feed(watch, 1.0), 20) == list(range(1, 21))

    run(check())


def test_a_quiet_feed_says_so() -> None:
    async def check() -> None:
        feed = Feed(Source(0).watch, 0.01)
        await feed.start()
        async for item in feed.items():
            assert item is None
            break
        feed.close()

    run(check())


def test_a_feed_that_is_ended_with_the_program_tells_what_waits_and_no_more() -> None:
    async def check() -> None:
        among, source = OpenFeeds(), Source(3)
        feed = Feed(source.watch, 60.0, among)
        await feed.start()
        await asyncio.sleep(0)
        among.end()
        assert [number async for number in feed.items()] == []
        feed.close()
        assert source.listening == 0

    run(check())


def test_a_reader_that_waits_is_woken_by_the_end() -> None:
    async def check() -> None:
        among = OpenFeeds()
        feed = Feed(Source(0).watch, 60.0, among)
        await feed.start()
        waiting = asyncio.ensure_future(anext(aiter(feed.items()), None))
        await asyncio.sleep(0)
        among.end()
        assert await waiting is None
        feed.close()
        among.end()

    run(check())


def test_what_cannot_be_watched_is_said_at_once() -> None:
    def watch(_: Listener, __: int | None) -> Callable[[], None]:
        raise NotFound("There is no such turn.")

    async def check() -> None:
        with pytest.raises(NotFound):
            await Feed(watch, 1.0).start()

    run(check())


def test_telling_a_reader_whose_loop_is_gone_harms_nobody() -> None:
    kept: list[Listener] = []

    def watch(tell: Listener, _: int | None) -> Callable[[], None]:
        kept.append(tell)
        return lambda: None

    async def check() -> None:
        await Feed(watch, 1.0).start()

    run(check())
    kept[0](1)
