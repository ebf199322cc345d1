"""One MIRA to a data directory, and one to a database."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - it is a class

from adapters.postgres import completed, is_silent
from adapters.postgres_errors import translated
from cns.errors import Misconfigured, StoreUnavailable
from config.settings import DatabaseSettings

ONE_MIRA = 0x4D495241  # "MIRA": the advisory lock of the process that owns the database


@contextmanager
def hold(data_dir: Path) -> Iterator[None]:
    """Keep every other MIRA process off this data directory.

    Raises:
        Misconfigured: another one has it.
    """
    try:
        lock = (data_dir / "mira.lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise Misconfigured(
            f"{data_dir} cannot be written ({error.strerror}). Start MIRA as its owner, or set"
            " MIRA_DATA_DIR to a folder of your own."
        ) from error
    with lock:
        os.fchmod(lock.fileno(), 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise Misconfigured(
                f"Another MIRA (process {lock.read().strip() or 'unknown'}) uses {data_dir}."
                " Stop it, or set MIRA_DATA_DIR to another folder."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


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
                _let_go(self._connection)
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


def _let_go(connection: Connection) -> None:
    """Said to the server, which else notices a closed connection a moment too late for the next."""
    with suppress(psycopg2.Error), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", (ONE_MIRA,))
    connection.close()
