"""Named SQL: every query of a feature lives in the `queries.sql` beside it."""

import re
from collections.abc import Mapping
from pathlib import Path

from pgvector import HalfVector

from cns.ports import Vector

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def load_queries(path: Path) -> Mapping[str, str]:
    """Split a file at its `-- name: query_name` lines.

    Raises:
        ValueError: a name stands twice.
    """
    parts = _NAME.split(path.read_text(encoding="utf-8"))[1:]
    names = parts[::2]
    if len(set(names)) != len(names):
        raise ValueError(f"a query name stands twice in {path.name}")
    return dict(zip(names, (body.strip() for body in parts[1::2]), strict=True))


def as_halfvec(vector: Vector) -> str:
    """A vector as pgvector's text form, rounded as the column rounds, for `%(v)s::halfvec`."""
    return str(HalfVector(list(vector)).to_list())
