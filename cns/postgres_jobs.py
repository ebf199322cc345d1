"""The store of jobs in PostgreSQL."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cns.domain.stream import Problem
from cns.errors import NotFound
from cns.ports import Database, JobRecord, LastRun
from cns.problems import as_json
from cns.rows import job_from, last_run_from
from cns.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
ABANDONED = Problem(
    title="Interrupted",
    status=503,
    detail="MIRA was stopped while this job ran. What it had to do is found again by itself.",
    code="job_interrupted",
    retryable=True,
)


class PostgresJobStore:
    """Implements `cns.ports.JobStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, record: JobRecord) -> None:
        with self._database.transaction() as tx:
            tx.run(
                SQL["save_job"],
                id=record.id,
                name=record.name,
                state=record.state,
                progress=record.progress,
                done=record.done,
                total=record.total,
                error=None if record.error is None else dict(record.error),
                result=None if record.result is None else dict(record.result),
                created_at=record.created_at,
                finished_at=record.finished_at,
            )

    def load(self, job_id: UUID) -> JobRecord:
        with self._database.transaction() as tx:
            row = tx.maybe(SQL["job"], id=job_id)
        if row is None:
            raise NotFound(f"There is no job {job_id}.", code="job_not_found")
        return job_from(row)

    def abandon(self, now: datetime) -> int:
        with self._database.transaction() as tx:
            return tx.run(SQL["abandon_jobs"], now=now, error=as_json(ABANDONED))

    def note_run(self, run: LastRun) -> None:
        with self._database.transaction() as tx:
            tx.run(
                SQL["note_run"],
                name=run.name,
                at=run.at,
                seconds=run.seconds,
                outcome=run.outcome,
                detail=run.detail,
            )

    def last_runs(self) -> Mapping[str, LastRun]:
        with self._database.transaction() as tx:
            return {row["name"]: last_run_from(row) for row in tx.all(SQL["last_runs"])}

    def paused(self) -> frozenset[str]:
        with self._database.transaction() as tx:
            return frozenset(row["name"] for row in tx.all(SQL["paused_jobs"]))

    def pause(self, name: str, *, paused: bool) -> None:
        with self._database.transaction() as tx:
            tx.run(SQL["pause_job" if paused else "resume_job"], name=name)
