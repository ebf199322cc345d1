"""What was paid for models, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from cns.domain.model import Purpose
from cns.domain.spending import DaySum, Outlay, Spent
from cns.domain.stream import Usage
from cns.ports import Database, Row
from cns.sql import load_queries

SQL = load_queries(Path(__file__).with_name("spending.sql"))


class PostgresSpending:
    """Implements `cns.services.purse.SpendingStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, outlays: Sequence[Outlay]) -> None:
        with self._database.transaction() as tx:
            for outlay in outlays:
                tx.run(SQL["add_outlay"], **_columns(outlay))

    def sums(self, since: date) -> Sequence[DaySum]:
        with self._database.transaction() as tx:
            return [_sum_from(row) for row in tx.all(SQL["sums"], since=since)]

    def calls_for(self, subject: UUID) -> Sequence[DaySum]:
        with self._database.transaction() as tx:
            return [_sum_from(row) for row in tx.all(SQL["calls_for"], subject=subject)]

    def lifted_to(self, day: date) -> float | None:
        with self._database.transaction() as tx:
            row = tx.maybe(SQL["lifted_to"], day=day)
        return None if row is None else float(row["lifted_to_usd"])

    def lift(self, day: date, usd: float) -> None:
        with self._database.transaction() as tx:
            tx.run(SQL["lift"], day=day, usd=usd)

    def promise(self, key: str, at: datetime, usd: float) -> None:
        with self._database.transaction() as tx:
            tx.run(SQL["promise"], key=key, at=at, usd=usd)

    def redeem(self, key: str, before: datetime) -> None:
        with self._database.transaction() as tx:
            tx.run(SQL["redeem"], key=key, before=before)

    def promised(self, since: datetime) -> Mapping[str, tuple[datetime, float]]:
        with self._database.transaction() as tx:
            rows = tx.all(SQL["promised"], since=since)
        return {row["batch_id"]: (row["at"], float(row["cost_usd"])) for row in rows}


def _columns(outlay: Outlay) -> dict[str, object]:
    return {
        "id": outlay.id,
        "at": outlay.at,
        "day": outlay.day,
        "purpose": outlay.purpose.value,
        "subject": outlay.subject,
        "provider": outlay.provider,
        "model": outlay.model,
        **asdict(outlay.usage),
        "cost_usd": outlay.cost_usd,
        "estimated": outlay.estimated,
    }


def _sum_from(row: Row) -> DaySum:
    usage = Usage(
        input_tokens=int(row["input_tokens"]),
        output_tokens=int(row["output_tokens"]),
        cache_read_tokens=int(row["cache_read_tokens"]),
        cache_write_tokens=int(row["cache_write_tokens"]),
    )
    return DaySum(
        day=row["day"],
        purpose=Purpose(row["purpose"]),
        provider=row["provider"],
        model=row["model"],
        spent=Spent(
            calls=row["calls"],
            usage=usage,
            cost_usd=float(row["cost_usd"]),
            unpriced=usage if row["unpriced"] else Usage(),
            unknown=row["calls"] if row["unpriced"] else 0,
            estimated=row["estimated"],
        ),
    )
