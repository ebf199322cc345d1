"""Which pairs of memories were looked at, in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from cns.ports import Row, Transaction
from cns.sql import load_queries
from lt_memory.domain.judging import NEAR, NEIGHBOURS, Pair, Shown
from lt_memory.domain.memory import MemoryId

SQL = load_queries(Path(__file__).with_name("judging.sql"))


class PostgresJudging:
    """Implements `lt_memory.judging_ports.JudgingWork` within a transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def unlinked(self, limit: int, seen: Collection[MemoryId]) -> Sequence[MemoryId]:
        rows = self._tx.all(SQL["unlinked"], limit=limit, seen=list(seen))
        return [MemoryId(row["id"]) for row in rows]

    def neighbours(self, ids: Sequence[MemoryId]) -> Sequence[tuple[MemoryId, MemoryId]]:
        self._tx.all(SQL["widen_vector_search"])
        rows = self._tx.all(SQL["neighbours"], ids=list(ids), limit=NEIGHBOURS, least=NEAR)
        return [(MemoryId(row["id"]), MemoryId(row["other"])) for row in rows]

    def shown(self, ids: Collection[MemoryId]) -> Mapping[MemoryId, Shown]:
        rows = self._tx.all(SQL["shown"], ids=list(ids))
        return {MemoryId(row["id"]): _shown(row) for row in rows}

    def unchanged(self, shown: Collection[Shown]) -> AbstractSet[MemoryId]:
        rows = self._tx.all(
            SQL["unchanged"],
            ids=[each.id for each in shown],
            revisions=[each.revision for each in shown],
        )
        return {MemoryId(row["id"]) for row in rows}

    def handled(self, pair: Pair) -> bool:
        return bool(self._tx.one(SQL["handled"], one=pair.a.id, other=pair.b.id)["handled"])

    def given_up(self, pairs: Collection[Pair]) -> AbstractSet[Pair]:
        if not pairs:
            return frozenset()
        rows = self._tx.all(SQL["unread_twice"])
        twice = {(row["one"], row["other"]) for row in rows}
        return {pair for pair in pairs if tuple(map(str, pair.ids)) in twice}

    def note(self, pairs: Sequence[Pair], looked_at: Collection[MemoryId]) -> None:
        one, other = [pair.ids[0] for pair in pairs], [pair.ids[1] for pair in pairs]
        self._tx.run(SQL["note_judged"], one=one, other=other)
        self._tx.run(SQL["note_linked"], ids=list(looked_at))


def _shown(row: Row) -> Shown:
    return Shown(
        id=MemoryId(row["id"]),
        text=row["text"],
        said_at=row["said_at"],
        revision=row["revision"],
        happens_at=row["happens_at"],
        expires_at=row["expires_at"],
        pinned=row["pinned"],
    )
