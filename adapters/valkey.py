"""The cache in Valkey or Redis; when it is away MIRA goes on without one."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import valkey

from cns.errors import Misconfigured
from cns.ports import Part

logger = logging.getLogger(__name__)

PREFIX = "mira:"  # a Valkey of the user's own may hold other things
PATIENCE = 0.5  # seconds for connecting and for an answer: a cache that is slower is of no use
LEFT_ALONE = 1.0  # seconds before a lost server is asked again

Answer = TypeVar("Answer")


class ValkeyCache:
    """Implements `cns.ports.Cache`; no trouble with the server ever reaches a caller."""

    def __init__(self, url: str) -> None:
        try:
            self._client = valkey.Valkey.from_url(
                url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
            )
        except ValueError as error:
            raise Misconfigured(
                "MIRA_CACHE__URL is no address of a Valkey or Redis, such as"
                f" valkey://host:6379/0: {error}"
            ) from error
        self._guard = threading.Lock()
        self._lost_at: float | None = None

    def get(self, key: str) -> bytes | None:
        value = self._asked(lambda: self._client.get(PREFIX + key))
        return value if isinstance(value, bytes) else None

    def put(self, key: str, value: bytes, ttl: timedelta) -> None:
        milliseconds = int(ttl.total_seconds() * 1000)
        if milliseconds < 1:
            self.forget(key)
            return
        self._asked(lambda: self._client.set(PREFIX + key, value, px=milliseconds))

    def forget(self, key: str) -> None:
        self._asked(lambda: self._client.delete(PREFIX + key))

    def ping(self) -> Part:
        """How the cache is, by asking it."""
        started = time.perf_counter()
        if self._asked(self._client.ping, at_once=True) is None:
            return Part(name="cache", ok=False, detail="away; MIRA works without it, only slower")
        taken = (time.perf_counter() - started) * 1000
        return Part(name="cache", ok=True, detail="answers", latency_ms=taken)

    def close(self) -> None:
        self._client.connection_pool.disconnect()

    def _asked(self, ask: Callable[[], Answer], *, at_once: bool = False) -> Answer | None:
        """The server's answer; None while it is away."""
        lost_at = self._lost_at
        if lost_at is not None and not at_once and time.monotonic() - lost_at < LEFT_ALONE:
            return None
        try:
            answer = ask()
        except valkey.exceptions.ValkeyError as error:
            self._note(time.monotonic(), error)
            return None
        self._note(None, None)
        return answer

    def _note(self, lost_at: float | None, error: Exception | None) -> None:
        with self._guard:
            before, self._lost_at = self._lost_at, lost_at
        if before is None and lost_at is not None:
            logger.warning(
                "the cache is away; going on without it",
                extra={"action": "cache_lost", "error": str(error)},
            )
        if before is not None and lost_at is None:
            logger.info("the cache is back", extra={"action": "cache_back"})
