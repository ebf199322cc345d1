"""A cache in a dictionary."""

import time
from datetime import timedelta


class FakeCache:
    """Implements `cns.ports.Cache`."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[bytes, float]] = {}

    def get(self, key: str) -> bytes | None:
        value, until = self._kept.get(key, (b"", 0.0))
        return value if time.monotonic() < until else None

    def put(self, key: str, value: bytes, ttl: timedelta) -> None:
        self._kept[key] = (value, time.monotonic() + ttl.total_seconds())

    def forget(self, key: str) -> None:
        self._kept.pop(key, None)


class LostCache:
    """A cache whose server is away."""

    def get(self, key: str) -> bytes | None:
        return None

    def put(self, key: str, value: bytes, ttl: timedelta) -> None: ...

    def forget(self, key: str) -> None: ...
