"""Serves the application with Hypercorn until asked to stop."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from fastapi import FastAPI
from hypercorn.asyncio import serve
from hypercorn.config import Config

from cns.errors import Misconfigured

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
GRACE_SECONDS = 3.0
ANSWER_SECONDS = 2.0  # of the grace are left to answers under way; what is cut off ends in a trace


def run(app: FastAPI, listener: socket.socket, when_serving: Callable[[], None]) -> None:
    """Serve on a bound socket; returns once SIGTERM or SIGINT has come and streams are closed."""
    asyncio.run(_run(app, listener, when_serving))


def leave_on_sigterm() -> None:
    """Until the server stands, SIGTERM takes down what is up by leaving with 0."""
    signal.signal(signal.SIGTERM, _leave)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


@contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """The listening address, taken before anything else is started.

    Raises:
        Misconfigured: it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen()  # else a second program could bind it too; who comes early waits
        except OSError as error:
            raise Misconfigured(
                f"MIRA_SERVER__PORT: {host}:{port} cannot be used ({error.strerror}). Does MIRA run"
                " already? Otherwise set another port."
            ) from error
        yield listener


async def _run(app: FastAPI, listener: socket.socket, when_serving: Callable[[], None]) -> None:
    asked = asyncio.Event()
    loop, services = asyncio.get_running_loop(), app.state.services
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, asked.set)

    async def until_asked() -> None:
        when_serving()
        await asked.wait()
        services.feeds.end()  # or the grace would be waited out for those who never leave
        loop.call_later(ANSWER_SECONDS, services.answers.end)

    await serve(app, _config(listener), shutdown_trigger=until_asked)  # type: ignore[arg-type]  # its ASGI types are narrower


def _config(listener: socket.socket) -> Config:
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]  # the server closes it
    config.graceful_timeout = GRACE_SECONDS
    config.accesslog = None
    config.errorlog = None
    config.include_server_header = False
    return config
