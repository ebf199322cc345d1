"""Links between memories in PostgreSQL, changed by hand."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cns.errors import Conflict, NotFound
from cns.ports import Row, Transaction
from cns.sql import load_queries
from lt_memory.domain.linking import Ends, Tie
from lt_memory.domain.memory import MemoryId, RunId

SQL = load_queries(Path(__file__).with_name("linking.sql"))


class PostgresTies:
    """Implements `lt_memory.link_ports.TieWork` within a transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def get(self, link_id: UUID) -> Tie:
        row = self._tx.maybe(SQL["tie"], id=link_id)
        if row is None:
            raise NotFound(f"There is no link {link_id}.", code="link_not_found")
        return tie_from(row)

    def between(self, ends: Ends) -> Tie | None:
        row = self._tx.maybe(SQL["between"], **asdict(ends))
        return None if row is None else tie_from(row)

    def cut(self, link_id: UUID) -> None:
        self._tx.run(SQL["cut"], id=link_id)

    def settle(self, link_id: UUID, settlement: str, at: datetime) -> None:
        if not self._tx.run(SQL["settle"], id=link_id, settlement=settlement, at=at):
            raise Conflict(
                "This conflict is settled already: change the memories themselves instead.",
                code="conflict_settled",
            )

    def reopen(self, outcome: Tie) -> None:
        self._tx.run(SQL["reopen"], kept=outcome.source_id, lost=outcome.target_id)

    def superseded_otherwise(self, tie: Tie) -> bool:
        row = self._tx.maybe(SQL["superseded_otherwise"], memory_id=tie.target_id, id=tie.id)
        return row is not None

    def note(self, tie: Tie, at: datetime, *, stands: bool, run_id: RunId | None = None) -> None:
        told = {
            "id": str(tie.id),
            "kind": tie.kind,
            "source_id": str(tie.source_id),
            "target_id": str(tie.target_id),
        }
        for memory_id in (tie.source_id, tie.target_id):
            self._tx.run(
                SQL["note"],
                memory_id=memory_id,
                at=at,
                change="linked" if stands else "unlinked",
                before={"link": None if stands else told},
                after={"link": told if stands else None},
                run_id=run_id,
            )


def tie_from(row: Row) -> Tie:
    return Tie(
        id=row["id"],
        kind=row["kind"],
        source_id=MemoryId(row["source_id"]),
        target_id=MemoryId(row["target_id"]),
        confidence=float(row["confidence"]),
        reason=row["reason"],
        created_at=row["created_at"],
        settled_at=row["settled_at"],
        settlement=row["settlement"],
    )
