"""An exchange of the conversation, and whatever holds its words, in PostgreSQL."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cns import sql
from cns.domain.branches import Kin
from cns.domain.message import Message, MessageId, SegmentId, TurnId
from cns.domain.segment import Summary
from cns.domain.touchstone import Source
from cns.errors import NotFound
from cns.ports import Row, Transaction
from cns.rows import kin_from, message_from
from lt_memory.domain.falling import Resting, sayings
from lt_memory.domain.memory import MemoryId, Revision
from lt_memory.domain.words import terms
from lt_memory.erasing_ports import Exchange
from lt_memory.rows import revision_from

SQL = sql.load_queries(Path(__file__).with_name("exchanges.sql"))
CONVERSATION = sql.load_queries(Path(sql.__file__).with_name("queries.sql"))
MEMORIES = sql.load_queries(Path(__file__).with_name("queries.sql"))
_WORDED = (
    "narrative",
    "text",
    "previous",
    "entities",
    "hooks",
    "intent",
    "relationship",
    "temporal",
)


class PostgresExchanges:
    """Implements `lt_memory.erasing_ports.Exchanges` within a transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def find(self, message_id: MessageId) -> Exchange:
        chapter = self._tx.maybe(SQL["chapter_of"], id=message_id)
        if chapter is None:
            raise NotFound(f"There is no message {message_id}.", code="message_not_found")
        self._tx.all(MEMORIES["one_extraction_at_a_time"])
        members = self._tx.all(SQL["members"], id=message_id)
        ids = tuple(MessageId(row["id"]) for row in members)
        named = [row["turn_id"] for row in members if row["turn_id"]]
        turns = self._tx.all(SQL["turns_of"], ids=list(ids), turn_ids=named)
        return Exchange(
            message_ids=ids,
            turn_ids=tuple(TurnId(row["id"]) for row in turns),
            segment_id=SegmentId(chapter["id"]),
            parent_id=members[0]["parent_id"] and MessageId(members[0]["parent_id"]),
            since=members[0]["created_at"],
            collapsed=chapter["collapsed"],
        )

    def resting(self, exchange: Exchange) -> Sequence[Resting]:
        rows = self._tx.all(SQL["resting"], **_named(exchange))
        histories = self._histories([row["id"] for row in rows])
        return [_resting(row, histories[row["id"]]) for row in rows]

    def release(self, exchange: Exchange) -> Mapping[str, int]:
        named = _named(exchange)
        return {
            "memory_evidence": self._tx.run(SQL["release_evidence"], **named),
            "run_changes": self._tx.run(SQL["release_journal"], **named),
        }

    def silence(self, exchange: Exchange) -> Mapping[str, int]:
        own = [*exchange.message_ids, *([exchange.segment_id] if exchange.collapsed else ())]
        named = _named(exchange)
        hits = self._tx.run(
            SQL["silence_hits"],
            keys=[str(each) for each in own],
            turn_ids=list(exchange.turn_ids),
        )
        beginnings = "|".join(str(each)[:8] for each in own)
        tools = self._tx.run(
            SQL["silence_tools"], **named, since=exchange.since, named=rf"\m({beginnings})\M"
        )
        about = list(self._carrying(exchange))
        self._tx.run(SQL["silence_touchstones"], ids=about)
        self._tx.run(SQL["silence_runs"], segment_id=exchange.segment_id)
        return {"turn_traces": hits, "tool_results": tools, "touchstones": len(about)}

    def let_go(self, at: datetime) -> None:
        self._tx.run(SQL["blank_touchstone"], at=at)

    def remove(self, exchange: Exchange) -> Mapping[str, int]:
        ids, turn_ids = list(exchange.message_ids), list(exchange.turn_ids)
        self._tx.run(SQL["adopt"], ids=ids, parent_id=exchange.parent_id)
        removed = self._tx.one(SQL["remove_messages"], ids=ids)
        called_back = self._tx.run(SQL["call_back"], segment_id=exchange.segment_id)
        self._tx.run(SQL["forget_retries"], turn_ids=turn_ids)
        removed = {**removed, "batches": called_back}
        return {**removed, "turns": self._tx.run(SQL["remove_turns"], turn_ids=turn_ids)}

    def kin(self, segment_id: SegmentId) -> Sequence[Kin]:
        return [kin_from(r) for r in self._tx.all(CONVERSATION["kin"], segment_id=segment_id)]

    def choose(self, path: Collection[MessageId]) -> None:
        self._tx.run(SQL["choose"], ids=list(path))

    def recount(self, segment_id: SegmentId) -> None:
        self._tx.run(CONVERSATION["count_segment"], segment_id=segment_id)
        self._tx.run(SQL["times"], segment_id=segment_id)

    def said(self, segment_id: SegmentId) -> Sequence[Message]:
        rows = self._tx.all(CONVERSATION["segment_messages"], segment_id=segment_id, off_path=False)
        return [message_from(row) for row in rows]

    def sum_up(self, segment_id: SegmentId, summary: Summary) -> None:
        self._tx.run(
            SQL["sum_up"],
            segment_id=segment_id,
            title=summary.title,
            summary=summary.text,
            complexity=summary.complexity,
        )

    def drop_chapter(self, segment_id: SegmentId) -> None:
        for query in ("orphan_memories", "orphan_history", "orphan_journal", "drop_chapter"):
            self._tx.run(SQL[query], segment_id=segment_id)

    def _histories(self, ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Revision]]:
        found: defaultdict[UUID, list[Revision]] = defaultdict(list)
        for row in self._tx.all(SQL["histories"], ids=list(ids)):
            found[row["memory_id"]].append(revision_from(row))
        return found

    def _carrying(self, exchange: Exchange) -> Iterator[UUID]:
        """The later turns whose touchstone carries the exchange forward.

        Within its chapter whatever a model said may; beyond, as long as a word goes on from one to
        the next.
        """
        rows = self._tx.all(SQL["words_of"], ids=list(exchange.message_ids))
        words = frozenset(term for row in rows for term in terms(row["text"]))
        later = self._tx.all(
            SQL["later_touchstones"],
            segment_id=exchange.segment_id,
            since=exchange.since,
            turn_ids=list(exchange.turn_ids),
        )
        for row in later:
            carries = _carries(row, words)
            if carries:
                yield row["id"]
            elif not row["here"]:
                return


def _named(exchange: Exchange) -> dict[str, object]:
    return {
        "ids": list(exchange.message_ids),
        "keys": [str(each) for each in exchange.message_ids],
    }


def _resting(row: Row, history: Sequence[Revision]) -> Resting:
    places = frozenset(row["places"])
    return Resting(
        id=MemoryId(row["id"]),
        places=places,
        sayings=sayings(history, places),
        sources=frozenset(MemoryId(each) for each in row["sources"]),
    )


def _carries(row: Row, words: frozenset[str]) -> bool:
    touchstone = row["touchstone"]
    if row["here"] and touchstone.get("source") != Source.RULE_MADE:
        return True
    told = terms(str([touchstone.get(name) for name in _WORDED]))
    return bool(words & (frozenset(told) - frozenset(terms(row["said"]))))
