"""Rows into PostgreSQL by COPY in its binary form: several times quicker than text for vectors."""

import json
import struct
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

from benchmarks.sentences import Vectors

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = struct.pack(">h", -1)
_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
_IN_MEMORY = 64 << 20


def copy(cursor: Cursor, target: str, rows: Iterable[Sequence[bytes]]) -> None:
    """Write rows of packed fields; the target is a table with the columns in brackets."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        file.write(_HEADER)
        for row in rows:
            file.write(struct.pack(">h", len(row)))
            for field in row:
                file.write(struct.pack(">i", len(field)))
                file.write(field)
        file.write(_TRAILER)
        file.seek(0)
        cursor.copy_expert(f"COPY {target} FROM STDIN (FORMAT binary)", file)


def packed(
    value: UUID | str | int | datetime | Vectors | Sequence[Mapping[str, str]],
) -> bytes:
    """A field as uuid, text, integer, timestamptz, halfvec or jsonb."""
    match value:
        case UUID():
            return value.bytes
        case str():
            return value.encode()
        case int():
            return struct.pack(">i", value)
        case datetime():
            return struct.pack(">q", round((value - _BEGIN).total_seconds() * 1_000_000))
        case np.ndarray():
            return struct.pack(">hh", len(value), 0) + value.astype(">f2").tobytes()
        case _:
            return b"\x01" + json.dumps(value).encode()
