"""The file format of the local store: values in AES-256-GCM, each bound to its name."""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

KEY_BYTES = 32
NONCE_BYTES = 12
FORMAT: Literal["mira-secrets-1"] = "mira-secrets-1"


class WrongKey(Exception):
    """The file was made with another key."""


class Damaged(Exception):
    """The file is not as it was written; says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    value: str = field(repr=False)
    updated_at: datetime


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Box(_Strict):
    updated_at: AwareDatetime
    box: str


class _File(_Strict):
    """`seal` authenticates all the rest, so that no entry can be taken out or added."""

    format: Literal["mira-secrets-1"]
    key: str
    secrets: dict[str, _Box]
    seal: str


def new_key() -> bytes:
    return AESGCM.generate_key(bit_length=8 * KEY_BYTES)


def encode(kept: Mapping[str, Kept], key: bytes) -> bytes:
    """The whole file, every value under a fresh nonce."""
    cipher = AESGCM(key)
    secrets = {
        name: _Box(
            updated_at=entry.updated_at,
            box=_closed(cipher, entry.value.encode(), _bound(name, entry.updated_at)),
        )
        for name, entry in sorted(kept.items())
    }
    open_file = _File(format=FORMAT, key=_identity(key), secrets=secrets, seal="")
    seal = _closed(cipher, b"", _all_but_seal(open_file))
    return open_file.model_copy(update={"seal": seal}).model_dump_json(indent=1).encode()


def decode(content: bytes, key: bytes) -> dict[str, Kept]:
    """The inverse of `encode`.

    Raises:
        WrongKey, Damaged
    """
    try:
        file = _File.model_validate_json(content)
    except ValidationError as error:
        raise Damaged("it is not in the form in which it was written") from error
    if file.key != _identity(key):
        raise WrongKey
    cipher = AESGCM(key)
    _opened(cipher, file.seal, _all_but_seal(file), "its seal")
    return {
        name: Kept(
            value=_opened(cipher, entry.box, _bound(name, entry.updated_at), name).decode(),
            updated_at=entry.updated_at,
        )
        for name, entry in file.secrets.items()
    }


def _identity(key: bytes) -> str:
    """Tells keys apart, and nothing of the key."""
    return sha256(b"mira secrets key\0" + key).hexdigest()[:16]


def _bound(name: str, updated_at: datetime) -> bytes:
    return json.dumps([FORMAT, name, updated_at.isoformat()]).encode()


def _all_but_seal(file: _File) -> bytes:
    return file.model_copy(update={"seal": ""}).model_dump_json().encode()


def _closed(cipher: AESGCM, plain: bytes, bound: bytes) -> str:
    nonce = os.urandom(NONCE_BYTES)
    return b64encode(nonce + cipher.encrypt(nonce, plain, bound)).decode()


def _opened(cipher: AESGCM, box: str, bound: bytes, what: str) -> bytes:
    try:
        content = b64decode(box, validate=True)
        return cipher.decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], bound)
    except (InvalidTag, ValueError) as error:
        raise Damaged(f"{what} does not fit what it stands for") from error
