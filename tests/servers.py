"""Real servers for tests, and a database for each test from one template."""

import itertools
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
from psycopg2 import extensions, sql

from adapters.account import Home, find_home
from adapters.embedded import PostgresServer, initialise
from adapters.migrations import Dumps, dump_programs, migrate, read_migrations

QUICK = {"fsync": "off"}  # outlasts every killed process, though not a power cut
CARELESS = {**QUICK, "synchronous_commit": "off", "full_page_writes": "off"}  # outlasts nothing
TEMPLATE = "template_of_tests"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that the servers' account can enter; pytest's own are closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="mira-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def temporary_home() -> Iterator[Home]:
    with temporary_folder() as folder:
        yield find_home(folder / "data", explicit=True, state=folder / "state")


@contextmanager
def cluster() -> Iterator[Home]:
    """A home with a database cluster in it that has never run, for copying."""
    with temporary_home() as home:
        initialise(home, home.data_dir / "postgres")
        yield home


@contextmanager
def copied(cluster: Home) -> Iterator[Home]:
    """A home of one's own with a cluster in it, quicker than making one."""
    with temporary_home() as home:
        source = cluster.data_dir / "postgres"
        subprocess.run(["cp", "-a", str(source), str(home.data_dir)], check=True)
        yield home


@dataclass(frozen=True, slots=True)
class TestServer:
    """The PostgreSQL of one test session."""

    __test__ = False

    server: PostgresServer
    numbers: Iterator[int]

    def dsn(self, name: str) -> str:
        return extensions.make_dsn(self.server.dsn, dbname=name)

    def run(self, statement: str, name: str) -> None:
        connection = psycopg2.connect(self.server.dsn)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL(statement).format(sql.Identifier(name)))
        finally:
            connection.close()

    @contextmanager
    def empty_database(self, template: str = "template1") -> Iterator[str]:
        """The address of a new database, dropped on leaving."""
        name = f"test_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {{}} TEMPLATE {template} STRATEGY file_copy", name)
        try:
            yield self.dsn(name)
        finally:
            self.run("DROP DATABASE {} WITH (FORCE)", name)

    @contextmanager
    def template_of(self, dsn: str) -> Iterator[str]:
        """The name of a template made of a database that nobody is at, dropped on leaving."""
        name = f"template_{next(self.numbers)}"
        made_of = extensions.parse_dsn(dsn)["dbname"]
        self.run(f"CREATE DATABASE {{}} TEMPLATE {made_of} STRATEGY file_copy", name)
        try:
            yield name
        finally:
            self.run("DROP DATABASE {} WITH (FORCE)", name)

    def migrated_database(self) -> AbstractContextManager[str]:
        return self.empty_database(TEMPLATE)


def dumps_of(home: Home) -> Dumps:
    return Dumps(
        folder=home.data_dir / "backups",
        programs=dump_programs(home.postgres_bin / "pg_dump"),
        now=datetime.now(UTC),
    )


def with_template(home: Home, server: PostgresServer) -> TestServer:
    """Migrate the template once."""
    ready = TestServer(server, itertools.count(1))
    ready.run("CREATE DATABASE {}", TEMPLATE)
    migrate(ready.dsn(TEMPLATE), read_migrations(), dumps_of(home))
    return ready


@contextmanager
def holder(data_dir: Path, *account: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of its own that keeps both servers, with the line it printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.holder", str(data_dir), *account],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as said:
        try:
            yield process, said.readline().strip()
        finally:
            process.terminate()
            process.wait(60)
