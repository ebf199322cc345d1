"""The secrets in force: environment over store over `mira.toml`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from uuid import uuid4

from cns.bus import EventBus
from cns.domain.events import SecretChangedEvent
from cns.ports import Clock, ContinuumStore, User
from cns.secrets import (
    KNOWN,
    SecretState,
    SecretStore,
    Source,
    Unsubscribe,
    checked_name,
    checked_value,
)

Listener = Callable[[str], None]
EVERY_MINUTE = timedelta(minutes=1)


class SecretService:
    """Implements `cns.secrets.Secrets`."""

    def __init__(
        self,
        store: SecretStore,
        environment: Mapping[str, str],
        file: Mapping[str, str],
        learn: Callable[[str], None],
    ) -> None:
        """`learn` is told every value, so that no log shows it."""
        self._store = store
        self._environment = environment
        self._file = file
        self._learn = learn
        self._guard = Lock()
        self._listeners: tuple[Listener, ...] = ()
        self._told = self._held()  # what listeners know: a put or a ping may take in more
        for value in (*environment.values(), *file.values(), *self._told.values()):
            learn(value)

    def get(self, name: str) -> str | None:
        return self._in_force(name)[1]

    def put(self, name: str, value: str) -> SecretState:
        self._learn(checked_value(checked_name(name), value))
        self._store.put(name, value)
        self._announce({name: value})
        return self._state(name)

    def delete(self, name: str) -> SecretState:
        self._store.delete(checked_name(name))
        self._announce({name: None})
        return self._state(name)

    def list(self) -> Sequence[SecretState]:
        names = {*KNOWN, *self._environment, *self._file, *self._store.stored()}
        return [self._state(name) for name in sorted(names, key=lambda name: ("/" in name, name))]

    def watch(self, listener: Listener) -> Unsubscribe:
        with self._guard:
            self._listeners = (*self._listeners, listener)

        def leave() -> None:
            with self._guard:
                self._listeners = tuple(kept for kept in self._listeners if kept is not listener)

        return leave

    def refresh(self) -> Sequence[str]:
        """Take in what others stored; the names that it changed.

        Raises:
            Unavailable: the store cannot be read now; what was read before still serves.
        """
        self._store.refresh()
        before, now = self._told, self._held()
        changed = {n: now.get(n) for n in {*before, *now} if before.get(n) != now.get(n)}
        for value in changed.values():
            self._learn(value or "")
        self._announce(changed)
        return sorted(changed)

    def ping(self) -> str:
        return self._store.ping()

    def _held(self) -> Mapping[str, str]:
        return {name: self._store.get(name) or "" for name in self._store.stored()}

    def _announce(self, changed: Mapping[str, str | None]) -> None:
        with self._guard:
            told = {**self._told, **changed}
            self._told = {name: value for name, value in told.items() if value is not None}
        for name in sorted(changed):
            for listener in self._listeners:
                listener(name)

    def _in_force(self, name: str) -> tuple[Source, str | None]:
        if name in self._environment:
            return Source.ENVIRONMENT, self._environment[name]
        stored = self._store.get(name)
        if stored is not None:
            return self._store.source, stored
        if name in self._file:
            return Source.FILE, self._file[name]
        return Source.NONE, None

    def _state(self, name: str) -> SecretState:
        updated_at = self._store.stored().get(name)
        return SecretState(
            name=name,
            source=self._in_force(name)[0],
            stored=updated_at is not None,
            updated_at=updated_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretUpkeep:
    """Implements `cns.ports.Job`: renews the right to a Vault, and sees what others stored."""

    secrets: SecretService
    interval: timedelta = EVERY_MINUTE
    name: str = "secrets"

    def run(self) -> Mapping[str, object]:
        return {"changed": len(self.secrets.refresh())}


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretNews:
    """Publishes that a secret changed: its name alone."""

    store: ContinuumStore
    user: User
    bus: EventBus
    clock: Clock

    def tell(self, name: str) -> None:
        continuum = self.store.load(self.user.id)
        event = SecretChangedEvent(
            continuum_id=continuum.id,
            user_id=self.user.id,
            event_id=uuid4(),
            occurred_at=self.clock.now(),
            name=name,
        )
        self.bus.publish([event])
