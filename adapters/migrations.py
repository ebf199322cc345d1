"""Brings a database up to the newest shape: numbered SQL files, forward only."""

import hashlib
import logging
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg2
from psycopg2 import errors, extensions, sql
from psycopg2.extensions import connection as Connection  # noqa: N812 - it is a class

from adapters.embedded import sync_folder
from adapters.postgres_errors import translated
from cns.errors import Misconfigured

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).resolve().parent.parent / "migrations"
ONE_AT_A_TIME = 0x4D494752  # "MIGR": the advisory lock of whoever migrates
DUMPS_KEPT = 5
_FILE = re.compile(r"(\d{4})_\w+\.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dumps:
    """How and where a database that holds data is dumped before it is changed.

    Attributes:
        programs: every `pg_dump` to try, in order.
    """

    folder: Path
    programs: Sequence[Path]
    now: datetime


def dump_programs(bundled: Path) -> tuple[Path, ...]:
    """The `pg_dump` that comes with MIRA, then this machine's own, if it has one."""
    own = shutil.which("pg_dump")
    return (bundled, Path(own)) if own else (bundled,)


def read_migrations(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """All migrations in order.

    Raises:
        Misconfigured: the numbers do not run from 1 without gaps.
    """
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = _FILE.fullmatch(path.name)
        if match is None:
            raise Misconfigured(f"{path} is no migration: name it NNNN_what.sql.")
        text = path.read_text(encoding="utf-8")
        found.append(Migration(number=int(match[1]), name=path.name, text=text))
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        names = ", ".join(migration.name for migration in found)
        raise Misconfigured(f"The migrations do not run from 0001 without gaps: {names}")
    return tuple(found)


def migrate(dsn: str, migrations: Sequence[Migration], dumps: Dumps) -> int:
    """Apply what is missing; how many that was. Only one process does so at a time.

    Raises:
        Misconfigured: an applied file was changed, the database is newer than this program, or a
            database with data could not be dumped first. Nothing was changed then.
    """
    with translated(), _locked(dsn) as connection:
        missing = _missing(connection, migrations)
        if missing and _holds_data(connection):
            dump(dsn, dumps, missing[0].number)
        for migration in missing:
            _apply(connection, migration)
    return len(missing)


@contextmanager
def _locked(dsn: str) -> Iterator[Connection]:
    connection: Connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SELECT pg_advisory_lock(%s)", (ONE_AT_A_TIME,))
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY,"
                " name text NOT NULL, sha256 text NOT NULL,"
                " applied_at timestamptz NOT NULL DEFAULT now())"
            )
        yield connection
    finally:
        connection.close()


def _missing(connection: Connection, migrations: Sequence[Migration]) -> Sequence[Migration]:
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT number, name, sha256 FROM schema_migrations ORDER BY number")
        applied = cursor.fetchall()
    if len(applied) > len(migrations):
        raise Misconfigured(
            f"The database is newer than this program: it has {applied[-1][1]}. Start the newer"
            " MIRA, or restore a backup from before the upgrade."
        )
    for (_, name, sha256), migration in zip(applied, migrations, strict=False):
        if sha256 != migration.sha256:
            raise Misconfigured(
                f"{migration.name} was changed after it had been applied (as {name}). Put the"
                " original file back; a further change goes into a new file."
            )
    return migrations[len(applied) :]


def _holds_data(connection: Connection) -> bool:
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE tablename <> 'schema_migrations'"
            " AND schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        for schema, table in cursor.fetchall():
            cursor.execute(
                sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(schema, table))
            )
            if cursor.fetchone():
                return True
    return False


def _apply(connection: Connection, migration: Migration) -> None:
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(migration.text)
            cursor.execute(
                "INSERT INTO schema_migrations (number, name, sha256) VALUES (%s, %s, %s)",
                (migration.number, migration.name, migration.sha256),
            )
    except errors.InsufficientPrivilege as error:
        raise Misconfigured(
            f"The database account may not do what {migration.name} asks"
            f" ({error.diag.message_primary}). Run once as the superuser, in this database:"
            " CREATE EXTENSION vector; and make the account its owner."
        ) from error
    logger.info("migrated the database", extra={"action": "migrate", "file": migration.name})


def dump(dsn: str, dumps: Dumps, number: int) -> Path:
    """Dump a database as it stands before migration `number`; keeps the last few.

    Raises:
        Misconfigured: no pg_dump could do it; with their words.
    """
    dumps.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = dumps.now.strftime("%Y%m%dT%H%M%SZ")
    target = dumps.folder / f"before-{number:04}-{stamp}.dump"
    unfinished = target.with_suffix(".unfinished")
    complaints = []
    for program in dumps.programs:
        complaint = _run_dump(program, dsn, unfinished)
        if complaint is None:
            _keep(unfinished, target)
            return target
        complaints.append(f"{program}: {complaint}")
    unfinished.unlink(missing_ok=True)
    raise Misconfigured(
        "The database holds data and could not be dumped, so it was not migrated. "
        + " ".join(complaints)
        + " Free some disk space, or put a pg_dump as new as the server into PATH."
    )


def _run_dump(program: Path, dsn: str, target: Path) -> str | None:
    """What pg_dump complained of; None when it did its work."""
    parameters = extensions.parse_dsn(dsn)
    secret = parameters.pop("password", None)  # a command line can be read by everybody
    environment = {**os.environ, "LC_ALL": "C", **({"PGPASSWORD": secret} if secret else {})}
    command = [
        *(str(program), "--format=custom", f"--file={target}"),
        f"--dbname={extensions.make_dsn(None, **parameters)}",
    ]
    try:
        done = subprocess.run(  # noqa: S603 - our own binary, no shell
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            umask=0o077,
        )
    except OSError as error:
        return str(error)
    return None if done.returncode == 0 else " ".join(done.stderr.split())


def _keep(unfinished: Path, target: Path) -> None:
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.rename(target)
    sync_folder(target.parent)
    by_age = sorted(target.parent.glob("before-*.dump"), key=lambda path: path.stat().st_mtime_ns)
    for old in by_age[:-DUMPS_KEPT]:
        old.unlink()
