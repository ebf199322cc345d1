"""Statements that a connection plans once, where planning takes about as long as the work."""

import re
from dataclasses import dataclass
from functools import lru_cache

from psycopg2 import extensions

_VALUE = re.compile(r"%\((\w+)\)s|%%")


@dataclass(frozen=True, slots=True)
class _Statement:
    prepare: str
    execute: str


class PreparingConnection(extensions.connection):
    """Knows which statements it has prepared; a transaction that is taken back keeps them."""

    def __init__(self, dsn: str, async_: int = 0) -> None:
        super().__init__(dsn, async_=async_)
        self._known: set[str] = set()

    def ready(self, query: str, cursor: extensions.cursor) -> str:
        """What to execute in the query's place, with the same values; plans it the first time."""
        statement = _statement(query)
        if query not in self._known:
            cursor.execute(statement.prepare)
            self._known.add(query)
        return statement.execute


@lru_cache(maxsize=64)
def _statement(query: str) -> _Statement:
    """Its values become numbered parameters; what each is cast to or compared with is its type."""
    names = list(dict.fromkeys(found for found in _VALUE.findall(query) if found))
    numbers = {name: f"${number}" for number, name in enumerate(names, start=1)}
    body = _VALUE.sub(lambda found: numbers.get(found[1], "%"), query)
    name = f"mira_{abs(hash(query)):x}"
    values = ", ".join(f"%({each})s" for each in names)
    return _Statement(
        prepare=f"PREPARE {name} AS {body}",
        execute=f"EXECUTE {name} ({values})" if names else f"EXECUTE {name}",
    )
