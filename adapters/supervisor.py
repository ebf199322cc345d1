"""A server process of our own: started, watched, restarted when it dies, stopped in order."""

import fcntl
import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from adapters.account import Account
from cns.errors import StoreUnavailable
from cns.ports import Part

logger = logging.getLogger(__name__)

LOG_BYTES = 10_000_000  # a longer log is set aside when its server starts
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")  # no keys, no PG settings
TICK = 0.02
SAY_EVERY = 5.0  # seconds; a recovery after a crash can take minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How one server is run.

    Attributes:
        folder: its working directory, by which a process is known to be this server's.
        pid_file: where the server itself writes its process id, first line.
        stop: the signals that end it, from polite to rough, each with the seconds it may take.
        ready: whether it answers.
        prepare: done before each start, when no earlier process is left.
        mend: done before every fourth start in a row.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    pid_file: Path
    log: Path
    account: Account | None
    stop: tuple[tuple[signal.Signals, float], ...]
    ready: Callable[[], bool]
    prepare: Callable[[], None] = lambda: None
    mend: Callable[[], None] = lambda: None

    @property
    def executable(self) -> str:
        return Path(self.command[0]).name

    @property
    def lock(self) -> Path:
        """Held by the server and its children for as long as one of them lives."""
        return self.folder.with_name(f"{self.folder.name}.lock")


def is_process_of(program: Program, pid: int) -> bool:
    """Whether a process runs this program in this folder; a bare number proves nothing."""
    process = Path(f"/proc/{pid}")
    if not Path("/proc/self").exists():
        return is_named(program, pid)
    try:
        runs = process.joinpath("exe").readlink().name.removesuffix(" (deleted)")
        return runs == program.executable and process.joinpath("cwd").samefile(program.folder)
    except OSError:  # gone, or another account's
        return False


def is_named(program: Program, pid: int) -> bool:
    """The same by a process's arguments, on a system that shows no more of it."""
    asked = subprocess.run(  # noqa: S603 - fixed program, no shell
        ["/bin/ps", "-ww", "-o", "args=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )
    return program.executable in asked.stdout and str(program.folder.parent) in asked.stdout


def written_pid(pid_file: Path) -> int | None:
    """The process id in a server's pid file; None without a file, or with nonsense in it."""
    try:
        return int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None


@contextmanager
def held(lock: Path) -> Iterator[int]:
    """A lock to hand on to a new server: the pid file of one just born is not there yet.

    Raises:
        BlockingIOError: a process of an earlier server has it.
    """
    with lock.open("ab") as file:
        os.fchmod(file.fileno(), 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BlockingIOError(f"a process of an earlier run still holds {lock}") from error
        yield file.fileno()


def pauses() -> Iterator[float]:
    """Seconds between attempts: soon at first, then patient."""
    pause = 0.1
    while True:
        yield pause
        pause = min(pause * 1.6, 5.0)


class Supervisor:
    """Keeps one server running until told to stop."""

    def __init__(
        self,
        program: Program,
        *,
        patience: float = 60.0,
        required: bool = True,
        say_every: float = SAY_EVERY,
    ) -> None:
        self._program = program
        self._patience = patience
        self._required = required
        self._say_every = say_every
        self._trouble = ""
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: threading.Thread | None = None
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Bring the server up and watch it from then on.

        Raises:
            StoreUnavailable: it is required and did not come up in time; with its last words.
        """
        try:
            self._bring_up(time.monotonic() + self._patience)
        except StoreUnavailable as error:
            if self._required:
                raise
            logger.error(  # noqa: TRY400 - no defect of this program: the message says it all
                "a server does not start; going on without it",
                extra={"action": "start", "server": self._program.name, "error": error.detail},
            )
        watcher = threading.Thread(
            target=self._watch, name=f"watch-{self._program.name}", daemon=True
        )
        watcher.start()
        self._watcher = watcher  # once it runs: a stop from another thread joins it

    def stop(self) -> None:
        self._stopping.set()
        if self._process is not None:
            self._end(self._process.send_signal, self._process.poll)
        if self._watcher is not None:
            self._watcher.join()

    def ping(self) -> Part:
        running = self._process is not None and self._process.poll() is None
        detail = f"running, restarted {self.restarts} times" if running else "restarting"
        return Part(name=self._program.name, ok=running, detail=detail)

    def _watch(self) -> None:
        while not self._stopping.is_set():
            code = None if self._process is None else self._process.wait()
            if self._stopping.is_set():
                return
            self.restarts += 1
            logger.warning(
                "a server ended by itself and is started again",
                extra={"action": "restart", "server": self._program.name, "code": code},
            )
            self._bring_up(None)
        if self._process is not None:  # told to stop while it came up
            self._end(self._process.send_signal, self._process.poll)

    def _bring_up(self, give_up_at: float | None) -> None:
        """Start it until it answers; returns early when told to stop."""
        for attempt, pause in enumerate(pauses(), start=1):
            if self._attempt(attempt) or self._stopping.is_set():
                return
            if give_up_at is not None and time.monotonic() > give_up_at:
                name, log = self._program.name, self._program.log
                raise StoreUnavailable(f"{name} does not start ({log}): {self._last_words()}")
            if attempt == 5:  # noqa: PLR2004 - by then it is no passing trouble
                self._say_that_it_fails()
            self._stopping.wait(pause)

    def _say_that_it_fails(self) -> None:
        words = self._last_words()
        logger.error(
            "a server does not start; trying on",
            extra={"action": "restart", "server": self._program.name, "error": words},
        )

    def _last_words(self) -> str:
        return self._trouble or last_words(self._program.log)

    def _attempt(self, number: int) -> bool:
        """Start it once; False when it ended, or was told to, before it answered."""
        try:
            self._end_predecessor()
            with held(self._program.lock) as lock:
                if number % 4 == 0:
                    self._program.mend()
                self._program.prepare()
                self._process = process = self._spawn(lock)
        except OSError as error:
            self._trouble = str(error)
            return False
        self._trouble = ""
        return self._comes_up(process)

    def _comes_up(self, process: subprocess.Popen[bytes]) -> bool:
        said_at = time.monotonic()
        while process.poll() is None and not self._stopping.wait(TICK):
            if self._program.ready():
                return True
            if time.monotonic() - said_at > self._say_every:
                said_at = time.monotonic()
                logger.info(
                    "waiting for a server to come up",
                    extra={"action": "start", "server": self._program.name},
                )
        return False

    def _spawn(self, lock: int) -> subprocess.Popen[bytes]:
        program, account = self._program, self._program.account
        with opened_log(program.log) as log:
            return subprocess.Popen(  # noqa: S603 - our own binaries, no shell
                program.command,
                cwd=program.folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock,),
                start_new_session=True,  # a Ctrl-C in the terminal is for MIRA alone
                umask=0o077,
                user=None if account is None else account.uid,
                group=None if account is None else account.gid,
                extra_groups=None if account is None else [],
            )

    def _end_predecessor(self) -> None:
        """End a server that an earlier MIRA left behind; only one that is proved to be ours."""
        pid = written_pid(self._program.pid_file)
        if pid is None or not is_process_of(self._program, pid):
            return
        logger.warning(
            "stopping a server that an earlier run left behind",
            extra={"action": "stop", "server": self._program.name, "pid": pid},
        )
        self._end(partial(os.kill, pid), lambda: None if is_process_of(self._program, pid) else 0)

    def _end(self, send: Callable[[int], None], code: Callable[[], int | None]) -> None:
        for number, seconds in (*self._program.stop, (signal.SIGKILL, 10.0)):
            if code() is not None:
                return
            with suppress(ProcessLookupError):
                send(number)
            until = time.monotonic() + seconds
            while code() is None and time.monotonic() < until:
                time.sleep(TICK)


def environment() -> dict[str, str]:
    """What a server may see of ours."""
    return {"LC_ALL": "C", **{name: os.environ[name] for name in PASSED_ON if name in os.environ}}


def opened_log(path: Path) -> IO[bytes]:
    """A log to append to, a long one set aside first."""
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".1.log"))
    file = path.open("ab")
    os.fchmod(file.fileno(), 0o600)
    return file


def last_words(log: Path, lines: int = 5) -> str:
    """The end of a log, on one line."""
    try:
        return " | ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
