"""Periodic jobs on APScheduler; their last runs are in the store, so restarts lose nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from cns.ports import Clock, JobStore
from cns.services.timetable import Timetable

SETTLE = timedelta(seconds=3)
JITTER_SHARE = 0.05
LONGEST_JITTER_SECONDS = 60


class ApschedulerAlarm:
    """Implements `cns.services.timetable.Alarm`."""

    def __init__(self, scheduler: BackgroundScheduler) -> None:
        self._scheduler = scheduler

    def next_run(self, name: str) -> datetime | None:
        job = self._scheduler.get_job(name)
        return None if job is None else job.next_run_time

    def pause(self, name: str) -> None:
        self._scheduler.pause_job(name)

    def resume(self, name: str) -> None:
        self._scheduler.resume_job(name)


@contextmanager
def scheduled(timetable: Timetable, store: JobStore, clock: Clock) -> Iterator[ApschedulerAlarm]:
    """Run each job at its interval since its last run; a missed one runs soon after start."""
    scheduler = BackgroundScheduler(timezone="UTC")
    last_runs, paused = store.last_runs(), store.paused()
    for job in timetable.jobs.values():
        last = last_runs.get(job.name)
        scheduler.add_job(
            timetable.run_due,
            IntervalTrigger(
                seconds=int(job.interval.total_seconds()),
                jitter=_jitter(job.interval),
            ),
            args=[job],
            id=job.name,
            next_run_time=None
            if job.name in paused
            else first_run(last.at if last else None, job.interval, clock.now()),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    scheduler.start()
    try:
        yield ApschedulerAlarm(scheduler)
    finally:
        scheduler.shutdown(wait=True)


def first_run(last: datetime | None, interval: timedelta, now: datetime) -> datetime:
    """When a job is due after a start: an interval after its last run, but not at this instant."""
    due = last + interval if last else now
    return max(due, now + SETTLE)


def _jitter(interval: timedelta) -> int:
    return int(min(interval.total_seconds() * JITTER_SHARE, LONGEST_JITTER_SECONDS))
