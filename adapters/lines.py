"""The lines to a model's server: a call on them has an end, and can be hung up from any thread."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from ssl import SSLContext
from threading import Lock, local
from time import monotonic
from types import TracebackType
from typing import Any

import httpcore2
import httpx2
from typing_extensions import override

from adapters.llm_errors import STOPPED, TOO_LONG, Broken
from cns.ports import StopWish

# what a network in between may close unseen is noticed within some minutes
ALIVE = ((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),)


class Call(AbstractContextManager["Call"]):
    """One call of a model, made in one thread; it ends when hung up or when its time is over."""

    def __init__(self, lines: "Lines", seconds: float) -> None:
        self._lines = lines
        self._until = monotonic() + seconds
        self._lock = Lock()
        self._hung_up = False
        self._waits_on: socket.socket | None = None

    def hang_up(self) -> None:
        """End the call; whoever waits for the server in it is woken. May come more than once."""
        with self._lock:
            self._hung_up = True
            if self._waits_on is not None:
                _shut(self._waits_on)

    def left(self, timeout: float | None) -> float:
        """Seconds that the next step may take; raises httpcore's ReadTimeout when none are left."""
        left = self._until - monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the time for the whole answer is over")
        return left if timeout is None else min(left, timeout)

    @contextmanager
    def waiting_on(self, line: socket.socket) -> Iterator[None]:
        """Let `hang_up` shut it meanwhile; raises httpcore's ReadError when that was called."""
        with self._lock:
            if self._hung_up:
                raise httpcore2.ReadError("the call was hung up")
            self._waits_on = line
        try:
            yield
        finally:
            with self._lock:
                self._waits_on = None

    @override
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Whatever broke because the call was ended is told as just that."""
        self._lines.ended(self)
        if not isinstance(error, Exception):
            return
        if self._hung_up:
            raise Broken(STOPPED) from error
        if monotonic() >= self._until:
            raise Broken(TOO_LONG) from error


class Lines(httpcore2.SyncBackend):
    """Where the connections of one client come from.

    A thread that waits for a server cannot be stopped by closing the response, nor by closing the
    client: only the socket's being shut wakes it.
    """

    def __init__(self, total_seconds: float) -> None:
        self._total_seconds = total_seconds
        self._lock = Lock()
        self._closed = False
        self._calls: set[Call] = set()
        self._of_thread = local()

    def call(self, stop: StopWish | None) -> Call:
        """To be entered around one call, in the thread that makes it."""
        call = Call(self, self._total_seconds)
        with self._lock:
            self._calls.add(call)
            closed = self._closed
        self._of_thread.call = call
        if closed:
            call.hang_up()
        elif stop is not None:
            stop.when_wished(call.hang_up)
        return call

    def close(self) -> None:
        """Hang up every call, and each that is begun from now on."""
        with self._lock:
            self._closed = True
            calls = tuple(self._calls)
        for call in calls:
            call.hang_up()

    def ended(self, call: Call) -> None:
        with self._lock:
            self._calls.discard(call)
        if self.of_this_thread() is call:
            self._of_thread.call = None

    def of_this_thread(self) -> Call | None:
        call: Call | None = getattr(self._of_thread, "call", None)
        return call

    def serve(self, client: httpx2.Client) -> httpx2.Client:
        """The client, its connections made here, those through a proxy too."""
        for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001 - no public way
            if isinstance(transport, httpx2.HTTPTransport):
                transport._pool._network_backend = self  # noqa: SLF001 - as above
        return client

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        call = self.of_this_thread()
        patience = call.left(timeout) if call else timeout
        options = (*(socket_options or ()), *ALIVE)
        stream = super().connect_tcp(host, port, patience, local_address, options)
        return _Line(stream, self)


class _Line(httpcore2.NetworkStream):
    """A connection that knows for which call its thread waits."""

    def __init__(self, stream: httpcore2.NetworkStream, lines: Lines) -> None:
        self._stream = stream
        self._lines = lines

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with self._within(timeout) as patience:
            return self._stream.read(max_bytes, patience)

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with self._within(timeout) as patience:
            self._stream.write(buffer, patience)

    @override
    def close(self) -> None:
        self._stream.close()

    @override
    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        with self._within(timeout) as patience:
            stream = self._stream.start_tls(ssl_context, server_hostname, patience)
        return _Line(stream, self._lines)

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    @contextmanager
    def _within(self, timeout: float | None) -> Iterator[float | None]:
        """How long the next step may take, under the call that this thread makes."""
        call = self._lines.of_this_thread()
        if call is None:
            yield timeout
            return
        with call.waiting_on(self._stream.get_extra_info("socket")):
            yield call.left(timeout)


def _shut(line: socket.socket) -> None:
    """Both ways, beneath TLS, whose own state belongs to the thread that waits."""
    try:
        socket.socket.shutdown(line, socket.SHUT_RDWR)
    except OSError:
        return  # it was cut at the other end already
