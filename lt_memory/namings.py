"""Entities and their names in PostgreSQL."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from cns.domain.message import UserId
from cns.ports import Transaction
from cns.sql import load_queries
from lt_memory.domain.memory import EntityId, EntityName, MemoryId
from lt_memory.domain.namesakes import VECTOR
from lt_memory.entity_ports import Known, Twins

SQL = load_queries(Path(__file__).with_name("naming.sql"))
AT_ONCE = 500  # pairs or entities of one statement
NEIGHBOURS = 50  # of one name; the original's figure
MOST_LINKS = 5  # of an entity that is reviewed; the original's figure
DORMANT_DAYS = 45  # without a new memory, before it is; the original's figure, in active days
ALIKE = 1  # the rank of one who is called so but for the spelling, or by an alias
TEXTS = 3  # memories that show what a name stands for


class PostgresEntities:
    """Implements `lt_memory.entity_ports.EntityWork` within a transaction."""

    def __init__(self, tx: Transaction, user_id: UserId) -> None:
        self._tx = tx
        self._user_id = user_id

    def name(self, memory_id: MemoryId, name: EntityName, at: datetime) -> None:
        """Say whom a memory names: who is known by that name, who wakes by it, or someone new."""
        rows = self._tx.all(SQL["named"], memory_id=memory_id, name=name.name, kind=name.kind)
        if len(rows) != 1 or not rows[0]["borne_out"]:  # nobody is known by it, or several are
            entity_id = self._new(name, at)
        else:
            entity_id = UUID(str(rows[0]["id"]))
            self._tx.run(SQL["wake"], id=entity_id)
            if rows[0]["rank"] == ALIKE:
                self._tx.run(SQL["add_alias"], id=entity_id, name=name.name)
        self._tx.run(SQL["add_memory_entity"], memory_id=memory_id, entity_id=entity_id)

    def _new(self, name: EntityName, at: datetime) -> UUID:
        row = self._tx.one(
            SQL["add_entity"],
            id=uuid4(),
            user_id=self._user_id,
            name=name.name,
            kind=name.kind,
            at=at,
        )
        return UUID(str(row["id"]))

    def keep(self, memory_id: MemoryId, text: str, ids: Sequence[UUID]) -> frozenset[str]:
        """Name those of these entities that its words still name; by which names they do."""
        if not ids:
            return frozenset()
        rows = self._tx.all(SQL["still_named"], entity_ids=list(ids), text=text)
        for entity_id in dict.fromkeys(row["id"] for row in rows):
            self._tx.run(SQL["wake"], id=entity_id)
            self._tx.run(SQL["add_memory_entity"], memory_id=memory_id, entity_id=entity_id)
        return frozenset(row["name"] for row in rows)

    def named_by(self, ids: Sequence[MemoryId]) -> list[UUID]:
        """The entities of memories."""
        if not ids:
            return []
        return [row["entity_id"] for row in self._tx.all(SQL["entity_ids_of"], ids=list(ids))]

    def unname(self, memory_id: MemoryId) -> list[UUID]:
        """Take a memory's names off it; the entities that it had."""
        had = self.named_by([memory_id])
        self._tx.run(SQL["forget_entities_of"], memory_id=memory_id)
        return had

    def keep_past(self, memory_id: MemoryId, until: datetime) -> None:
        """Note whom a memory names, before it is worded anew."""
        self._tx.run(SQL["keep_past_names"], memory_id=memory_id, until=until)

    def erase_past(self, memory_id: MemoryId) -> None:
        self._tx.run(SQL["erase_past_names"], memory_id=memory_id)

    def forget_unsaid(self, ids: Sequence[UUID]) -> None:
        """Let go of entities, and of their names, that no memory has any more."""
        for query in ("forget_orphaned_entities", "rename_unsaid", "forget_unsaid_aliases"):
            self._tx.run(SQL[query], entity_ids=list(ids))

    def unembedded(self, model: str) -> int:
        return int(self._tx.one(SQL["unembedded"], model=model)["waiting"])

    def spelt_alike(self) -> Sequence[Twins]:
        return self._twins("spelt_alike")

    def first_names(self) -> Sequence[Twins]:
        return self._twins("first_names")

    def _twins(self, query: str) -> Sequence[Twins]:
        rows = self._tx.all(SQL[query], limit=AT_ONCE)
        return [Twins(EntityId(row["one"]), EntityId(row["other"])) for row in rows]

    def unexamined(self, model: str, limit: int) -> Sequence[EntityId]:
        rows = self._tx.all(SQL["unexamined"], model=model, limit=limit)
        return [EntityId(row["id"]) for row in rows]

    def near(self, ids: Collection[EntityId]) -> Mapping[Twins, float]:
        rows = self._tx.all(SQL["near"], ids=list(ids), limit=NEIGHBOURS, least=VECTOR)
        return {Twins(row["one"], row["other"]): float(row["vector"]) for row in rows}

    def company(self, pairs: Sequence[Twins]) -> Mapping[Twins, float]:
        one, other = [pair.one for pair in pairs], [pair.other for pair in pairs]
        rows = self._tx.all(SQL["company"], one=one, other=other)
        return {Twins(row["one"], row["other"]): float(row["company"]) for row in rows}

    def known(self, ids: Collection[EntityId]) -> Mapping[EntityId, Known]:
        rows = self._tx.all(SQL["known"], ids=list(ids))
        return {EntityId(row["id"]): Known(**row) for row in rows}

    def hold(self, ids: Collection[EntityId]) -> None:
        self._tx.all(SQL["hold"], ids=list(ids))

    def linkless(self) -> Sequence[EntityId]:
        return [EntityId(row["id"]) for row in self._tx.all(SQL["linkless"], limit=AT_ONCE)]

    def dormant(self, limit: int) -> Sequence[EntityId]:
        rows = self._tx.all(SQL["dormant"], most_links=MOST_LINKS, days=DORMANT_DAYS, limit=limit)
        return [EntityId(row["id"]) for row in rows]

    def given_up(self, ids: Collection[EntityId]) -> AbstractSet[EntityId]:
        rows = self._tx.all(SQL["unread_twice"]) if ids else ()
        return frozenset(ids).intersection(EntityId(UUID(row["id"])) for row in rows)

    def texts(self, ids: Collection[EntityId]) -> Mapping[EntityId, Sequence[str]]:
        said: dict[EntityId, list[str]] = defaultdict(list)
        for row in self._tx.all(SQL["texts"], ids=list(ids), limit=TEXTS):
            said[EntityId(row["id"])].append(row["text"])
        return said

    def merge(self, gone: EntityId, heir: EntityId) -> None:
        for query in (
            "wake_heir",
            "share_memories",
            "leave_memories",
            "share_names",
            "leave_names",
            "leave",
        ):
            self._tx.run(SQL[query], gone=gone, heir=heir)

    def archive(self, ids: Collection[EntityId], at: datetime) -> None:
        self._tx.run(SQL["archive"], ids=list(ids), at=at)

    def note_judged(self, pairs: Collection[Twins], at: datetime) -> None:
        one, other = [pair.one for pair in pairs], [pair.other for pair in pairs]
        self._tx.run(SQL["note_judged"], one=one, other=other, at=at)

    def note_examined(self, ids: Collection[EntityId]) -> None:
        self._tx.run(SQL["note_examined"], ids=list(ids))
