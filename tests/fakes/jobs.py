"""The store of jobs in memory; the contract suite proves that it behaves like the real one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from cns.errors import NotFound
from cns.ports import JobRecord, LastRun
from cns.postgres_jobs import ABANDONED
from cns.problems import as_json


class FakeJobStore:
    """Implements `cns.ports.JobStore`."""

    def __init__(self) -> None:
        self._jobs: dict[UUID, JobRecord] = {}
        self._runs: dict[str, LastRun] = {}
        self._paused: set[str] = set()

    def save(self, record: JobRecord) -> None:
        self._jobs[record.id] = record

    def load(self, job_id: UUID) -> JobRecord:
        if job_id not in self._jobs:
            raise NotFound(f"There is no job {job_id}.", code="job_not_found")
        return self._jobs[job_id]

    def abandon(self, now: datetime) -> int:
        left = [job for job in self._jobs.values() if job.state in {"queued", "running"}]
        for job in left:
            self._jobs[job.id] = replace(
                job, state="failed", finished_at=now, error=as_json(ABANDONED)
            )
        return len(left)

    def note_run(self, run: LastRun) -> None:
        self._runs[run.name] = run

    def last_runs(self) -> Mapping[str, LastRun]:
        return dict(self._runs)

    def paused(self) -> frozenset[str]:
        return frozenset(self._paused)

    def pause(self, name: str, *, paused: bool) -> None:
        self._paused = self._paused | {name} if paused else self._paused - {name}
