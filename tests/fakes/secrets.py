"""A store of secrets in a dictionary."""

from collections.abc import Mapping
from datetime import datetime

from cns.errors import NotFound
from cns.ports import Clock
from cns.secrets import Source
from tests.fakes.clock import FrozenClock


class FakeSecretStore:
    """Implements `cns.secrets.SecretStore`; what `others` store is seen at the next refresh."""

    source = Source.LOCAL

    def __init__(self, clock: Clock | None = None, others: Mapping[str, str] | None = None) -> None:
        self._others = others or {}
        self._clock = clock or FrozenClock()
        self._kept: dict[str, tuple[str, datetime]] = {}

    def get(self, name: str) -> str | None:
        return self._kept[name][0] if name in self._kept else None

    def put(self, name: str, value: str) -> None:
        self._kept[name] = (value, self._clock.now())

    def delete(self, name: str) -> None:
        if name not in self._kept:
            raise NotFound(f"There is no stored secret {name!r}.", code="secret_not_found")
        del self._kept[name]

    def stored(self) -> Mapping[str, datetime]:
        return {name: at for name, (_, at) in self._kept.items()}

    def refresh(self) -> None:
        for name, value in self._others.items():
            self.put(name, value)

    def ping(self) -> str:
        return "in memory"

    def close(self) -> None: ...
