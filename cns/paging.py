"""Opaque cursors: where a list goes on."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cns.errors import InvalidInput

LARGEST = 2**63 - 1


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
    except (binascii.Error, RecursionError, UnicodeError, ValueError) as error:
        raise _foreign() from error
    if not isinstance(key, list) or len(key) != parts:
        raise _foreign()
    if not all(isinstance(part, str) or _is_number(part) for part in key):
        raise _foreign()
    return key


def moment(at: datetime, item_id: UUID) -> str:
    """The cursor of a list that goes back in time."""
    return encode((at.isoformat(), str(item_id)))


def position(cursor: str | None) -> tuple[datetime | None, UUID | None]:
    """Where a list that goes back in time goes on: below that instant and id.

    Raises:
        InvalidInput: the cursor is not one of ours.
    """
    if cursor is None:
        return None, None
    at, item_id = decode(cursor, 2)
    return _instant(at), _id(item_id)


def after(item_id: UUID) -> str:
    """The cursor of a list in the order of its ids."""
    return encode((str(item_id),))


def beyond(cursor: str | None) -> UUID | None:
    """Where such a list goes on: after that id; raises InvalidInput as `position` does."""
    return None if cursor is None else _id(decode(cursor, 1)[0])


def behind(at: datetime, seq: int) -> str:
    """The cursor of a list in the order in which things were said."""
    return encode((at.isoformat(), seq))


def place(cursor: str | None) -> tuple[datetime | None, int | None]:
    """Where such a list goes on: beyond that instant and number.

    Raises:
        InvalidInput: the cursor is not one of ours.
    """
    if cursor is None:
        return None, None
    at, seq = decode(cursor, 2)
    instant = _instant(at)
    if not isinstance(seq, int):
        raise _foreign()
    return instant, seq


def _instant(part: str | int) -> datetime:
    try:
        at = datetime.fromisoformat(str(part))
    except ValueError as error:
        raise _foreign() from error
    if at.tzinfo is None:
        raise _foreign()
    return at


def _id(part: str | int) -> UUID:
    try:
        return UUID(str(part))
    except ValueError as error:
        raise _foreign() from error


def _is_number(part: object) -> bool:
    """Whether the database can hold it as a number; JSON's true and false are none."""
    return isinstance(part, int) and not isinstance(part, bool) and abs(part) <= LARGEST


def _foreign() -> InvalidInput:
    return InvalidInput("`cursor` is not one that a list returned: ask again without it.")
