"""Migrations on a real database."""

import os
import stat
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import extensions

from adapters.account import Home
from adapters.migrations import Dumps, Migration, dump, dump_programs, migrate, read_migrations
from cns.errors import Misconfigured
from tests.servers import dumps_of

pytestmark = pytest.mark.postgres

FIRST = Migration(number=1, name="0001_first.sql", text="CREATE TABLE things (id integer);")
SECOND = Migration(number=2, name="0002_more.sql", text="ALTER TABLE things ADD name text;")
BROKEN = Migration(
    number=2, name="0002_broken.sql", text="CREATE TABLE half (id integer); SELECT nonsense;"
)


@pytest.fixture
def dumps(home: Home, tmp_path: Path) -> Dumps:
    return replace(dumps_of(home), folder=tmp_path / "backups")


def asked(dsn: str, query: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def dumped(dumps: Dumps) -> list[Path]:
    return sorted(dumps.folder.glob("*")) if dumps.folder.exists() else []


def program(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_an_empty_database_gets_everything_and_no_dump(empty_dsn: str, dumps: Dumps) -> None:
    migrations = read_migrations()
    assert migrate(empty_dsn, migrations, dumps) == len(migrations)
    rows = asked(empty_dsn, "SELECT number, name, sha256 FROM schema_migrations ORDER BY number")
    assert rows == [(each.number, each.name, each.sha256) for each in migrations]
    assert dumped(dumps) == []


def test_a_second_time_changes_nothing(empty_dsn: str, dumps: Dumps) -> None:
    migrate(empty_dsn, [FIRST], dumps)
    asked(empty_dsn, "INSERT INTO things VALUES (1)")
    assert migrate(empty_dsn, [FIRST], dumps) == 0
    assert dumped(dumps) == []


def test_a_database_with_data_is_dumped_first(empty_dsn: str, dumps: Dumps, home: Home) -> None:
    migrate(empty_dsn, [FIRST], dumps)
    asked(empty_dsn, "INSERT INTO things VALUES (7)")
    assert migrate(empty_dsn, [FIRST, SECOND], dumps) == 1
    (made,) = dumped(dumps)
    assert made.name == f"before-0002-{dumps.now:%Y%m%dT%H%M%SZ}.dump"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    listed = subprocess.run(
        [home.postgres_bin / "pg_restore", "--data-only", "--file=-", made],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "COPY public.things (id) FROM stdin;\n7\n" in listed.stdout


def test_without_a_dump_nothing_is_migrated(empty_dsn: str, dumps: Dumps, tmp_path: Path) -> None:
    migrate(empty_dsn, [FIRST], dumps)
    asked(empty_dsn, "INSERT INTO things VALUES (7)")
    failing = program(tmp_path, "failing", 'echo no room left >&2; touch "${2#--file=}"; exit 1')
    broken = replace(dumps, programs=(failing, tmp_path / "missing"))
    with pytest.raises(Misconfigured, match=r"failing: no room left .*missing: .*No such file"):
        migrate(empty_dsn, [FIRST, SECOND], broken)
    assert asked(empty_dsn, "SELECT * FROM things") == [(7,)]
    assert dumped(dumps) == []


def test_the_next_pg_dump_is_tried_when_one_cannot(
    empty_dsn: str, dumps: Dumps, tmp_path: Path
) -> None:
    old = program(tmp_path, "old", "echo server version mismatch >&2; exit 1")
    both = replace(dumps, programs=(old, *dumps.programs))
    assert dump(empty_dsn, both, 1).exists()


def test_a_password_is_not_shown_on_the_command_line(
    empty_dsn: str, dumps: Dumps, tmp_path: Path
) -> None:
    text = 'echo "$@" > "${0%/*}/said"; echo "$PGPASSWORD" >> "${0%/*}/said"; touch "${2#--file=}"'
    telling = program(tmp_path, "telling", text)
    secret = extensions.make_dsn(empty_dsn, password="hush")
    dump(secret, replace(dumps, programs=(telling,)), 1)
    command, environment = (tmp_path / "said").read_text().splitlines()
    assert "hush" not in command
    assert environment == "hush"


def test_the_last_five_dumps_are_kept(empty_dsn: str, dumps: Dumps) -> None:
    for day in range(7):
        made = dump(empty_dsn, replace(dumps, now=datetime(2026, 1, 1 + day, tzinfo=UTC)), 2)
        os.utime(made, (day, day))
    assert [path.name[12:20] for path in dumped(dumps)] == [f"2026010{day}" for day in range(3, 8)]


def test_a_migration_that_fails_leaves_nothing_of_itself(empty_dsn: str, dumps: Dumps) -> None:
    migrate(empty_dsn, [FIRST], dumps)
    with pytest.raises(psycopg2.errors.UndefinedColumn):
        migrate(empty_dsn, [FIRST, BROKEN], dumps)
    assert asked(empty_dsn, "SELECT 1 FROM pg_tables WHERE tablename = 'half'") == []
    assert migrate(empty_dsn, [FIRST, SECOND], dumps) == 1


def test_a_changed_file_is_refused(empty_dsn: str, dumps: Dumps) -> None:
    migrate(empty_dsn, [FIRST], dumps)
    with pytest.raises(Misconfigured, match=r"0001_first.sql was changed"):
        migrate(empty_dsn, [replace(FIRST, text="SELECT 1"), SECOND], dumps)
    assert asked(empty_dsn, "SELECT count(*) FROM schema_migrations") == [(1,)]


def test_a_database_newer_than_the_program_is_refused(empty_dsn: str, dumps: Dumps) -> None:
    migrate(empty_dsn, [FIRST, SECOND], dumps)
    with pytest.raises(Misconfigured, match=r"newer than this program: it has 0002_more.sql"):
        migrate(empty_dsn, [FIRST], dumps)


def test_two_processes_migrate_one_after_the_other(empty_dsn: str, dumps: Dumps) -> None:
    done: list[int] = []
    threads = [
        threading.Thread(target=lambda: done.append(migrate(empty_dsn, [FIRST, SECOND], dumps)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 0, 2]


def test_a_right_that_is_missing_is_an_error_with_the_command(empty_dsn: str, dumps: Dumps) -> None:
    asked(empty_dsn, "DROP ROLE IF EXISTS weak")
    asked(empty_dsn, "CREATE ROLE weak LOGIN")
    asked(empty_dsn, "GRANT ALL ON SCHEMA public TO weak")
    weak = extensions.make_dsn(empty_dsn, user="weak")
    with pytest.raises(Misconfigured, match="CREATE EXTENSION vector"):
        migrate(weak, read_migrations(), dumps)
    asked(empty_dsn, "DROP OWNED BY weak")
    asked(empty_dsn, "DROP ROLE weak")


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (["0001_a.sql", "0003_c.sql"], "without gaps"),
        (["0001_a.sql", "0001_b.sql"], "without gaps"),
        (["first.sql"], "name it NNNN_what.sql"),
    ],
)
def test_a_row_of_files_with_a_fault_is_refused(
    tmp_path: Path, names: list[str], complaint: str
) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1")
    with pytest.raises(Misconfigured, match=complaint):
        read_migrations(tmp_path)


def test_this_machines_own_pg_dump_comes_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = tmp_path / "bundled"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert dump_programs(bundled) == (bundled,)
    own = program(tmp_path, "pg_dump", "exit 0")
    assert dump_programs(bundled) == (bundled, own)
