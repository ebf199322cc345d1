"""What may be merged or worded anew, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from cns.ports import Transaction
from cns.sql import load_queries
from config.settings import MemorySettings
from lt_memory.domain.memory import MemoryId
from lt_memory.tending_ports import Wording

SQL = load_queries(Path(__file__).with_name("tending.sql"))
NEAREST = 20  # of a hub: a cluster takes four of them


class PostgresTending:
    """Implements `lt_memory.tending_ports.TendingWork` within a transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def hubs(self, at: datetime, figures: MemorySettings) -> Sequence[MemoryId]:
        rows = self._tx.all(
            SQL["hubs"],
            at=at,
            importance=figures.hub_importance,
            uses=figures.hub_uses,
            links=figures.hub_links,
            limit=figures.hubs,
        )
        return [MemoryId(row["id"]) for row in rows]

    def near(
        self, hubs: Sequence[MemoryId], at: datetime, least: float
    ) -> Mapping[frozenset[MemoryId], float]:
        self._tx.all(SQL["widen_vector_search"])
        return {
            frozenset((MemoryId(row["one"]), MemoryId(row["other"]))): float(row["cosine"])
            for hub in hubs
            for row in self._tx.all(SQL["cosines"], ids=self._surroundings(hub, at, least))
        }

    def _surroundings(self, hub: MemoryId, at: datetime, least: float) -> list[MemoryId]:
        rows = self._tx.all(SQL["near"], hub=hub, least=least, limit=NEAREST)
        return [hub, *self.mergeable([MemoryId(row["id"]) for row in rows], at)]

    def mergeable(self, ids: Sequence[MemoryId], at: datetime) -> frozenset[MemoryId]:
        rows = self._tx.all(SQL["mergeable"], ids=list(ids), at=at)
        return frozenset(MemoryId(row["id"]) for row in rows)

    def wordings(self, ids: Sequence[MemoryId]) -> Mapping[MemoryId, int]:
        rows = self._tx.all(SQL["wordings"], ids=list(ids))
        return {MemoryId(row["memory_id"]): row["revision"] for row in rows}

    def answered(self) -> frozenset[frozenset[Wording]]:
        return frozenset(
            frozenset(
                (MemoryId(UUID(memory_id)), revision)
                for memory_id, revision in zip(row["sources"], row["wordings"], strict=True)
            )
            for row in self._tx.all(SQL["answered"])
        )

    def refinable(self, at: datetime, figures: MemorySettings) -> Sequence[MemoryId]:
        rows = self._tx.all(
            SQL["refinable"],
            at=at,
            above=figures.refine_above,
            born_by=at - timedelta(days=figures.refine_after_days),
            uses=figures.refine_uses,
            looked_by=at - timedelta(days=figures.refine_again_days),
            rejections=figures.refine_rejections,
            limit=figures.refine_at_once,
        )
        return [MemoryId(row["id"]) for row in rows]

    def looked_at(self, memory_id: MemoryId, at: datetime, *, rejected: bool) -> None:
        self._tx.run(SQL["looked_at"], id=memory_id, at=at, rejected=int(rejected))
