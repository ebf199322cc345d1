"""The runs of the jobs that no model takes part in."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from lt_memory.domain.memory import RunId
from lt_memory.domain.run import Run


def begun(job: str, active_day: int, now: datetime) -> Run:
    return Run(
        id=RunId(uuid4()),
        job=job,
        state="running",
        summary="",
        started_at=now,
        model="",
        inputs={"active_day": active_day},
    )


def done(run: Run, summary: str, decisions: Sequence[Mapping[str, object]], now: datetime) -> Run:
    return replace(run, state="done", summary=summary, decisions=decisions, finished_at=now)


def result(*runs: Run) -> Mapping[str, object]:
    """What the scheduler keeps of it."""
    return {
        "runs": [str(run.id) for run in runs],
        "summary": "; ".join(run.summary for run in runs),
    }


def rehearsed(*runs: Run) -> Mapping[str, object]:
    """What runs would have done that were not kept, so that there is nothing to ask after."""
    return {
        "summary": "; ".join(run.summary for run in runs),
        "decisions": [dict(decision) for run in runs for decision in run.decisions],
    }
