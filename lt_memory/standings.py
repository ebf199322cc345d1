"""Standings and rungs in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cns.ports import Row, Transaction
from cns.sql import load_queries
from lt_memory.ageing import Ageing
from lt_memory.domain.ladder import RHYTHM_DAYS, PutAway, Rhythm, rhythm
from lt_memory.domain.memory import MemoryId, RunId, State
from lt_memory.domain.scoring import Pace, Standing
from lt_memory.standing_ports import Aged, Move, Outlook, Stored

SQL = load_queries(Path(__file__).with_name("standings.sql"))
BATCH = 10_000
ARCHIVED = 1000
AT_ONCE = 500  # moves in one statement: each may cost an entry in the vector index


class PostgresStandings:
    """Implements `lt_memory.standing_ports.StandingWork` within a transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def hold(self) -> None:
        self._tx.all(SQL["unhurried"])
        self._tx.all(SQL["hold"])

    def active_day(self) -> int:
        return int(self._tx.one(SQL["active_day"])["today"])

    def rescore(self, now: datetime, pace: Pace) -> int:
        return self._tx.run(SQL["rescore"], now=now, **asdict(pace))

    def drop_scores(self, job: str, before: datetime) -> None:
        self._tx.run(SQL["drop_scores"], job=job, before=before)

    def sinking(self, outlook: Outlook, ageing: Ageing, after: UUID) -> Sequence[Aged]:
        rows = self._tx.all(
            SQL["sinking"],
            now=outlook.now,
            then=outlook.then,
            days=outlook.active_days,
            after=after,
            limit=BATCH,
            **_figures(ageing),
        )
        return [
            Aged(MemoryId(row["id"]), State(row["state"]), _standing(row, outlook.now))
            for row in rows
        ]

    def sink(self, moves: Sequence[Move], at: datetime, run_id: RunId) -> Sequence[MemoryId]:
        rows = [
            row
            for first in range(0, len(moves), AT_ONCE)
            for row in self._sunk(moves[first : first + AT_ONCE], at, run_id)
        ]
        return [MemoryId(row["memory_id"]) for row in rows]

    def _sunk(self, moves: Sequence[Move], at: datetime, run_id: RunId) -> Sequence[Row]:
        return self._tx.all(
            SQL["sink"],
            ids=[move.id for move in moves],
            was=[move.was.value for move in moves],
            becomes=[move.becomes.value for move in moves],
            at=at,
            run_id=run_id,
        )

    def put_away(self, now: datetime, since: datetime, ageing: Ageing) -> Sequence[Stored]:
        rows = self._tx.all(
            SQL["put_away"], now=now, archived_before=since, limit=ARCHIVED, **_figures(ageing)
        )
        return [Stored(MemoryId(row["id"]), _put_away(row, now)) for row in rows]

    def announce(self, ids: Sequence[MemoryId], at: datetime) -> None:
        self._tx.run(SQL["announce"], ids=list(ids), at=at)

    def rhythm(self, now: datetime) -> Rhythm:
        row = self._tx.one(SQL["rhythm"], now=now, window=RHYTHM_DAYS)
        return rhythm(row["active_days"], row["known_days"])

    def texts(self, ids: Sequence[MemoryId]) -> Mapping[MemoryId, str]:
        rows = self._tx.all(SQL["texts"], ids=list(ids))
        return {MemoryId(row["id"]): row["text"] for row in rows}


def _figures(ageing: Ageing) -> dict[str, object]:
    return {
        **asdict(ageing.pace),
        "dormant_below": ageing.ladder.dormant_below,
        "archived_below": ageing.ladder.archived_below,
    }


def _standing(row: Row, now: datetime) -> Standing:
    return Standing(
        now=now,
        today=row["today"],
        born=row["born"],
        accessed=row["accessed"],
        youngest=row["youngest"],
        surfaced=row["surfaced"],
        cited=row["cited"],
        links=row["links"],
        happens_at=row["happens_at"],
        expires_at=row["expires_at"],
        pinned=row["pinned"],
    )


def _put_away(row: Row, now: datetime) -> PutAway:
    return PutAway(
        now=now,
        archived_at=row["archived_at"],
        active_days=row["active_days"],
        importance=row["score"],
        pinned=row["pinned"],
        announced_at=row["announced_at"],
    )
