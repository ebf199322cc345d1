"""PostgreSQL through psycopg2: a pool that waits, heals itself and speaks in our errors."""

import math
import re
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import lru_cache
from typing import Self

import psycopg2
from psycopg2 import extensions, extras
from psycopg2.extensions import connection as Connection  # noqa: N812 - it is a class
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - as above
from psycopg2.pool import PoolError, ThreadedConnectionPool

from adapters.postgres_errors import translated
from adapters.prepared import PreparingConnection
from cns.errors import Misconfigured, NotFound, StoreUnavailable
from cns.ports import Part, Row
from cns.sql import Prepared
from config.settings import DatabaseSettings

OLDEST_SERVER = 140_000
OLDEST_VECTOR = (0, 8)
FAIL_FAST = 0.25  # seconds during which a failed connection is not tried anew

MayStore = Callable[[], None]

_AS_JSON = re.compile(r"%\((\w+)\)s::jsonb\b")
_FLOAT = extensions.new_type(
    extensions.DECIMAL.values,
    "NUMERIC_AS_FLOAT",
    lambda value, _cursor: None if value is None else float(value),
)


@lru_cache(maxsize=1024)
def _json_names(query: str) -> frozenset[str]:
    return frozenset(_AS_JSON.findall(query))


class EmptyArray:
    r"""An empty list with no cast beside it.

    Arrays take the form feed as white space and JSON does not, so that an empty list meant for a
    jsonb column is refused, rather than stored as an object; there, write `%(name)s::jsonb`.
    """

    def __conform__(self, _protocol: object) -> Self:
        return self

    def getquoted(self) -> bytes:
        return b"E'\\f{}'"


def adapted(query: str, name: str, value: object) -> object:
    """A Python value as psycopg2 should send it."""
    if isinstance(value, Mapping):
        return extras.Json(dict(value))
    if isinstance(value, tuple | list | set | frozenset):
        items = list(value)
        if name in _json_names(query) or any(isinstance(item, Mapping) for item in items):
            return extras.Json(items)
        return items or EmptyArray()
    return value


class SqlTransaction:
    """One unit of work on one connection; `%` itself is written `%%`."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def all(self, query: str, **values: object) -> list[Row]:
        """Plain dictionaries: psycopg2's own kinds of row are several times slower to make."""
        self.run(query, **values)
        names = [column.name for column in self._cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in self._cursor.fetchall()]

    def one(self, query: str, **values: object) -> Row:
        row = self.maybe(query, **values)
        if row is None:
            raise NotFound("There is no such thing in the store.")
        return row

    def maybe(self, query: str, **values: object) -> Row | None:
        rows = self.all(query, **values)
        if len(rows) > 1:
            raise ValueError(f"expected one row, got {len(rows)}: {query[:80]}")
        return rows[0] if rows else None

    def run(self, query: str, **values: object) -> int:
        sent = {name: adapted(query, name, value) for name, value in values.items()}
        with translated():
            # psycopg2 reads `%%` only with values
            self._cursor.execute(self._ready(query), sent or {"": None})
        return self._cursor.rowcount

    def _ready(self, query: str) -> str:
        connection = self._cursor.connection
        if isinstance(query, Prepared) and isinstance(connection, PreparingConnection):
            return connection.ready(query, self._cursor)
        return query


def completed(dsn: str, settings: DatabaseSettings) -> str:
    """The address with our time limits, where it does not set its own."""
    given = extensions.parse_dsn(dsn)
    own = (
        f"-c statement_timeout={int(settings.statement_seconds * 1000)} -c timezone=UTC"
        " -c plan_cache_mode=force_generic_plan"  # what is prepared is planned once
        " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
    )
    parameters: dict[str, str] = {
        "connect_timeout": str(math.ceil(settings.connect_seconds)),
        "keepalives_idle": "10",
        "keepalives_interval": "5",
        "keepalives_count": "3",
        "application_name": "mira",
        **given,
        "options": f"{given.get('options', '')} {own}".strip(),
    }
    return extensions.make_dsn(None, **parameters)


def is_silent(connection: Connection) -> bool:
    """Whether an idle connection lives: the server has neither closed it nor said a last word."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)


def always() -> None:
    """Nobody else can be at this database."""


class Postgres:
    """The store; implements `cns.ports.Database`.

    Args:
        may_store: asked before each transaction; raises StoreUnavailable to forbid it.
    """

    def __init__(self, dsn: str, settings: DatabaseSettings, may_store: MayStore = always) -> None:
        self._settings = settings
        self._may_store = may_store
        self._places = threading.BoundedSemaphore(settings.pool_max)
        self._door = threading.Lock()
        self._refused_at = -math.inf
        with translated():
            self._pool = ThreadedConnectionPool(
                settings.pool_min,
                settings.pool_max,
                completed(dsn, settings),
                connection_factory=PreparingConnection,
            )

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        self._may_store()
        with translated(), self._lent() as connection, ExitStack() as unless_all_went_well:
            unless_all_went_well.callback(_roll_back, connection)
            with connection.cursor() as cursor:
                yield SqlTransaction(cursor)
            unless_all_went_well.pop_all()
            connection.commit()

    def ping(self) -> Part:
        """How the database is, by asking it."""
        started = time.perf_counter()
        try:
            with self.transaction() as transaction:
                version = transaction.one("SELECT current_setting('server_version') AS version")
        except StoreUnavailable as error:
            return Part(name="database", ok=False, detail=error.detail, required=True)
        return Part(
            name="database",
            ok=True,
            detail=f"PostgreSQL {version['version']}",
            latency_ms=(time.perf_counter() - started) * 1000,
            required=True,
        )

    def close(self) -> None:
        with suppress(PoolError):
            self._pool.closeall()

    @contextmanager
    def _lent(self) -> Iterator[Connection]:
        limit = self._settings.connect_seconds
        if not self._places.acquire(timeout=limit):
            raise StoreUnavailable(
                f"All {self._settings.pool_max} connections to the database were busy for"
                f" {limit:g} s. Try again, or raise MIRA_DATABASE__POOL_MAX."
            )
        try:
            connection = self._living()
            try:
                yield connection
            finally:
                with suppress(PoolError):
                    self._pool.putconn(connection, close=bool(connection.closed))
        finally:
            self._places.release()

    def _living(self) -> Connection:
        """A connection that works; those that a restart of the server broke are put away."""
        with self._door:
            if time.monotonic() - self._refused_at < FAIL_FAST:
                raise StoreUnavailable("The database cannot be reached now. Try again in a moment.")
            while True:
                try:
                    connection = self._pool.getconn()
                except psycopg2.OperationalError:
                    self._refused_at = time.monotonic()
                    raise
                if is_silent(connection):
                    return _prepared(connection)
                self._pool.putconn(connection, close=True)


def _roll_back(connection: Connection) -> None:
    """A connection that is lost has nothing left to take back."""
    with suppress(psycopg2.Error):
        connection.rollback()


def _prepared(connection: Connection) -> Connection:
    extras.register_uuid(conn_or_curs=connection)  # type: ignore[no-untyped-call]  # not in the stubs
    extensions.register_type(_FLOAT, connection)
    return connection


def check_server(database: Postgres) -> None:
    """Refuse a server that is too old, or has no pgvector.

    Raises:
        Misconfigured: with what to install or run.
    """
    with database.transaction() as transaction:
        number = transaction.one("SHOW server_version_num")["server_version_num"]
        vector = transaction.maybe(
            "SELECT default_version, installed_version FROM pg_available_extensions"
            " WHERE name = 'vector'"
        )
    check_version(int(number))
    offered = vector or {"default_version": None, "installed_version": None}
    check_vector(offered["default_version"], offered["installed_version"])


def check_version(number: int) -> None:
    """Refuse a server by its number, such as 140005."""
    if number < OLDEST_SERVER:
        raise Misconfigured(
            f"The database is PostgreSQL {number // 10_000}; MIRA needs 14 or newer. Upgrade it, or"
            " leave MIRA_DATABASE__URL empty to use the one that comes with MIRA."
        )


def check_vector(offered: str | None, installed: str | None) -> None:
    """Refuse a pgvector by the version that the server offers and the one the database has."""
    if offered is None:
        raise Misconfigured(
            "The database server has no pgvector. Install pgvector 0.8 or newer there, or leave"
            " MIRA_DATABASE__URL empty to use the one that comes with MIRA."
        )
    if _version(offered) < OLDEST_VECTOR:
        raise Misconfigured(
            f"The database server offers pgvector {offered}; MIRA needs 0.8 or newer. Upgrade it."
        )
    if installed is not None and _version(installed) < OLDEST_VECTOR:
        raise Misconfigured(
            f"The database has pgvector {installed}; MIRA needs 0.8 or newer."
            " Run in it: ALTER EXTENSION vector UPDATE;"
        )


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])


@contextmanager
def connected(
    dsn: str, settings: DatabaseSettings, may_store: MayStore = always
) -> Iterator[Postgres]:
    """A checked database, closed on leaving."""
    database = Postgres(dsn, settings, may_store)
    try:
        check_server(database)
        yield database
    finally:
        database.close()
