"""Secrets: what they are called, where each is kept, and the ports that keep them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from cns.errors import InvalidInput

LARGEST = 64 * 1024  # bytes of UTF-8
NAME = r"[a-z][a-z0-9_]{0,63}(/[a-z][a-z0-9_.-]{0,63})?"
KNOWN = (
    "anthropic_key",
    "openai_key",
    "openai_embeddings_key",
    "openrouter_key",
    "groq_key",
    "letta_key",
    "google_maps_api_key",
    "kagi",
    "mira_api",
    "database/service_url",
    "services/valkey_url",
)

Unsubscribe = Callable[[], None]


class Source(StrEnum):
    """Where the value in force comes from; `FILE` is `mira.toml`."""

    ENVIRONMENT = "environment"
    VAULT = "vault"
    LOCAL = "local"
    FILE = "file"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretState:
    """What may be told of a secret.

    Attributes:
        source: whence the value in force comes.
        stored: whether the store has one, in force or not.
        updated_at: when the stored one was set.
    """

    name: str
    source: Source
    stored: bool
    updated_at: datetime | None = None

    @property
    def overridden(self) -> bool:
        return self.stored and self.source is Source.ENVIRONMENT

    @property
    def note(self) -> str:
        """What a person should know beside; often nothing."""
        if self.overridden:
            return "The environment has one too, and that one is in force."
        return ""


class SecretStore(Protocol):
    """Keeps secrets; what was read serves on while the place itself is away."""

    @property
    def source(self) -> Source: ...

    def get(self, name: str) -> str | None:
        """The value as last read; None: there is none of that name."""

    def put(self, name: str, value: str) -> None:
        """Store it, durably.

        Raises:
            Unavailable: it cannot be stored now; the old one stays.
            Forbidden: the store does not let MIRA write.
        """

    def delete(self, name: str) -> None:
        """Raises NotFound (`secret_not_found`), and what `put` raises."""

    def stored(self) -> Mapping[str, datetime]:
        """Every name, with when it was set."""

    def refresh(self) -> None:
        """Take in what others changed, and renew the right to do so.

        Raises:
            Unavailable: it cannot be read now; what was read before still serves.
        """

    def ping(self) -> str:
        """A word on how it is; raises Unavailable when it is not well."""

    def close(self) -> None: ...


class Secrets(Protocol):
    """The secrets in force: environment over store over `mira.toml`."""

    def get(self, name: str) -> str | None:
        """The value in force; None: there is none."""

    def put(self, name: str, value: str) -> SecretState:
        """Store it; the answer says whether it is in force.

        Raises:
            InvalidInput: name or value does not fit.
            Unavailable, Forbidden: it cannot be stored.
        """

    def delete(self, name: str) -> SecretState:
        """Raises NotFound (`secret_not_found`), and what `put` raises."""

    def list(self) -> Sequence[SecretState]:
        """The known names and the stored ones, in order; never a value."""

    def watch(self, listener: Callable[[str], None]) -> Unsubscribe:
        """Tell the listener each name whose secret was set, changed or deleted."""


def checked_name(name: str) -> str:
    """Raises InvalidInput without the name: it may be a secret in the wrong place."""
    if not re.fullmatch(NAME, name):
        raise InvalidInput(
            "That is no name of a secret. Names are small letters, digits and `_`, as"
            " `anthropic_key`, or `tool/name` for a tool's own."
        )
    return name


def checked_value(name: str, value: str) -> str:
    """Raises InvalidInput when it is empty, larger than 64 KiB, or no key where one is due."""
    key = value.strip()
    if "/" not in name and key and not (key.isascii() and key.isprintable() and " " not in key):
        raise InvalidInput(
            f"What was given for {name} is no key: a key has neither blanks nor letters beyond"
            " ASCII. Copy it again."
        )
    if not value.strip():
        raise InvalidInput("The secret is empty. Send its value, or delete it instead.")
    try:
        size = len(value.encode())
    except UnicodeEncodeError as error:
        raise InvalidInput("The secret holds half a character; send whole ones.") from error
    if size > LARGEST or "\0" in value:
        raise InvalidInput(f"The secret is larger than {LARGEST} bytes, or holds a NUL character.")
    return value
