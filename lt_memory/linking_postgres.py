"""What is seen through links and names, in PostgreSQL."""

from collections.abc import Sequence

from cns import paging
from cns.errors import NotFound, Unavailable
from cns.ports import Database, Page, Row, Transaction
from lt_memory.domain.linking import Graph, KnownEntity, Node, Tie
from lt_memory.domain.memory import Entity, EntityId, Kind, MemoryId, State
from lt_memory.ties import SQL, tie_from


class PostgresLinks:
    """Implements `lt_memory.link_ports.LinkStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def graph(self, memory_id: MemoryId, depth: int, most: int) -> Graph:
        with self._database.transaction() as tx:
            depths, truncated = _reached(tx, memory_id, depth, most)
            ids = list(depths)
            rows = {row["id"]: row for row in tx.all(SQL["nodes"], ids=ids)}
            edges = tx.all(SQL["edges"], ids=ids)
        if memory_id not in rows:
            raise _no_memory(memory_id)
        return Graph(
            nodes=tuple(_node(rows[each], depths[each]) for each in ids if each in rows),
            edges=tuple(tie_from(row) for row in edges),
            truncated=truncated,
        )

    def similar(self, memory_id: MemoryId, limit: int) -> Sequence[tuple[MemoryId, float]]:
        with self._database.transaction() as tx:
            asked = tx.maybe(SQL["vector_of"], id=memory_id)
            if asked is None:
                raise _no_memory(memory_id)
            if not asked["known"]:
                raise Unavailable(
                    "This memory has no vector yet: ask again in a minute.",
                    code="not_embedded_yet",
                )
            rows = tx.all(SQL["similar"], id=memory_id, limit=limit)
        return [(MemoryId(row["id"]), float(row["score"])) for row in rows]

    def conflicts(self, page: Page) -> tuple[Sequence[Tie], str | None]:
        below_at, below_id = paging.position(page.cursor)
        with self._database.transaction() as tx:
            rows = tx.all(
                SQL["conflicts"], below_at=below_at, below_id=below_id, limit=page.limit + 1
            )
        return [tie_from(row) for row in rows[: page.limit]], _following(rows, page)

    def entities(self, q: str | None, page: Page) -> tuple[Sequence[KnownEntity], str | None]:
        below_at, below_id = paging.position(page.cursor)
        with self._database.transaction() as tx:
            rows = tx.all(
                SQL["entities"],
                id=None,
                q=q,
                below_at=below_at,
                below_id=below_id,
                limit=page.limit + 1,
            )
        return [_entity(row) for row in rows[: page.limit]], _following(rows, page)

    def entity(self, entity_id: EntityId) -> KnownEntity:
        with self._database.transaction() as tx:
            row = tx.maybe(
                SQL["entities"], id=entity_id, q=None, below_at=None, below_id=None, limit=1
            )
        if row is None:
            raise NotFound(f"There is no entity {entity_id}.", code="entity_not_found")
        return _entity(row)


def _reached(
    tx: Transaction, start: MemoryId, depth: int, most: int
) -> tuple[dict[MemoryId, int], bool]:
    """How many links away each is, nearest first; and whether there are more than `most`."""
    depths, frontier = {start: 0}, [start]
    for step in range(1, depth + 1):
        room = most - len(depths)
        values = {"from": frontier, "seen": list(depths), "limit": room + 1}
        found = [MemoryId(row["id"]) for row in tx.all(SQL["neighbours"], **values)]
        frontier = found[:room]
        depths |= dict.fromkeys(frontier, step)
        if len(found) > room:
            return depths, True
        if not frontier:
            break
    return depths, False


def _following(rows: Sequence[Row], page: Page) -> str | None:
    if len(rows) <= page.limit:
        return None
    last = rows[page.limit - 1]
    return paging.moment(last["created_at"], last["id"])


def _node(row: Row, depth: int) -> Node:
    return Node(
        id=MemoryId(row["id"]),
        text=row["text"],
        kind=Kind(row["kind"]),
        importance=float(row["importance"]),
        state=State(row["state"]),
        depth=depth,
    )


def _entity(row: Row) -> KnownEntity:
    return KnownEntity(
        entity=Entity(id=EntityId(row["id"]), name=row["name"], kind=row["kind"]),
        created_at=row["created_at"],
        aliases=tuple(row["aliases"]),
        memory_count=row["memory_count"],
        last_linked_at=row["last_linked_at"],
    )


def _no_memory(memory_id: MemoryId) -> NotFound:
    return NotFound(f"There is no memory {memory_id}: it may be deleted.", code="memory_not_found")
