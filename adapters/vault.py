"""Secrets in HashiCorp Vault or OpenBao (KV version 2), read once and kept in this process."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

import hvac
from hvac.exceptions import InvalidPath, InvalidRequest

from adapters.vault_login import VaultLogin
from cns.errors import NotFound, Unavailable
from cns.secrets import Source

ROOT = "mira"
PATHS = ("api_keys", "database", "services", "auth", "tools")
OWN = ("database", "services", "auth")  # `database/url` lies there; another `x/y` is a tool's
TRIES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """One path as it was read; version 0: nothing was ever there."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    version: int = 0
    at: datetime | None = None


class VaultSecrets:
    """Implements `cns.secrets.SecretStore`.

    Raises:
        Misconfigured, Unavailable, Forbidden: it cannot be read; says what to do.
    """

    source = Source.VAULT

    def __init__(self, login: VaultLogin) -> None:
        self._login = login
        self._mount = login.settings.mount
        self._guard = Lock()
        self._read: Mapping[str, _Read] = {}
        self._refuse_other_engines()
        self.refresh()

    def get(self, name: str) -> str | None:
        path, key = place_of(name)
        return self._read[path].values.get(key)

    def stored(self) -> Mapping[str, datetime]:
        return {
            name_of(path, key): read.at
            for path, read in self._read.items()
            for key in read.values
            if read.at is not None
        }

    def put(self, name: str, value: str) -> None:
        path, key = place_of(name)
        self._change(path, lambda values: {**values, key: value})

    def delete(self, name: str) -> None:
        path, key = place_of(name)

        def without(values: Mapping[str, str]) -> Mapping[str, str]:
            if key not in values:
                raise NotFound(
                    f"{self._full(path)} in the Vault has no {key!r}: there is nothing to delete.",
                    code="secret_not_found",
                )
            return {known: value for known, value in values.items() if known != key}

        self._change(path, without)

    def refresh(self) -> None:
        with self._guard:
            self._read = {path: self._path(path) for path in PATHS}

    def ping(self) -> str:
        addr, serves = self._login.settings.addr, "What was read before still serves."
        try:
            sealed = self._login.sealed()
        except Unavailable as error:
            raise Unavailable(f"{error.detail} {serves}", code=error.code) from error
        if sealed:
            raise Unavailable(
                f"The Vault at {addr} is sealed: unseal it. {serves}", code="vault_sealed"
            )
        return f"{len(self.stored())} in the Vault at {addr}"

    def close(self) -> None:
        self._login.close()

    def _refuse_other_engines(self) -> None:
        def look(client: hvac.Client) -> dict[str, Any]:
            told: dict[str, Any] = client.adapter.get(f"/v1/sys/internal/ui/mounts/{self._mount}")
            engine: dict[str, Any] = told["data"]
            return engine

        engine = self._login.call(f"anything below {self._mount}/", look)
        if engine["type"] != "kv" or (engine["options"] or {}).get("version") != "2":
            raise Unavailable(
                f"What the Vault has at {self._mount}/ is no KV version 2. Correct"
                " MIRA_VAULT__MOUNT, or enable one: bao secrets enable -path=... kv-v2",
                code="vault_mount",
            )

    def _path(self, path: str) -> _Read:
        def ask(client: hvac.Client) -> _Read:
            try:
                told = client.secrets.kv.v2.read_secret_version(
                    f"{ROOT}/{path}", mount_point=self._mount, raise_on_deleted_version=False
                )
            except InvalidPath as error:
                if error.errors:  # no such mount, no such namespace; else: nothing there yet
                    raise
                return _Read()
            return _as_read(told["data"])

        return self._login.call(f"reading {self._full(path)}", ask)

    def _change(self, path: str, changed: Callable[[Mapping[str, str]], Mapping[str, str]]) -> None:
        """Write over exactly what was read, so that nobody's change is lost."""
        with self._guard:
            for _ in range(TRIES):
                read = self._path(path)
                if self._written(path, changed(read.values), read.version):
                    self._read = {**self._read, path: self._path(path)}
                    return
        raise Unavailable(
            f"Somebody else writes {self._full(path)} at the same moment. Try again.",
            code="vault_busy",
        )

    def _written(self, path: str, values: Mapping[str, str], version: int) -> bool:
        def ask(client: hvac.Client) -> bool:
            try:
                client.secrets.kv.v2.create_or_update_secret(
                    f"{ROOT}/{path}", dict(values), cas=version, mount_point=self._mount
                )
            except InvalidRequest as error:
                if "check-and-set" in str(error):
                    return False
                raise
            return True

        return self._login.call(f"writing {self._full(path)}", ask)

    def _full(self, path: str) -> str:
        return f"{self._mount}/data/{ROOT}/{path}"


def place_of(name: str) -> tuple[str, str]:
    """The path and the key in it of a secret's name; all tools' lie on one path."""
    group, slash, key = name.partition("/")
    if not slash:
        return "api_keys", name
    return (group, key) if group in OWN else ("tools", name)


def name_of(path: str, key: str) -> str:
    """The inverse of `place_of`."""
    return f"{path}/{key}" if path in OWN else key


def _as_read(data: dict[str, Any]) -> _Read:
    values = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in (data["data"] or {}).items()
    }
    metadata = data["metadata"]
    return _Read(
        values=values,
        version=metadata["version"],
        at=datetime.fromisoformat(metadata["created_time"]),
    )
