"""What recall, the text index and the back-fill of vectors ask of PostgreSQL."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import cast
from uuid import UUID

from cns.ports import Database, Query, Row, Transaction, Vector
from cns.sql import Prepared, as_halfvec, as_uuids, load_queries
from lt_memory import vectors
from lt_memory.domain.following import STEPS, SUREST
from lt_memory.ports import TextBatch, TextCount, TextItem
from lt_memory.recall_ports import REACH, SHARED, Asked, Considered, Details
from lt_memory.recall_rows import considered, told_of
from lt_memory.vector_ports import Unembedded

_SQL = load_queries(Path(__file__).with_name("recall.sql"))
_DETAILS = Prepared(_SQL["details"].replace(":asked", "SELECT unnest(%(ids)s::uuid[]) AS id"))
_CANDIDATES = {
    reach: Prepared(_SQL["candidates"].replace("%(reach)s", str(reach)))
    for reach in (REACH, SHARED)
}
_WHOLE = (
    _SQL["whole"]
    .replace(":candidates", _SQL["candidates"])
    .replace(":details", _SQL["details"].replace(":asked", _SQL["found"]))
)
_KINDS = ("message", "memory", "segment")
_FIRST = UUID(int=0)

BREADTH = 120  # hnsw.ef_search: more than the reach, so that one pass of the index is enough
GROWTH = 8  # times the fourth root of the rows, from which on it is wider (benchmarks/speed.py)
WIDEST = 1000  # pgvector's own limit
FAN = 4  # links that are followed from a memory, the surest
FIRST = 3  # memories of each leg that links are followed from
EXCERPT = 300  # characters of what was said before and after a message


class PostgresRecall:
    """Implements `lt_memory.recall_ports.RecallStore`.

    Args:
        model: says whose vectors are compared; those of others are left aside.
    """

    def __init__(self, database: Database, model: Callable[[], str]) -> None:
        self._database = database
        self._model = model

    def consider(self, asked: Asked, *, told: bool = False) -> Considered:
        statement = _WHOLE if told else _candidates(asked)
        with self._database.transaction() as transaction:
            rows = transaction.all(statement, **self._values(asked))
        return considered(rows, asked.words)

    def details(self, query: Query, ids: Sequence[UUID]) -> Details:
        with self._database.transaction() as transaction:
            rows = transaction.all(
                _DETAILS,
                ids=as_uuids(ids),
                kinds=sorted(query.kinds),
                exclude_memories=as_uuids(query.exclude_memories),
                among=_among(query),
                excerpt=EXCERPT,
            )
        return told_of(rows)

    def _values(self, asked: Asked) -> Mapping[str, object]:
        query = asked.query
        return {
            "vector": None if query.vector is None else as_halfvec(query.vector),
            "model": self._model(),
            "kinds": sorted(query.kinds),
            "reach": asked.reach,
            "breadth": BREADTH,
            "growth": GROWTH,
            "widest": WIDEST,
            "origins": FIRST,
            "fan": FAN,
            "hops": STEPS,
            "surest": SUREST,
            "excerpt": EXCERPT,
            "after": query.after,
            "before": query.before,
            "exclude_messages": as_uuids(query.exclude_messages),
            "exclude_memories": as_uuids(query.exclude_memories),
            "among": _among(query),
            "put_away": query.put_away,
            "off_path": query.off_path,
            "names": sorted(asked.names | {name.replace("-", " ") for name in asked.names}),
            "kinds_found": f"{{{','.join(hit.kind for hit in asked.words)}}}",
            "ids_found": as_uuids(hit.id for hit in asked.words),
        }


def _candidates(asked: Asked) -> str:
    """Planned once, save where the values may ask for another index: a time, some memories."""
    query = asked.query
    narrowed = (query.after, query.before, query.among) != (None, None, None)
    return _SQL["candidates"] if narrowed else _CANDIDATES[asked.reach]


def _among(query: Query) -> str | None:
    return None if query.among is None else as_uuids(query.among)


class PostgresTexts:
    """Implements `lt_memory.ports.TextSource`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pending(self, limit: int) -> TextBatch:
        with self._database.transaction() as transaction:
            rows = transaction.all(_SQL["pending_changes"], limit=limit)
            changed = {kind: _ids(rows, kind) for kind in (*_KINDS, "neighbours")}
            asked = {**changed, "message": changed["message"] | _spread(transaction, changed)}
            items = _texts(transaction, asked) if rows else ()
        there = {(item.kind, item.id) for item in items}
        return TextBatch(
            changes=tuple(row["id"] for row in rows),
            items=items,
            gone=frozenset((kind, id_) for kind in _KINDS for id_ in asked[kind]) - there,
        )

    def taken(self, batch: TextBatch) -> None:
        with self._database.transaction() as transaction:
            transaction.run(_SQL["take_changes"], ids=list(batch.changes))

    def everything(self, size: int) -> Iterator[Sequence[TextItem]]:
        for kind in _KINDS:
            after = _FIRST
            while page := self._page(kind, after, size):
                with self._database.transaction() as transaction:
                    items = _texts(transaction, {kind: frozenset(page)})
                yield items
                after = page[-1]

    def count(self) -> TextCount:
        with self._database.transaction() as transaction:
            row = transaction.one(_SQL["count_texts"])
        return TextCount(documents=row["documents"], pending=row["pending"])

    def _page(self, kind: str, after: UUID, size: int) -> list[UUID]:
        with self._database.transaction() as transaction:
            rows = transaction.all(_SQL[f"{kind}_page"], after=after, limit=size)
        return [row["id"] for row in rows]


class PostgresVectors:
    """Implements `lt_memory.vector_ports.VectorStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def without_vector(self, limit: int) -> Sequence[Unembedded]:
        with self._database.transaction() as transaction:
            return vectors.unembedded(transaction, vectors.STANDING, limit)

    def keep(self, made: Sequence[tuple[Unembedded, Vector]], model: str) -> int:
        with self._database.transaction() as transaction:
            held = vectors.dimensions_held(transaction)
            fitting = [each for each in made if len(each[1]) == held]
            return vectors.keep(transaction, vectors.STANDING, fitting, model)

    def forget_others(self, model: str) -> int:
        with self._database.transaction() as transaction:
            return vectors.forget_others(transaction, model)


def _ids(rows: Sequence[Row], kind: str) -> frozenset[UUID]:
    return frozenset(row["item_id"] for row in rows if row["kind"] == kind)


def _spread(transaction: Transaction, changed: Mapping[str, frozenset[UUID]]) -> frozenset[UUID]:
    """The messages whose documents hold words of those that changed."""
    if not changed["message"] and not changed["neighbours"]:
        return frozenset()
    rows = transaction.all(
        _SQL["spread"], ids=list(changed["message"]), segments=list(changed["neighbours"])
    )
    return frozenset(row["id"] for row in rows)


def _texts(transaction: Transaction, asked: Mapping[str, frozenset[UUID]]) -> tuple[TextItem, ...]:
    return tuple(
        _item(kind, row)
        for kind in _KINDS
        if asked.get(kind)
        for row in transaction.all(_SQL[f"{kind}_texts"], ids=list(asked[kind]))
    )


def _item(kind: str, row: Row) -> TextItem:
    said = cast("datetime", row["said_at"])
    happens = cast("datetime | None", row["happens_at"])
    return TextItem(
        kind=kind,
        id=row["id"],
        text=row["text"],
        instants=(said,) if happens is None else (said, happens),
        speaker=row["speaker"] or "",
        around=tuple(row["around"]),
    )
