"""The database and the cache that come with MIRA, on unix sockets that only MIRA can enter."""

import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import psycopg2
import valkey
from psycopg2 import extensions, sql

from adapters.account import Account, Home
from adapters.supervisor import (
    Program,
    Supervisor,
    environment,
    is_process_of,
    last_words,
    opened_log,
    written_pid,
)
from cns.errors import Misconfigured, StoreUnavailable
from cns.ports import Part

DATABASE = "mira"
LONGEST_SOCKET = 100  # the system allows 108 bytes, 104 on a Mac

# For a machine with few cores and a few gigabytes. Parallel index builds want shared memory that
# containers often lack; recovery after a crash reads at most max_wal_size.
POSTGRES_OPTIONS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "50",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "128MB",
    "max_parallel_maintenance_workers": "0",
    "max_wal_size": "256MB",
    "io_method": "sync",
    "jit": "off",
    "log_checkpoints": "off",
    # what was said never stands in a log, whichever statement fails
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}
VALKEY_OPTIONS: Mapping[str, str] = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory": "64mb",
    "maxmemory-policy": "allkeys-lru",
}


class Server(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...


class PostgresServer:
    """PostgreSQL with pgvector."""

    def __init__(self, home: Home, options: Mapping[str, str] | None = None) -> None:
        self._home = home
        self._options = {**POSTGRES_OPTIONS, **(options or {})}
        self.folder = home.data_dir / "postgres"
        self._sockets = socket_folder(home, ".s.PGSQL.5432.lock")
        self._program = self._described()
        self._supervisor = Supervisor(self._program)

    @property
    def dsn(self) -> str:
        return self._address(DATABASE)

    @property
    def pid(self) -> int | None:
        return self._supervisor.pid

    @property
    def restarts(self) -> int:
        return self._supervisor.restarts

    def ping(self) -> Part:
        return self._supervisor.ping()

    def start(self) -> None:
        initialise(self._home, self.folder)
        self._supervisor.start()
        self._make_database()

    def stop(self) -> None:
        self._supervisor.stop()
        leave(self._home, self._sockets)

    def _described(self) -> Program:
        set_options = [f"--{name}={value}" for name, value in self._options.items()]
        sockets = '"' + str(self._sockets).replace('"', '""') + '"'
        return Program(
            name="embedded PostgreSQL",
            command=(
                str(self._home.postgres_bin / "postgres"),
                *("-D", str(self.folder), "-k", sockets, *set_options),
            ),
            folder=self.folder,
            pid_file=self.folder / "postmaster.pid",
            log=self._home.folder("logs", for_servers=False) / "postgres.log",
            account=self._home.account,
            stop=((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0)),
            ready=self._answers,
            prepare=self._disown_locks,
        )

    def _address(self, database: str) -> str:
        return extensions.make_dsn(
            None, host=str(self._sockets), port="5432", user="postgres", dbname=database
        )

    def _answers(self) -> bool:
        try:  # looked up before asking, so that its log is not filled with refusals
            state = self._program.pid_file.read_text(encoding="utf-8").splitlines()[7].strip()
        except (OSError, IndexError):
            return False
        if state != "ready":
            return False
        try:
            psycopg2.connect(self._address("postgres"), connect_timeout=10).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _disown_locks(self) -> None:
        """Take foreign process ids out of lock files that a crash left.

        PostgreSQL takes a living process of its own account for another server, whatever it is,
        and cannot start on an empty lock file. The id of its parent it knows to be no server; the
        rest of the file, by which it finds backends that are still alive, stays.
        """
        for lock in (self._program.pid_file, self._sockets / ".s.PGSQL.5432.lock"):
            pid = written_pid(lock)
            if pid is None:
                lock.unlink(missing_ok=True)
            elif not is_process_of(self._program, pid):
                _replace_first_line(lock, str(os.getpid()), self._home.account)

    def _make_database(self) -> None:
        connection = psycopg2.connect(self._address("postgres"))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        finally:
            connection.close()


class ValkeyServer:
    """Valkey with an append-only file; a damaged one is set aside, for it is only a cache."""

    def __init__(self, home: Home, options: Mapping[str, str] | None = None) -> None:
        self._home = home
        self.folder = home.folder("valkey", for_servers=True)
        self._socket = socket_folder(home, "valkey.sock") / "valkey.sock"
        self._supervisor = Supervisor(
            self._described({**VALKEY_OPTIONS, **(options or {})}), patience=5.0, required=False
        )

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self._socket))}"

    @property
    def pid(self) -> int | None:
        return self._supervisor.pid

    @property
    def restarts(self) -> int:
        return self._supervisor.restarts

    def ping(self) -> Part:
        return self._supervisor.ping()

    def start(self) -> None:
        self._supervisor.start()

    def stop(self) -> None:
        self._supervisor.stop()
        leave(self._home, self._socket.parent)

    def _described(self, options: Mapping[str, str]) -> Program:
        pid_file = self.folder / "valkey.pid"
        places = {"unixsocket": self._socket, "dir": self.folder, "pidfile": pid_file}
        given = {**options, **{name: str(place) for name, place in places.items()}}
        return Program(
            name="embedded Valkey",
            command=(
                str(self._home.valkey_server),
                *(word for name, value in given.items() for word in (f"--{name}", value)),
            ),
            folder=self.folder,
            pid_file=pid_file,
            log=self._home.folder("logs", for_servers=False) / "valkey.log",
            account=self._home.account,
            stop=((signal.SIGTERM, 10.0),),
            ready=self._answers,
            mend=self._set_aside,
        )

    def _answers(self) -> bool:
        client = valkey.Valkey(unix_socket_path=str(self._socket), socket_timeout=2)
        try:
            return bool(client.ping())
        except valkey.exceptions.ValkeyError:
            return False
        finally:
            client.connection_pool.disconnect()

    def _set_aside(self) -> None:
        damaged = self.folder.with_name("valkey.damaged")
        shutil.rmtree(damaged, ignore_errors=True)
        self.folder.rename(damaged)
        self._home.folder("valkey", for_servers=True)


@contextmanager
def running(*servers: Server) -> Iterator[None]:
    """Start the servers side by side, and stop them so on leaving."""
    try:
        _side_by_side([server.start for server in servers])
        yield
    finally:
        _side_by_side([server.stop for server in servers])


def _side_by_side(calls: list[Callable[[], None]]) -> None:
    with ThreadPoolExecutor(max(len(calls), 1)) as threads:
        for done in [threads.submit(call) for call in calls]:
            done.result()


def initialise(home: Home, folder: Path) -> None:
    """Make a database cluster, whole or not at all; nothing to do when there is one.

    Raises:
        StoreUnavailable: initdb failed; with its words.
    """
    for unfinished in home.data_dir.glob("postgres.new-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    if folder.exists():
        return
    new = home.folder(f"postgres.new-{os.urandom(4).hex()}", for_servers=True)
    log = home.folder("logs", for_servers=False) / "initdb.log"
    account = home.account
    with opened_log(log) as output:
        done = subprocess.run(  # noqa: S603 - our own binary, no shell
            [
                *(home.postgres_bin / "initdb", "-D", new, "-U", "postgres", "--auth=trust"),
                *("--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"),
            ],
            cwd=new,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=environment(),
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            check=False,
        )
    if done.returncode != 0:
        raise StoreUnavailable(f"The database cannot be made. initdb says: {last_words(log)}")
    new.rename(folder)
    sync_folder(home.data_dir)


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def socket_folder(home: Home, longest_name: str) -> Path:
    """The sockets' folder: in the data directory, or somewhere else when its path is unfit.

    Unfit is a long path, and one with a comma: libpq takes that for the end of a host's name.
    """
    inside = home.data_dir / "run"
    if len(os.fsencode(inside / longest_name)) < LONGEST_SOCKET and "," not in str(inside):
        return home.folder("run", for_servers=True)
    name = "mira-" + hashlib.sha256(os.fsencode(home.data_dir)).hexdigest()[:16]
    personal = os.environ.get("XDG_RUNTIME_DIR") if home.account is None else None
    folder = Path(personal or tempfile.gettempdir()) / name
    if len(os.fsencode(folder / longest_name)) >= LONGEST_SOCKET:
        folder = Path("/tmp") / name  # noqa: S108 - owner and mode are checked below
    owner = os.geteuid() if home.account is None else home.account.uid
    if not folder.exists():
        folder.mkdir(mode=0o700)
        os.chown(folder, owner, -1)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise Misconfigured(
            f"{folder} is not a private folder of this account, and the sockets must lie there"
            f" because the path {home.data_dir} is too long or has a comma. Remove it, or set"
            " MIRA_DATA_DIR to another path."
        )
    return folder


def leave(home: Home, sockets: Path) -> None:
    """Remove a sockets' folder outside the data directory once it is empty."""
    if home.data_dir not in sockets.parents:
        with suppress(OSError):
            sockets.rmdir()


def _replace_first_line(path: Path, line: str, account: Account | None) -> None:
    rest = path.read_text(encoding="utf-8").partition("\n")[2]
    new = path.with_name(path.name + ".new")
    new.write_text(f"{line}\n{rest}", encoding="utf-8")
    new.chmod(0o600)
    if account is not None:
        os.chown(new, account.uid, account.gid)
    new.replace(path)
