"""Named SQL: every query of a feature lives in the `.sql` file beside its store."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from uuid import UUID

from pgvector import HalfVector

from cns.ports import Vector

_NAME = re.compile(r"^-- (name|prepared): (\w+)$", re.MULTILINE)


class Prepared(str):
    """SQL that a connection plans once, whatever its values are then."""

    __slots__ = ()


def load_queries(path: Path) -> Mapping[str, str]:
    """Split a file at its `-- name: query_name` and `-- prepared: query_name` lines.

    Raises:
        ValueError: a name stands twice.
    """
    parts = _NAME.split(path.read_text(encoding="utf-8"))[1:]
    kinds, names, bodies = parts[::3], parts[1::3], (body.strip() for body in parts[2::3])
    if len(set(names)) != len(names):
        raise ValueError(f"a query name stands twice in {path.name}")
    told = zip(kinds, names, bodies, strict=True)
    return {name: Prepared(body) if kind == "prepared" else body for kind, name, body in told}


def as_halfvec(vector: Vector) -> str:
    """A vector as pgvector's text form, rounded as the column rounds, for `%(v)s::halfvec`."""
    return str(HalfVector(list(vector)).to_list())


def as_uuids(ids: Iterable[UUID]) -> str:
    """Ids as the text form of an array, for `%(ids)s::uuid[]`: quicker read than one by one."""
    return f"{{{','.join(each.hex for each in ids)}}}"
