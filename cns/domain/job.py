"""What is known of background work: a one-off job, and the last run of a scheduled one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """A one-off job; `state` is queued, running, done or failed, progress 0 to 1."""

    id: UUID
    name: str
    created_at: datetime
    state: str = "queued"
    progress: float = 0.0
    done: int = 0
    total: int = 0
    error: Mapping[str, object] | None = None
    result: Mapping[str, object] | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """How a scheduled job's last run went; `outcome` is done or failed."""

    name: str
    at: datetime
    seconds: float
    outcome: str
    detail: str
