"""Opaque cursors: where a list goes on."""

import base64
import binascii
import json
from collections.abc import Sequence

from cns.errors import InvalidInput


def encode(key: Sequence[str | int]) -> str:
    """The sort key of the last item shown, as a word for the address bar."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode(cursor: str, parts: int) -> list[str | int]:
    """The key back again.

    Raises:
        InvalidInput: it is not one of ours.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        key = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise _foreign() from error
    if not isinstance(key, list) or len(key) != parts:
        raise _foreign()
    if not all(isinstance(part, str | int) for part in key):
        raise _foreign()
    return key


def _foreign() -> InvalidInput:
    return InvalidInput("`cursor` is not one that a list returned: ask again without it.")
