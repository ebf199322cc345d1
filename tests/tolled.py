"""A door to PostgreSQL that counts what is asked through it, and can stop at one statement."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from psycopg2 import extensions

QUERY = b"Q"  # of the frontend's messages: psycopg2 sends whole statements, one each
HEAD = 5  # bytes: the kind of a message and its length


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Where to strike, counted from one.

    Attributes:
        moment: `before` the server has the statement, `during` it, or `after` it, when the server
            has done it and nobody has been told.
    """

    statement: int
    moment: str
    strike: Callable[[], None]


@dataclass(slots=True)
class Door:
    """Passes everything on; statements count from when it is told to count."""

    real: str
    folder: Path
    seen: int = 0
    struck: bool = False
    _stop: Stop | None = None
    _counting: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def dsn(self) -> str:
        return extensions.make_dsn(self.real, host=str(self.folder), port=5432)

    def count(self, stop: Stop | None = None) -> None:
        with self._lock:
            self.seen, self.struck, self._stop, self._counting = 0, False, stop, True

    def rest(self) -> None:
        with self._lock:
            self._stop, self._counting = None, False

    def asked(self) -> Stop | None:
        """One statement more; where to strike, if it is this one."""
        with self._lock:
            if not self._counting:
                return None
            self.seen += 1
            if self._stop is None or self.seen != self._stop.statement:
                return None
            return self._stop

    def strike(self, stop: Stop) -> None:
        self.struck = True
        stop.strike()


@contextmanager
def door(dsn: str, folder: Path) -> Iterator[Door]:
    """A way to the database through which its whole traffic goes."""
    made = Door(dsn, folder)
    place = folder / ".s.PGSQL.5432"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()
        keeper = threading.Thread(target=_keep, args=(listener, made))
        keeper.start()
        try:
            yield made
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            keeper.join()


def _keep(listener: socket.socket, door: Door) -> None:
    ways: list[threading.Thread] = []
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            break
        ways.append(threading.Thread(target=_Way(client, door).go))
        ways[-1].start()
    for way in ways:
        way.join()


class _Way:
    """One connection, both ways."""

    def __init__(self, client: socket.socket, door: Door) -> None:
        parts = extensions.parse_dsn(door.real)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.connect(f"{parts['host']}/.s.PGSQL.{parts.get('port', 5432)}")
        self._client = client
        self._door = door
        self._strikes_on_answer: Stop | None = None

    def go(self) -> None:
        back = threading.Thread(target=self._answers)
        back.start()
        with self._client, self._server:
            with suppress(OSError):
                self._ask()
            for end in (self._server, self._client):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            back.join()

    def _ask(self) -> None:
        with self._client.makefile("rb") as told:
            length = told.read(4)
            self._server.sendall(length + told.read(int.from_bytes(length) - 4))
            while len(head := told.read(HEAD)) == HEAD:
                message = head + told.read(int.from_bytes(head[1:]) - 4)
                stop = self._door.asked() if head[:1] == QUERY else None
                if stop and stop.moment == "before":
                    self._door.strike(stop)
                    return
                if stop and stop.moment == "after":
                    self._strikes_on_answer = stop
                self._server.sendall(message)
                if stop and stop.moment == "during":
                    self._door.strike(stop)

    def _answers(self) -> None:
        with suppress(OSError):
            while told := self._server.recv(65536):
                if self._strikes_on_answer:
                    self._door.strike(self._strikes_on_answer)
                    return
                self._client.sendall(told)
