"""Which chapters are out by batch, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cns.ports import Database, Row
from cns.sql import load_queries
from lt_memory.batch_ports import Submission

SQL = load_queries(Path(__file__).with_name("batches.sql"))


class PostgresBatches:
    """Implements `lt_memory.batch_ports.BatchStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, segment_id: UUID) -> Submission | None:
        with self._database.transaction() as tx:
            row = tx.maybe(SQL["newest"], segment_id=segment_id)
        return None if row is None else _submission_from(row)

    def under_way(self) -> Sequence[Submission]:
        with self._database.transaction() as tx:
            return [_submission_from(row) for row in tx.all(SQL["under_way"])]

    def begin(self, submission: Submission) -> bool:
        with self._database.transaction() as tx:
            return bool(tx.run(SQL["begin"], **_columns(submission)))

    def keep(self, submission: Submission) -> bool:
        with self._database.transaction() as tx:
            return bool(tx.run(SQL["keep"], **_columns(submission)))

    def to_cancel(self) -> Sequence[str]:
        with self._database.transaction() as tx:
            return [row["batch_id"] for row in tx.all(SQL["to_cancel"])]

    def cancelled(self, batch_id: str) -> None:
        with self._database.transaction() as tx:
            tx.run(SQL["cancelled"], batch_id=batch_id)

    def withdraw(self, submission: Submission) -> None:
        with self._database.transaction() as tx:
            tx.run(SQL["withdraw"], id=submission.id)

    def tidy(self, before: datetime) -> int:
        with self._database.transaction() as tx:
            return tx.run(SQL["tidy"], before=before)


def _columns(submission: Submission) -> dict[str, object]:
    answered, requests = dict(submission.answered), list(submission.requests)
    return {**asdict(submission), "answered": answered, "requests": requests}


def _submission_from(row: Row) -> Submission:
    return Submission(**{**row, "requests": tuple(row["requests"])})
