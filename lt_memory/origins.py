"""Where memories came from, in one transaction: what waits, what was refused, what came along."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cns.ports import Row, Transaction
from cns.sql import load_queries
from lt_memory.domain.memory import Memory, MemoryId
from lt_memory.domain.trust import message_of, place_of, plainest
from lt_memory.domain.wording import placed_hash

SQL = load_queries(Path(__file__).with_name("origins.sql"))


class PostgresOrigins:
    """Implements `lt_memory.review_ports.Origins`."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, memory_id: MemoryId, origins: Sequence[str]) -> None:
        if origins:
            self._tx.run(SQL["add"], memory_id=memory_id, origins=list(origins))

    def waiting(self, origin: str, limit: int) -> Sequence[str]:
        return [row["text"] for row in self._tx.all(SQL["waiting"], origin=origin, limit=limit)]

    def strange_place(self, memory_id: MemoryId) -> str:
        """The place that it came from; blank where it is the user's own word."""
        row = self._tx.maybe(SQL["strange"], memory_id=memory_id)
        return "" if row is None else plainest(row["origins"])

    def refuse(self, memory: Memory, at: datetime) -> None:
        key = bytes(self._tx.one(SQL["text_key"])["text_key"])
        hashed = placed_hash(key, place_of(memory), memory.text)
        self._tx.run(SQL["refuse"], memory_id=memory.id, text_hash=hashed, at=at)

    def waited(self, memory_id: MemoryId) -> bool:
        return bool(self._tx.one(SQL["waited"], memory_id=memory_id)["waited"])

    def known(self, origin: str) -> bool:
        told = self._tx.one(SQL["known"], origin=origin, message_id=message_of(origin))
        return bool(told["known"])

    def brought(self, origin: str) -> Sequence[MemoryId]:
        found = self._tx.all(SQL["brought"], origin=origin, message_id=message_of(origin))
        return _ids(found)

    def displaced(self, ids: Sequence[MemoryId], origin: str) -> Sequence[MemoryId]:
        return _ids(self._tx.all(SQL["displaced"], ids=list(ids), origin=origin))


def _ids(rows: Sequence[Row]) -> Sequence[MemoryId]:
    return [MemoryId(row["id"]) for row in rows]
