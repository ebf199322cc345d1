"""What a long conversation costs: 100, 1,000 and 10,000 messages, beside plain reads of the same.

Run it with `.venv/bin/python -m benchmarks.continuum`. For each size a house of its own is filled,
once with chapters of forty messages and once with everything in one open chapter. The model is a
local server that answers at once, the vectors are random, and so are the words but for the seed.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import psycopg2
from psycopg2 import extras
from psycopg2.extensions import connection as Connection  # noqa: N812 - it is a class
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - as above

from adapters.account import find_home
from adapters.embedded import PostgresServer, running
from adapters.postgres import Postgres
from cns.domain.message import MessageId
from cns.ports import Page
from cns.postgres import WINDOW, PostgresContinuumStore
from config.settings import DatabaseSettings
from tests.application import wired
from tests.browser import chromium
from tests.fakes.llm_server import FakeLLMServer
from tests.servers import CARELESS, temporary_folder, temporary_home, with_template
from tests.slow_house import SlowHouse
from tests.waiting import until

SIZES = (100, 1_000, 10_000)
CHAPTER = 40  # messages
ROUNDS = 9
Figures = dict[str, list[float]]

ADD_SEGMENTS = """INSERT INTO segments (id, continuum_id, status, started_at, last_message_at,
    ended_at, collapsed_at, summarised_at, extracted_at, title, summary, complexity,
    message_count, turns) VALUES %s"""
ADD_MESSAGES = """INSERT INTO messages (id, continuum_id, segment_id, role, content, text, status,
    created_at, embedding, embedding_model) VALUES %s"""
INDEX = """CREATE INDEX messages_by_vector ON messages USING hnsw (embedding halfvec_cosine_ops)
    WITH (m = 32, ef_construction = 200)"""
RAW_WINDOW = """SELECT id, role, content, created_at FROM messages
    WHERE segment_id = (SELECT id FROM segments WHERE status = 'active')
    ORDER BY seq DESC LIMIT %s"""
RAW_PAGE = "SELECT id, role, content, created_at FROM messages ORDER BY seq DESC LIMIT 50"


class Written(NamedTuple):
    """A row of `messages`, in the order of `ADD_MESSAGES`."""

    id: UUID
    continuum: UUID
    segment: UUID
    role: str
    content: extras.Json
    text: str
    status: str
    at: datetime
    vector: str
    model: str


@dataclass(slots=True)
class Filler:
    """Writes a conversation of so many messages, that ends a minute ago."""

    continuum: UUID
    chance: random.Random
    words: Sequence[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.words = [f"{a}{b}{c}" for a in "bdfgkl" for b in "aeiou" for c in ("n", "rt", "mo")]

    def fill(self, connection: Connection, count: int, chapter: int) -> list[UUID]:
        """The ids of the messages, oldest first; the newest chapter stays open."""
        began = datetime.now(UTC) - timedelta(minutes=count + 1)
        ids: list[UUID] = []
        with connection, connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
            cursor.execute("DROP INDEX messages_by_vector")  # to be made at once, which is quicker
            for first in range(0, count, chapter):
                size = min(chapter, count - first)
                segment = self._segment(cursor, began, first, size, last=first + size == count)
                rows = [self._message(segment, began, first + n) for n in range(size)]
                extras.execute_values(cursor, ADD_MESSAGES, rows, page_size=500)
                ids += [row.id for row in rows]
        with connection, connection.cursor() as cursor:
            cursor.execute(INDEX)
        return ids

    def _segment(
        self, cursor: Cursor, began: datetime, first: int, size: int, *, last: bool
    ) -> UUID:
        segment = uuid4()
        start, end = (began + timedelta(minutes=n) for n in (first, first + size - 1))
        ended = (None,) * 4 if last else (end,) * 4
        told = (None, None, None) if last else ("A talk", self._said(30), 2)
        row = (segment, self.continuum, "active" if last else "collapsed", start, end, *ended)
        extras.execute_values(cursor, ADD_SEGMENTS, [(*row, *told, size, (size + 1) // 2)])
        return segment

    def _message(self, segment: UUID, began: datetime, number: int) -> "Written":
        role, length = ("assistant", 60) if number % 2 else ("user", 15)
        text = self._said(length)
        content = extras.Json([{"type": "text", "text": text}])
        return Written(
            uuid4(),
            self.continuum,
            segment,
            role,
            content,
            text,
            "complete",
            began + timedelta(minutes=number),
            self._vector(),
            "all-MiniLM-L6-v2",
        )

    def _said(self, length: int) -> str:
        return " ".join(self.chance.choices(self.words, k=length)).capitalize() + "."

    def _vector(self) -> str:
        numbers = [self.chance.gauss(0, 1) for _ in range(384)]
        norm = sum(n * n for n in numbers) ** 0.5
        return str([round(n / norm, 4) for n in numbers])


@dataclass(frozen=True, slots=True)
class Filled:
    """A running house with so many messages in it."""

    app: SlowHouse
    dsn: str
    ids: Sequence[UUID]


@contextmanager
def filled(count: int, chapter: int, seed: int) -> Iterator[Filled]:
    extras.register_uuid()  # type: ignore[no-untyped-call]  # its stubs leave it bare
    with temporary_folder() as folder, FakeLLMServer() as server:
        app = SlowHouse(folder / "data", wired(server, "openai"))
        app.start()
        try:
            dsn = PostgresServer(find_home(app.data_dir, explicit=True)).dsn
            with closing(psycopg2.connect(dsn)) as connection:
                (continuum,) = _one(connection, "SELECT id FROM continuums")
                ids = Filler(continuum, random.Random(seed)).fill(connection, count, chapter)
                _settle(app, connection)
            yield Filled(app, dsn, ids)
        finally:
            app.stop()


def _settle(app: SlowHouse, connection: Connection) -> None:
    """Wait until everything is indexed; a turn wakes those who do it, for half a minute each."""
    connection.autocommit = True

    def done() -> bool:
        (left,) = _one(connection, "SELECT count(*) FROM text_changes")
        return bool(left == 0)

    for _ in range(20):
        app.turn("What did we speak of?")
        with suppress(TimeoutError):
            until(done, 40)
            break
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _one(connection: Connection, query: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    if row is None:
        raise LookupError(f"nothing came of {query}")
    return row


def of_the_store(count: int, seed: int) -> Figures:
    """The store alone on one open chapter: for machines on which much else runs."""
    figures: Figures = {}
    extras.register_uuid()  # type: ignore[no-untyped-call]  # its stubs leave it bare
    with ExitStack() as stack:
        home = stack.enter_context(temporary_home())
        server = PostgresServer(home, CARELESS)
        stack.enter_context(running(server))
        dsn = stack.enter_context(with_template(home, server).migrated_database())
        database = stack.enter_context(closing(Postgres(dsn, DatabaseSettings(pool_min=1))))
        connection = stack.enter_context(closing(psycopg2.connect(dsn)))
        with connection.cursor() as cursor:
            store = PostgresContinuumStore(database)
            user = store.only_user("you", "UTC", datetime.now(UTC))
            (continuum,) = _one(connection, "SELECT id FROM continuums")
            connection.commit()
            ids = Filler(continuum, random.Random(seed)).fill(connection, count, count)
            cursor.execute("ANALYZE")
            middle = MessageId(ids[count // 2])
            figures["load"] = _timed(lambda: store.load(user.id))
            figures["plain read of the same rows"] = _timed(
                lambda: _read(cursor, RAW_WINDOW, WINDOW)
            )
            figures["50 messages"] = _timed(lambda: store.messages(Page()))
            figures["50 before an old one"] = _timed(lambda: store.messages(Page(), before=middle))
            figures["plain read of 50 messages"] = _timed(lambda: _read(cursor, RAW_PAGE))
    return figures


def measured(house: Filled, browser: str | None) -> Figures:
    figures: Figures = {}
    with closing(Postgres(house.dsn, DatabaseSettings(pool_min=1))) as database:
        store = PostgresContinuumStore(database)
        with database.transaction() as tx:
            user = tx.one("SELECT user_id FROM continuums")["user_id"]
        figures["load"] = _timed(lambda: store.load(user))
    with closing(psycopg2.connect(house.dsn)) as connection, connection.cursor() as cursor:
        figures["plain read of the same rows"] = _timed(lambda: _read(cursor, RAW_WINDOW, WINDOW))
        figures["plain read of 50 messages"] = _timed(lambda: _read(cursor, RAW_PAGE))
    told = [house.app.turn(f"And what else, number {n}?")[-1].data for n in range(ROUNDS)]
    figures["a turn's own time"] = [float(each["timings_ms"]["own"]) for each in told]
    with house.app.client() as client:
        for name, path in _paths(house).items():
            figures[name] = _timed(lambda path=path: _get(client, path))  # type: ignore[misc]
    if browser is not None:
        figures |= _page(house, browser)
    return figures


def _paths(house: Filled) -> Mapping[str, str]:
    middle = house.ids[len(house.ids) // 2]
    return {
        "GET /api/messages": "/api/messages?limit=50",
        "GET /api/messages before an old one": f"/api/messages?limit=50&before={middle}",
        "GET /api/segments": "/api/segments?limit=50",
        "GET /api/search": "/api/search?q=bart+gemo+luart",
    }


def _read(cursor: Cursor, query: str, *values: object) -> None:
    cursor.execute(query, values)
    cursor.fetchall()


def _get(client: httpx.Client, path: str) -> None:
    client.get(path).raise_for_status()


def _page(house: Filled, path: str) -> Figures:
    """First paint, the conversation on the page, and how many elements that makes."""
    figures: Figures = {}
    old = house.ids[len(house.ids) // 2]
    with chromium.launched(path) as browser:
        for _ in range(3):
            page = browser.new_page(base_url=house.app.url)
            begun = time.perf_counter()
            page.goto("/#/chat")
            page.wait_for_selector(".exchange")
            shown = (time.perf_counter() - begun) * 1000
            paint = page.evaluate(
                "performance.getEntriesByName('first-contentful-paint')[0].startTime"
            )
            figures.setdefault("page: first contentful paint", []).append(paint)
            figures.setdefault("page: the conversation stands", []).append(shown)
            count = page.evaluate("document.querySelectorAll('*').length")
            figures.setdefault("page: elements", []).append(count)
            begun = time.perf_counter()
            page.goto(f"/#/chat/message/{old}")
            page.wait_for_selector(f"#m-{old}", timeout=120_000)
            jumped = (time.perf_counter() - begun) * 1000
            figures.setdefault("page: jump to the middle", []).append(jumped)
            count = page.evaluate("document.querySelectorAll('*').length")
            figures.setdefault("page: elements after the jump", []).append(count)
            page.close()
    return figures


def _timed(work: Callable[[], object]) -> list[float]:
    figures = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        figures.append((time.perf_counter() - begun) * 1000)
    return figures


def main() -> None:
    """Print a Markdown table a layout: medians (and least), in ms, and how the medians grow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--store", action="store_true", help="the store alone, one open chapter")
    parser.add_argument("--no-page", action="store_true", help="leave the browser out")
    asked = parser.parse_args()
    if asked.store:
        alone = [of_the_store(count, asked.seed) for count in asked.sizes]
        _print(f"the store alone, seed {asked.seed}", asked.sizes, alone)
        return
    browser = None if asked.no_page else chromium.found()
    layouts = {"chapters of 40": CHAPTER, "one open chapter": max(asked.sizes)}
    for layout, chapter in layouts.items():
        results = []
        for count in asked.sizes:
            with filled(count, chapter, asked.seed) as house:
                results.append(measured(house, browser))
            medians = {name: statistics.median(each) for name, each in results[-1].items()}
            print(f"{layout}, {count:,} messages: {medians}", flush=True)
        _print(f"{layout}, seed {asked.seed}", asked.sizes, results)


def _print(title: str, sizes: Sequence[int], results: Sequence[Figures]) -> None:
    print(f"\n{title}\n\n| what | {' | '.join(f'{size:,}' for size in sizes)} | growth |")
    print(f"| --- |{' --- |' * (len(sizes) + 1)}")
    for name in results[0]:
        medians = [statistics.median(figures[name]) for figures in results]
        least = [min(figures[name]) for figures in results]
        pairs = zip(medians, least, strict=True)
        cells = " | ".join(f"{median:.1f} ({low:.1f})" for median, low in pairs)
        print(f"| {name} | {cells} | {medians[-1] / medians[0]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
