"""Periodic jobs on APScheduler; their last runs are in the store, so restarts lose nothing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from cns.ports import Clock, Job, JobStore
from cns.services.jobs import JobRunner

SETTLE = timedelta(seconds=3)
JITTER_SHARE = 0.05
LONGEST_JITTER_SECONDS = 60


@contextmanager
def scheduled(
    jobs: Sequence[Job], runner: JobRunner, store: JobStore, clock: Clock
) -> Iterator[BackgroundScheduler]:
    """Run each job at its interval since its last run; a missed one runs soon after start."""
    scheduler = BackgroundScheduler(timezone="UTC")
    last_runs = store.last_runs()
    for job in jobs:
        last = last_runs.get(job.name)
        scheduler.add_job(
            runner.run_scheduled,
            IntervalTrigger(
                seconds=int(job.interval.total_seconds()),
                jitter=_jitter(job.interval),
            ),
            args=[job],
            id=job.name,
            next_run_time=first_run(last.at if last else None, job.interval, clock.now()),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    scheduler.start()
    try:
        yield scheduler
    finally:
        scheduler.shutdown(wait=True)


def first_run(last: datetime | None, interval: timedelta, now: datetime) -> datetime:
    """When a job is due after a start: an interval after its last run, but not at this instant."""
    due = last + interval if last else now
    return max(due, now + SETTLE)


def _jitter(interval: timedelta) -> int:
    return int(min(interval.total_seconds() * JITTER_SHARE, LONGEST_JITTER_SECONDS))
