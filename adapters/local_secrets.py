"""Secrets in one encrypted file of the data directory, under a key that lies apart from it."""

import fcntl
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock

from adapters.secret_box import KEY_BYTES, Damaged, Kept, WrongKey, decode, encode, new_key
from cns.errors import NotFound, Unavailable
from cns.ports import Clock
from cns.secrets import Source

STORE = "secrets.enc"
KEY = Path("keys") / "secrets.key"
Stamp = tuple[int, int, int]


class LocalSecrets:
    """Implements `cns.secrets.SecretStore`; key and file are made with the first secret.

    Raises:
        Unavailable: there is a store that cannot be read; says what to do, and leaves it as it is.
    """

    source = Source.LOCAL

    def __init__(self, folder: Path, key_file: Path | None, clock: Clock) -> None:
        self._file = folder / STORE
        self._lock_file = folder / "secrets.lock"
        self._key_file = (key_file or folder / KEY).expanduser()
        self._clock = clock
        self._guard = Lock()
        self._stamp: Stamp | None = None
        self._kept: Mapping[str, Kept] = {}
        self.refresh()

    def get(self, name: str) -> str | None:
        kept = self._kept.get(name)
        return None if kept is None else kept.value

    def stored(self) -> Mapping[str, datetime]:
        return {name: kept.updated_at for name, kept in self._kept.items()}

    def put(self, name: str, value: str) -> None:
        new = Kept(value=value, updated_at=self._clock.now())
        with self._alone():
            self._write({**self._kept, name: new})

    def delete(self, name: str) -> None:
        with self._alone():
            if name not in self._kept:
                raise NotFound(
                    f"There is no stored secret {name!r}. The names are listed by: main.py secret"
                    " list",
                    code="secret_not_found",
                )
            self._write({known: kept for known, kept in self._kept.items() if known != name})

    def refresh(self) -> None:
        with self._guard:
            self._read()

    def ping(self) -> str:
        self.refresh()
        return f"{len(self._kept)} in {self._file}"

    def close(self) -> None: ...

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Only this thread, and only this process; with what the file holds now."""
        with self._guard, _said(self._lock_file):
            descriptor = os.open(self._lock_file, os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                self._read()
                yield
            finally:
                os.close(descriptor)

    def _read(self) -> None:
        """Take in the file when it is another than the one last read."""
        with _said(self._file):
            stamp = _stamp(self._file)
            if stamp == self._stamp:
                return
            if stamp is None:
                raise Unavailable(
                    f"{self._file} has gone. Put it back; until then nothing is stored.",
                    code="secrets_unavailable",
                )
            content = self._file.read_bytes()
        try:
            self._kept = decode(content, self._key())
        except WrongKey as error:
            raise _unusable(
                f"{self._key_file} is not the key that {self._file} was made with."
                " Put the right one back, or set MIRA_SECRETS__KEY_FILE to it."
            ) from error
        except Damaged as error:
            raise _unusable(f"{self._file} is damaged: {error}. Restore it.") from error
        self._stamp = stamp

    def _write(self, kept: Mapping[str, Kept]) -> None:
        if not self._key_file.exists() and self._stamp is None:
            self._make_key()
        written_whole(self._file, encode(kept, self._key()))
        self._kept, self._stamp = kept, _stamp(self._file)

    def _make_key(self) -> None:
        self._key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        written_whole(self._key_file, b64encode(new_key()) + b"\n")

    def _key(self) -> bytes:
        """Raises Unavailable: it is missing, open to others, or no key."""
        try:
            mode = self._key_file.stat().st_mode
            text = self._key_file.read_bytes()
        except OSError as error:
            raise _unusable(
                f"The key {self._key_file} of {self._file} cannot be read ({error.strerror})."
                " Put it back, or set MIRA_SECRETS__KEY_FILE to where it is."
            ) from error
        if mode & 0o077:
            raise _unusable(
                f"{self._key_file} is open to others. Run: chmod 600 '{self._key_file}'"
            )
        try:
            key = b64decode(text.strip(), validate=True)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise _unusable(f"{self._key_file} is damaged: it holds no key. Restore it.")
        return key


def written_whole(path: Path, content: bytes) -> None:
    """Replace a file so that a crash at any point leaves the old one or the new one."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _unusable(what: str) -> Unavailable:
    return Unavailable(
        f"{what} Nothing was changed. If it is lost for good, move the store away and set the"
        " secrets anew.",
        code="secrets_unavailable",
    )


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """The system's refusals in words."""
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"{path.parent} cannot be used for secrets ({error.strerror}). Make room, or start"
            " MIRA as the owner of that folder.",
            code="secrets_unavailable",
        ) from error
