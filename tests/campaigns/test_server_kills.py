"""SIGKILL to the servers, and to the process that keeps them, under a writer that keeps count."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import valkey

from adapters.account import Home
from adapters.embedded import PostgresServer, ValkeyServer, running
from adapters.postgres import Postgres
from cns.errors import StoreUnavailable
from config.settings import DatabaseSettings
from tests.servers import temporary_home
from tests.waiting import until

pytestmark = [pytest.mark.campaign, pytest.mark.postgres, pytest.mark.valkey]

SAMPLE, FULL = 3, 20
BACK_WITHIN = 60.0

TABLE = """
CREATE EXTENSION vector;
CREATE TABLE written (n bigint NOT NULL, embedding halfvec(8) NOT NULL);
CREATE INDEX written_by_vector ON written USING hnsw (embedding halfvec_cosine_ops);
"""


class Writer:
    """Writes one number after the other and remembers which were acknowledged."""

    def __init__(self, write: Callable[[int], object], lost: type[Exception]) -> None:
        self.acknowledged: list[int] = []
        self.unanswered: list[int] = []
        self.faults: list[BaseException] = []
        self._write, self._lost = write, lost
        self._enough = threading.Event()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._enough.set()
            thread.join()

    def more(self, count: int = 1) -> None:
        """Wait until that many more were acknowledged."""
        goal = len(self.acknowledged) + count
        until(lambda: len(self.acknowledged) >= goal or bool(self.faults), BACK_WITHIN)

    def check(self, present: list[int]) -> None:
        """Every acknowledged number is there once; nothing is there that was never written."""
        assert not self.faults, self.faults
        times = Counter(present)
        assert [n for n in self.acknowledged if times[n] != 1] == []
        assert set(times) <= {*self.acknowledged, *self.unanswered}
        assert max(times.values()) == 1

    def _run(self) -> None:
        number = 0
        while not self._enough.is_set() and not self.faults:
            number += 1
            try:
                self._write(number)
            except self._lost:
                self.unanswered.append(number)
                self._enough.wait(0.01)
            except Exception as fault:  # noqa: BLE001 - told to the test's own thread
                self.faults.append(fault)
            else:
                self.acknowledged.append(number)


@pytest.fixture
def rounds(long: bool) -> int:
    return FULL if long else SAMPLE


@pytest.fixture(name="home")
def own_home() -> Iterator[Home]:
    with temporary_home() as home:
        yield home


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    def say(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}")  # noqa: T201 - the evidence

    return say


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in tasks.read_text().split()]


def kill(*pids: int | None) -> int:
    """One kill, of one process or of several at once."""
    for pid in pids:
        assert pid is not None
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return 1


def vector_of(number: int) -> str:
    """A direction of its own for every number."""
    chance = random.Random(number)
    return str([round(chance.gauss(0, 1), 4) for _ in range(8)])


def writer_to(database: Postgres) -> Writer:
    def write(number: int) -> None:
        with database.transaction() as transaction:
            transaction.run(
                "INSERT INTO written VALUES (%(n)s, %(embedding)s::halfvec)",
                n=number,
                embedding=vector_of(number),
            )

    return Writer(write, StoreUnavailable)


def numbers_in(database: Postgres) -> list[int]:
    with database.transaction() as transaction:
        return [row["n"] for row in transaction.all("SELECT n FROM written")]


def check_index(database: Postgres, number: int) -> None:
    """As soon as the server is back; a backend may outlive its server for a moment and answer."""

    def checked() -> bool:
        try:
            look_up(database, number)
        except StoreUnavailable:
            return False
        return True

    until(checked, BACK_WITHIN)


def look_up(database: Postgres, number: int) -> None:
    """The nearest row to a number's own direction is that number, by way of the index."""
    query = "SELECT n FROM written ORDER BY embedding <=> %(v)s::halfvec LIMIT 1"
    with database.transaction() as transaction:
        transaction.run("SET LOCAL enable_seqscan = off")
        transaction.run("SET LOCAL hnsw.ef_search = 200")
        plan = transaction.all(f"EXPLAIN {query}", v=vector_of(number))
        assert "written_by_vector" in str(plan)
        assert transaction.one(query, v=vector_of(number))["n"] == number


def summary(what: str, count: int, writer: Writer, seconds: list[float], seed: int) -> str:
    seconds = sorted(seconds)
    return (
        f"{what}: {count} kills, {len(writer.acknowledged)} acknowledged writes, 0 lost, 0 doubled;"
        f" back by itself in {seconds[len(seconds) // 2]:.2f} s (median),"
        f" {seconds[-1]:.2f} s (longest); seed {seed}"
    )


def test_no_commit_is_lost_when_postgresql_is_killed(
    home: Home, rounds: int, seed: int, say: Callable[[str], None]
) -> None:
    chance = random.Random(seed)
    server = PostgresServer(home)
    seconds: list[float] = []
    kills = 0
    with running(server):
        database = Postgres(server.dsn, DatabaseSettings())
        with database.transaction() as transaction:
            transaction.run(TABLE)
        writer = writer_to(database)
        with writer.at_work():
            for number in range(rounds):
                writer.more(chance.randrange(1, 200))
                time.sleep(chance.random() * 0.2)  # anywhere between two commits
                killed_at, postmaster = time.monotonic(), server.pid
                assert postmaster is not None
                everyone = children(postmaster) if number % 2 else []
                kills += kill(postmaster, *everyone)
                if number % 3 == 2:  # and again, while it recovers
                    until(lambda pid=postmaster: server.pid != pid, BACK_WITHIN)  # type: ignore[misc]
                    time.sleep(chance.random() * 0.1)
                    kills += kill(server.pid)
                until(lambda pid=postmaster: server.pid != pid, BACK_WITHIN)  # type: ignore[misc]
                writer.more()
                check_index(database, writer.acknowledged[-1])
                seconds.append(time.monotonic() - killed_at)
        writer.check(numbers_in(database))
        database.close()
    say(summary("PostgreSQL killed under writes", kills, writer, seconds, seed))


def test_no_write_is_lost_when_valkey_is_killed(
    home: Home, rounds: int, seed: int, say: Callable[[str], None]
) -> None:
    chance = random.Random(seed)
    server = ValkeyServer(home)
    seconds: list[float] = []
    with running(server):
        client = valkey.Valkey.from_url(server.url, socket_timeout=5)
        writer = Writer(lambda number: client.rpush("written", number), valkey.ValkeyError)
        with writer.at_work():
            for _ in range(rounds):
                writer.more(chance.randrange(1, 2000))
                killed_at, killed = time.monotonic(), server.pid
                kill(killed)
                until(lambda pid=killed: server.pid != pid, BACK_WITHIN)  # type: ignore[misc]
                writer.more()
                seconds.append(time.monotonic() - killed_at)
        present = client.lrange("written", 0, -1)
        assert isinstance(present, list)
        writer.check([int(each) for each in present])
        client.connection_pool.disconnect()
    say(summary("Valkey killed under writes", rounds, writer, seconds, seed))


def test_no_commit_is_lost_when_the_process_that_keeps_the_servers_is_killed(
    home: Home, rounds: int, seed: int, say: Callable[[str], None]
) -> None:
    chance = random.Random(seed)
    seconds: list[float] = []
    kills = 0
    with running(PostgresServer(home)):
        pass
    holder = start_holder(home)
    wait_for(holder)
    database = Postgres(PostgresServer(home).dsn, DatabaseSettings())
    with database.transaction() as transaction:
        transaction.run(TABLE)
    writer = writer_to(database)
    with writer.at_work():
        for number in range(rounds):
            writer.more(chance.randrange(1, 100))
            kills += end(holder)
            holder = start_holder(home)
            if number % 3 == 2:  # and again, while it starts
                time.sleep(chance.random())
                kills += end(holder)
                holder = start_holder(home)
            started_at = time.monotonic()
            wait_for(holder)
            writer.more()
            seconds.append(time.monotonic() - started_at)
            check_index(database, writer.acknowledged[-1])
    writer.check(numbers_in(database))
    database.close()
    with holder:
        holder.terminate()
    say(summary("The whole process killed under writes", kills, writer, seconds, seed))


def start_holder(home: Home) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.holder", str(home.data_dir)], stdout=subprocess.PIPE
    )


def end(holder: subprocess.Popen[bytes]) -> int:
    with holder:  # closes what it said, too
        return kill(holder.pid)


def wait_for(holder: subprocess.Popen[bytes]) -> None:
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"ready\n"
