"""Scheduled jobs as they are shown."""

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.schemas.base import Instant, Wire
from cns.services.timetable import Entry

JOB: JsonDict = {
    "name": "decay",
    "interval_seconds": 86400.0,
    "paused": False,
    "running": False,
    "dry_run": True,
    "last_run_at": "2026-05-04T03:00:00Z",
    "last_seconds": 0.2,
    "last_outcome": "done",
    "last_detail": "{'runs': []}",
    "next_run_at": "2026-05-05T03:00:00Z",
}


class ScheduledJob(Wire):
    """A job that runs by itself, with its last and its next run."""

    model_config = ConfigDict(json_schema_extra={"examples": [JOB]})

    name: str
    interval_seconds: float
    paused: bool
    running: bool
    dry_run: bool = Field(description="True when it can say what it would do.")
    last_run_at: Instant | None
    last_seconds: float | None
    last_outcome: str | None = Field(description="done or failed")
    last_detail: str | None
    next_run_at: Instant | None = Field(description="Null while it is paused.")

    @classmethod
    def of(cls, entry: Entry) -> "ScheduledJob":
        last = entry.last
        return cls(
            name=entry.name,
            interval_seconds=entry.interval.total_seconds(),
            paused=entry.paused,
            running=entry.running,
            dry_run=entry.rehearses,
            last_run_at=last.at if last else None,
            last_seconds=last.seconds if last else None,
            last_outcome=last.outcome if last else None,
            last_detail=last.detail if last else None,
            next_run_at=entry.next_at,
        )
