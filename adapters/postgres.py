"""PostgreSQL through psycopg2: a pool that waits, heals itself and speaks in our errors."""

import math
import re
import select
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Self

import psycopg2
from psycopg2 import errors, extensions, extras
from psycopg2.extensions import connection as Connection  # noqa: N812 - it is a class
from psycopg2.pool import PoolError, ThreadedConnectionPool

from cns.errors import Conflict, MiraError, Misconfigured, NotFound, StoreUnavailable
from cns.ports import Part, Row
from config.settings import DatabaseSettings

OLDEST_SERVER = 140_000
OLDEST_VECTOR = (0, 8)
ONE_MIRA = 0x4D495241  # "MIRA": the advisory lock of the process that owns the database
FAIL_FAST = 0.25  # seconds during which a failed connection is not tried anew

_AS_JSON = re.compile(r"%\((\w+)\)s::jsonb\b")
_FLOAT = extensions.new_type(
    extensions.DECIMAL.values,
    "NUMERIC_AS_FLOAT",
    lambda value, _cursor: None if value is None else float(value),
)

# The vendor's exceptions and ours; the first that fits counts.
TABLE: tuple[tuple[type[psycopg2.Error], type[MiraError], str, str], ...] = (
    (
        errors.DiskFull,
        StoreUnavailable,
        "disk_full",
        "The disk is full: nothing was stored. Free some space, then try again.",
    ),
    (
        errors.QueryCanceled,
        StoreUnavailable,
        "store_unavailable",
        "The database took too long over one statement and was stopped. Try again.",
    ),
    (
        errors.UniqueViolation,
        Conflict,
        "conflict",
        "Someone stored the same thing first. Reload, then try again.",
    ),
    (
        errors.SerializationFailure,
        Conflict,
        "conflict",
        "Someone changed it at the same moment. Reload, then try again.",
    ),
    (
        errors.DeadlockDetected,
        Conflict,
        "conflict",
        "Two changes waited for each other and this one was given up. Try again.",
    ),
    (
        psycopg2.OperationalError,
        StoreUnavailable,
        "store_unavailable",
        "The database cannot be reached now. Try again in a moment.",
    ),
    (
        psycopg2.InterfaceError,
        StoreUnavailable,
        "store_unavailable",
        "The connection to the database was lost. Try again.",
    ),
    (
        PoolError,
        StoreUnavailable,
        "store_unavailable",
        "The connections to the database are closed: MIRA is stopping.",
    ),
)


def explained(error: psycopg2.Error) -> MiraError | None:
    """Our word for a vendor's exception; None for a mistake in our own SQL."""
    for vendor, ours, code, detail in TABLE:
        if isinstance(error, vendor):
            return ours(detail, code=code)
    if type(error) is psycopg2.DatabaseError:  # libpq's word for an answer cut short
        return StoreUnavailable("The database broke off its answer. Try again.")
    return None


@contextmanager
def translated() -> Iterator[None]:
    """Within it psycopg2's exceptions become ours."""
    try:
        yield
    except psycopg2.Error as error:
        ours = explained(error)
        if ours is None:
            raise
        raise ours from error


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

    def __init__(self, cursor: extras.RealDictCursor) -> None:
        self._cursor = cursor

    def all(self, query: str, **values: object) -> list[Row]:
        self.run(query, **values)
        return list(self._cursor.fetchall())

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
            self._cursor.execute(query, sent or {"": None})  # psycopg2 reads `%%` only with values
        return self._cursor.rowcount


def completed(dsn: str, settings: DatabaseSettings) -> str:
    """The address with our time limits, where it does not set its own."""
    given = extensions.parse_dsn(dsn)
    own = (
        f"-c statement_timeout={int(settings.statement_seconds * 1000)} -c timezone=UTC"
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


class OnlyOne:
    """The right to a database, for one MIRA process at a time.

    It is a lock that the server holds for one connection; when that connection is lost the lock
    is taken again before the next transaction, and when another process was quicker, nothing is
    stored any more.
    """

    def __init__(self, dsn: str, settings: DatabaseSettings) -> None:
        self._dsn = completed(dsn, settings)
        self._guard = threading.Lock()
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        with translated():
            self._connection = self._take()
        if self._connection is None:
            raise Misconfigured(
                "Another MIRA uses this database. Stop it, or set MIRA_DATABASE__URL to another."
            )
        return self

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def check(self) -> None:
        """Raises StoreUnavailable when the right is lost and cannot be had again."""
        with self._guard, translated():
            if self._connection is not None and is_silent(self._connection):
                return
            if self._connection is not None:
                self._connection.close()
            self._connection = self._take()
        if self._connection is None:
            raise StoreUnavailable(
                "Another MIRA took over this database, or a lost connection still holds it. Stop"
                " the other one; a lost connection ends by itself within a minute."
            )

    def _take(self) -> Connection | None:
        connection: Connection = psycopg2.connect(self._dsn)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (ONE_MIRA,))
            row = cursor.fetchone()
        if row is not None and row[0]:
            return connection
        connection.close()
        return None


class Postgres:
    """The store; implements `cns.ports.Database`."""

    def __init__(self, dsn: str, settings: DatabaseSettings, right: OnlyOne | None = None) -> None:
        self._settings = settings
        self._right = right
        self._places = threading.BoundedSemaphore(settings.pool_max)
        self._door = threading.Lock()
        self._refused_at = -math.inf
        with translated():
            self._pool = ThreadedConnectionPool(
                settings.pool_min,
                settings.pool_max,
                completed(dsn, settings),
            )

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        if self._right is not None:
            self._right.check()
        with translated(), self._lent() as connection:
            try:
                with connection.cursor(cursor_factory=extras.RealDictCursor) as cursor:
                    yield SqlTransaction(cursor)
            except BaseException:
                with suppress(psycopg2.Error):
                    connection.rollback()
                raise
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
        number = int(transaction.one("SHOW server_version_num")["server_version_num"])
        vector = transaction.maybe(
            "SELECT default_version, installed_version FROM pg_available_extensions"
            " WHERE name = 'vector'"
        )
    if number < OLDEST_SERVER:
        raise Misconfigured(
            f"The database is PostgreSQL {number // 10_000}; MIRA needs 14 or newer. Upgrade it, or"
            " leave MIRA_DATABASE__URL empty to use the one that comes with MIRA."
        )
    if vector is None:
        raise Misconfigured(
            "The database server has no pgvector. Install pgvector 0.8 or newer there, or leave"
            " MIRA_DATABASE__URL empty to use the one that comes with MIRA."
        )
    _check_vector(vector["default_version"], vector["installed_version"])


def _check_vector(offered: str, installed: str | None) -> None:
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
    dsn: str, settings: DatabaseSettings, right: OnlyOne | None = None
) -> Iterator[Postgres]:
    """A checked database, closed on leaving."""
    database = Postgres(dsn, settings, right)
    try:
        check_server(database)
        yield database
    finally:
        database.close()
