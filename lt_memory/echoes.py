"""What else holds the words of memories and messages, in PostgreSQL: found, and silenced."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from uuid import UUID

from cns.ports import Row, Transaction
from cns.sql import load_queries
from lt_memory.domain.knowledge import begun_again
from lt_memory.domain.memory import MemoryId

SQL = load_queries(Path(__file__).with_name("echoes.sql"))


class PostgresEchoes:
    """Implements `lt_memory.erasing_ports.Echoes` within a transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def put_away_for(self, memory_id: MemoryId) -> Sequence[MemoryId]:
        return [MemoryId(row["id"]) for row in self._tx.all(SQL["put_away_for"], id=memory_id)]

    def silence(self, falls: Collection[MemoryId]) -> Mapping[str, int]:
        ids = list(falls)
        if not ids:
            return {}
        beginnings = "|".join(str(each)[:8] for each in ids)
        return {
            "tool_results": self._tx.run(
                SQL["silence_tools"], ids=ids, named=rf"\m({beginnings})\M"
            ),
            "user_information": int(self._tx.one(SQL["information_drawn_from"], ids=ids)["texts"]),
        }

    def said_in(self, ids: Collection[MemoryId]) -> Sequence[UUID]:
        rows = self._tx.all(SQL["said_in"], ids=list(ids))
        return [row["message_id"] for row in rows]

    def staying(self, falls: Collection[MemoryId]) -> Mapping[str, int]:
        messages = self.said_in(falls)
        return {
            "memories": len(self._tx.all(SQL["originals"], ids=list(falls))),
            "messages": len(messages),
            "summaries": int(self._tx.one(SQL["summed_up_in"], ids=messages)["chapters"]),
        }

    def unlearn(self, messages: Sequence[UUID]) -> Mapping[str, int]:
        self._tx.all(SQL["hold_blocks"])
        rows = self._tx.all(SQL["written_from"], ids=list(messages))
        return {row["label"]: self._gone_back(row) for row in rows}

    def pass_over(self, messages: Sequence[UUID]) -> None:
        self._tx.run(SQL["pass_over"], ids=list(messages))

    def _gone_back(self, block: Row) -> int:
        """How many versions of it went."""
        named = {"id": block["id"], "after": block["after"]}
        if block["version"] is not None:
            mark = int(self._tx.one(SQL["mark_of"], id=block["id"])["taken_up_to"])
            runs = self._tx.all(SQL["stretches_since"], **named)
            stretches = [(row["after"], row["up_to"]) for row in runs]
            self._tx.run(SQL["move_mark"], id=block["id"], place=begun_again(mark, stretches))
        self._tx.run(SQL["close_runs"], **named)
        if block["version"] is None:
            return 0
        self._tx.run(SQL["go_back"], id=block["id"], version=block["version"])
        return self._tx.run(SQL["drop_versions"], id=block["id"], version=block["version"])
