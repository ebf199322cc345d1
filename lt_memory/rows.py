"""Rows of the memories' tables as values."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from cns.ports import Row
from lt_memory.domain.memory import (
    Actor,
    Entity,
    EntityId,
    Evidence,
    Kind,
    Link,
    Memory,
    MemoryId,
    Revision,
    Source,
    State,
    Trust,
)
from lt_memory.domain.run import RunRevision
from lt_memory.ports import Near

Grouped = Mapping[UUID, list[Row]]


def grouped(rows: Iterable[Row]) -> Grouped:
    """Rows by the memory that they belong to, in their order."""
    by_memory: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        by_memory[row["memory_id"]].append(row)
    return by_memory


def memory_from(row: Row, evidence: Grouped, entities: Grouped, links: Grouped) -> Memory:
    memory_id = MemoryId(row["id"])
    return Memory(
        id=memory_id,
        text=row["text"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        kind=Kind(row["kind"]),
        importance=float(row["importance"]),
        confidence=float(row["confidence"]),
        source=Source(row["source"]),
        trust=Trust(row["trust"]),
        state=State(row["state"]),
        pinned=row["pinned"],
        happens_at=row["happens_at"],
        expires_at=row["expires_at"],
        valid_until=row["valid_until"],
        last_accessed_at=row["last_accessed_at"],
        access_count=row["access_count"],
        segment_id=row["segment_id"],
        revision=row["revision"],
        evidence=tuple(_evidence_from(r) for r in evidence.get(memory_id, ())),
        entities=tuple(_entity_from(r) for r in entities.get(memory_id, ())),
        links=tuple(_link_from(r) for r in links.get(memory_id, ())),
        origins=tuple(row["origins"]),
    )


def _evidence_from(row: Row) -> Evidence:
    return Evidence(message_id=row["message_id"], start=row["start_at"], end=row["end_at"])


def _entity_from(row: Row) -> Entity:
    return Entity(id=EntityId(row["id"]), name=row["name"], kind=row["kind"])


def _link_from(row: Row) -> Link:
    return Link(
        id=row["id"],
        kind=row["kind"],
        direction=row["direction"],
        other_id=MemoryId(row["other_id"]),
        other_text=row["other_text"],
    )


def revision_from(row: Row) -> Revision:
    return Revision(
        revision=row["revision"],
        at=row["at"],
        actor=Actor(row["actor"]),
        change=row["change"],
        before=row["before"],
        after=row["after"],
    )


def near_from(row: Row) -> Near:
    return Near(
        id=MemoryId(row["id"]),
        text=row["text"],
        cosine=row["cosine"],
        put_away_at=row["put_away_at"],
        trusted=row["trusted"],
    )


def run_revision_from(row: Row) -> RunRevision:
    return RunRevision(
        memory_id=MemoryId(row["memory_id"]),
        revision=row["revision"],
        change=row["change"],
        before=row["before"],
        after=row["after"],
    )
