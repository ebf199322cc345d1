"""The memories as they stood, folded from their revisions in PostgreSQL."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from cns import paging
from cns.errors import NotFound
from cns.ports import Database, Page, Row, Transaction
from cns.sql import load_queries
from lt_memory.domain.memory import Memory, MemoryId
from lt_memory.ports import MemoryFilter
from lt_memory.rows import grouped, memory_from

SQL = load_queries(Path(__file__).with_name("history.sql"))


class PostgresHistory:
    """Implements `lt_memory.history.PastStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(
        self, then: datetime, narrowed: MemoryFilter, page: Page
    ) -> tuple[Sequence[Memory], str | None]:
        with self._database.transaction() as tx:
            rows = _rows(tx, then, narrowed, page)
            found = _complete(tx, rows[: page.limit], then)
        if len(rows) <= page.limit:
            return found, None
        return found, paging.moment(found[-1].created_at, found[-1].id)

    def texts(self, then: datetime, narrowed: MemoryFilter) -> Sequence[tuple[MemoryId, str]]:
        values = {**_values(then, narrowed), "below_at": None, "below_id": None, "limit": None}
        statement = SQL["texts_then"].replace(":memories_then", SQL["memories_then"])
        with self._database.transaction() as tx:
            return [(MemoryId(row["id"]), row["text"]) for row in tx.all(statement, **values)]

    def get(self, then: datetime, memory_id: MemoryId) -> Memory:
        with self._database.transaction() as tx:
            rows = _rows(tx, then, MemoryFilter(ids=(memory_id,)), Page(limit=1))
            if not rows:
                raise NotFound(
                    f"There was no memory {memory_id} at {then.isoformat()}, or it was deleted"
                    " for good since.",
                    code="memory_not_found",
                )
            return _complete(tx, rows, then)[0]


def _rows(tx: Transaction, then: datetime, narrowed: MemoryFilter, page: Page) -> Sequence[Row]:
    below_at, below_id = paging.position(page.cursor)
    return tx.all(
        SQL["memories_then"],
        **_values(then, narrowed),
        below_at=below_at,
        below_id=below_id,
        limit=page.limit + 1,
    )


def _values(then: datetime, narrowed: MemoryFilter) -> dict[str, object]:
    ids = None if narrowed.ids is None else list(narrowed.ids)
    return {**asdict(narrowed), "ids": ids, "then": then}


def _complete(tx: Transaction, rows: Sequence[Row], then: datetime) -> Sequence[Memory]:
    ids = [row["id"] for row in rows]
    evidence = grouped(piece for row in rows for piece in _pieces(row))
    entities = grouped(tx.all(SQL["entities_then"], ids=ids, then=then))
    links = grouped(tx.all(SQL["links_then"], ids=ids, then=then))
    return [memory_from(row, evidence, entities, links) for row in rows]


def _pieces(row: Row) -> Iterator[Row]:
    for piece in row["evidence"] or ():
        yield {
            "memory_id": row["id"],
            "message_id": piece["message_id"],
            "start_at": piece["start"],
            "end_at": piece["end"],
        }
