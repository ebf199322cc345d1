"""Imported messages in PostgreSQL: many rows a statement, each with its vector at once."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cns.domain.blocks import to_json
from cns.domain.message import MessageId, SegmentId
from cns.domain.segment import Summary
from cns.import_ports import Landed
from cns.ports import Database, Transaction, Vector
from cns.sql import as_halfvec, load_queries

SQL = load_queries(Path(__file__).with_name("imports.sql"))


class PostgresImports:
    """Implements `cns.import_ports.ImportStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, ids: Collection[MessageId]) -> Collection[MessageId]:
        with self._database.transaction() as tx:
            return {MessageId(row["id"]) for row in tx.all(SQL["known"], ids=list(ids))}

    def brought(self, import_id: UUID) -> int:
        with self._database.transaction() as tx:
            return int(tx.one(SQL["brought"], import_id=str(import_id))["messages"])

    def unembedded(self, import_id: UUID) -> int:
        with self._database.transaction() as tx:
            return int(tx.one(SQL["unembedded"], import_id=str(import_id))["messages"])

    def add(self, landed: Sequence[Landed], model: str, now: datetime) -> int:
        messages = [each.message for each in landed]
        with self._database.transaction() as tx:
            _open(tx, landed, now)
            added = tx.run(
                SQL["add"],
                ids=[message.id for message in messages],
                segments=[message.segment_id for message in messages],
                roles=[message.role.value for message in messages],
                names=[message.name for message in messages],
                contents=[json.dumps(to_json(message.content)) for message in messages],
                texts=[message.text for message in messages],
                external_ids=[message.external_id for message in messages],
                metadata=[json.dumps(dict(message.metadata)) for message in messages],
                times=[message.created_at for message in messages],
                vectors=[_sent(each.vector) for each in landed],
                model=model,
            )
            tx.run(SQL["count"], ids=list({message.segment_id for message in messages}))
        return added

    def unclosed(self, chapters: Collection[SegmentId]) -> Sequence[SegmentId]:
        with self._database.transaction() as tx:
            return [SegmentId(row["id"]) for row in tx.all(SQL["unclosed"], ids=list(chapters))]

    def close(
        self,
        chapter: SegmentId,
        summary: Summary,
        vector: Vector | None,
        model: str,
        *,
        extract: bool,
    ) -> None:
        with self._database.transaction() as tx:
            tx.run(
                SQL["close"],
                id=chapter,
                title=summary.title,
                summary=summary.text,
                complexity=summary.complexity,
                vector=_sent(vector),
                model=model,
                extract=extract,
            )

    def draw_from(self, chapters: Collection[SegmentId]) -> int:
        with self._database.transaction() as tx:
            return tx.run(SQL["draw_from"], ids=list(chapters))


def _sent(vector: Vector | None) -> str | None:
    return None if vector is None else as_halfvec(vector)


def _open(tx: Transaction, landed: Sequence[Landed], now: datetime) -> None:
    times: dict[SegmentId, list[datetime]] = {}
    for each in landed:
        times.setdefault(each.message.segment_id, []).append(each.message.created_at)
    tx.run(
        SQL["open"],
        ids=list(times),
        began=[min(each) for each in times.values()],
        ended=[max(each) for each in times.values()],
        now=now,
    )
