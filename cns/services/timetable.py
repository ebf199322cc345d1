"""When background jobs run: seen, run now, paused; never one of them twice at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol, runtime_checkable
from uuid import UUID

from cns.errors import Conflict, NotFound
from cns.ports import Job, JobStore, LastRun
from cns.services.jobs import JobRunner


@runtime_checkable
class Rehearsing(Protocol):
    """A job that can say what it would do, and do nothing."""

    def rehearse(self) -> Mapping[str, object]:
        """What a run would come to now, JSON-shaped; nothing of it is kept."""
        ...


class Alarm(Protocol):
    """Where jobs wait for their hour."""

    def next_run(self, name: str) -> datetime | None:
        """None while it is paused."""
        ...

    def pause(self, name: str) -> None: ...

    def resume(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A scheduled job.

    Attributes:
        last: how it went the last time, also before a restart; None when it never ran.
        next_at: None while it is paused.
        rehearses: it can be asked what it would do.
    """

    name: str
    interval: timedelta
    last: LastRun | None
    next_at: datetime | None
    paused: bool
    running: bool
    rehearses: bool


class Timetable:
    """The scheduled jobs, each run by one thread at a time."""

    def __init__(self, jobs: Sequence[Job], runner: JobRunner) -> None:
        self._jobs: Mapping[str, Job] = {job.name: job for job in jobs}
        self._doors: Mapping[str, Lock] = {job.name: Lock() for job in jobs}
        self._runner = runner

    @property
    def jobs(self) -> Mapping[str, Job]:
        return self._jobs

    def is_running(self, name: str) -> bool:
        return self._doors[name].locked()

    def run_due(self, job: Job) -> None:
        """A run whose hour has come; left out while another run of the job is under way."""
        door = self._doors[job.name]
        if door.acquire(blocking=False):
            try:
                self._runner.run_scheduled(job)
            finally:
                door.release()

    def run_now(self, name: str, *, dry_run: bool = False) -> UUID:
        """Start it at once, paused or not; the job to ask after.

        Raises:
            NotFound: there is no such job (`job_not_found`).
            Conflict: it runs already (`job_running`), or has no dry run (`no_dry_run`).
        """
        job = self.known(name)
        if dry_run and not isinstance(job, Rehearsing):
            raise Conflict(
                f"`{name}` has no dry run: what it would do shows only when it runs. Ask"
                " without `dry_run`.",
                code="no_dry_run",
            )
        if self._doors[name].locked():
            raise Conflict(f"`{name}` runs already: wait for its end.", code="job_running")
        return self._runner.submit(name, lambda _: self._at_once(job, dry_run=dry_run))

    def known(self, name: str) -> Job:
        """Raises NotFound (`job_not_found`)."""
        if name not in self._jobs:
            raise NotFound(
                f"There is no job `{name}`; there are {', '.join(sorted(self._jobs))}.",
                code="job_not_found",
            )
        return self._jobs[name]

    def _at_once(self, job: Job, *, dry_run: bool) -> Mapping[str, object]:
        with self._doors[job.name]:
            if dry_run and isinstance(job, Rehearsing):
                return {"dry_run": True, **job.rehearse()}
            return self._runner.run_noted(job)


class Schedule:
    """The timetable beside the clock that rings for it, as the user sees and changes it."""

    def __init__(self, timetable: Timetable, alarm: Alarm, store: JobStore) -> None:
        self._timetable = timetable
        self._alarm = alarm
        self._store = store

    def entries(self) -> Sequence[Entry]:
        """Every scheduled job, by name."""
        last, paused = self._store.last_runs(), self._store.paused()
        return [
            Entry(
                name=name,
                interval=job.interval,
                last=last.get(name),
                next_at=self._alarm.next_run(name),
                paused=name in paused,
                running=self._timetable.is_running(name),
                rehearses=isinstance(job, Rehearsing),
            )
            for name, job in sorted(self._timetable.jobs.items())
        ]

    def run_now(self, name: str, *, dry_run: bool = False) -> UUID:
        """As `Timetable.run_now`."""
        return self._timetable.run_now(name, dry_run=dry_run)

    def pause(self, name: str, *, paused: bool) -> Entry:
        """Stop or resume its hours, across restarts too; raises NotFound (`job_not_found`)."""
        self._timetable.known(name)
        self._store.pause(name, paused=paused)
        if paused:
            self._alarm.pause(name)
        else:
            self._alarm.resume(name)
        return next(entry for entry in self.entries() if entry.name == name)
