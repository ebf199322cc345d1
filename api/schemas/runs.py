"""Runs of background work as they are shown."""

from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.schemas.base import Clean, Instant, PageAsked, Wire
from lt_memory.domain.run import RunRecord

RUN: JsonDict = {
    "id": "0192d3c4-4444-4c3d-9e4f-5a6b7c8d9e0f",
    "job": "extract",
    "state": "done",
    "summary": "1 stored, 0 known, 0 refused",
    "started_at": "2026-05-04T10:12:30Z",
    "finished_at": "2026-05-04T10:12:31Z",
    "model": "rules",
    "tokens": 0,
    "cost_usd": 0.0,
    "final": False,
    "inputs": {"segment_id": "0192d3c4-2222-4c3d-9e4f-5a6b7c8d9e0f"},
    "decisions": [{"decision": "stored", "memory_id": "0192d3c4-1111-4c3d-9e4f-5a6b7c8d9e0f"}],
    "revisions": [
        {
            "memory_id": "0192d3c4-1111-4c3d-9e4f-5a6b7c8d9e0f",
            "revision": 1,
            "change": "created",
            "before": None,
            "after": {"text": "The user's sister Ada lives in Leeds."},
        }
    ],
    "revision_count": 1,
    "user_information": None,
}
SCORE: JsonDict = {
    "memory_id": "0192d3c4-1111-4c3d-9e4f-5a6b7c8d9e0f",
    "before": 0.5,
    "after": 0.421,
}


class RunsAsked(PageAsked):
    job: Clean | None = Field(None, max_length=50, description="Only runs of that job.")


class RunRevisionShown(Wire):
    """What a run did to one memory; `before` is null where it made it, `after` where it went."""

    memory_id: UUID
    revision: int
    change: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class RunScoreShown(Wire):
    """How a run weighed one memory anew: its importance before and after."""

    model_config = ConfigDict(json_schema_extra={"examples": [SCORE]})

    memory_id: UUID
    before: float
    after: float


class RewrittenShown(Wire):
    """What a run made of the section on the user; `before` is null where nothing stood there."""

    before: str | None
    after: str


class RunShown(Wire):
    """One piece of background work, with all that it did to memories."""

    model_config = ConfigDict(json_schema_extra={"examples": [RUN]})

    id: UUID
    job: str
    state: str = Field(description="running, done, failed or undone")
    summary: str
    started_at: Instant
    finished_at: Instant | None
    model: str | None
    tokens: int = Field(description="What models read and wrote for it, together.")
    cost_usd: float | None = Field(description="Null where a price is not known.")
    final: bool = Field(
        description="True when it cannot be undone: it erased for good, or scored over a week ago."
    )
    inputs: dict[str, Any]
    decisions: list[dict[str, Any]]
    revisions: list[RunRevisionShown] = Field(
        description="In a list the first hundred; of one run all of them."
    )
    revision_count: int
    user_information: RewrittenShown | None = Field(
        description="Of a run that wrote it; null again once a memory behind it was deleted."
    )

    @classmethod
    def of(cls, record: RunRecord) -> "RunShown":
        run = record.run
        return cls(
            id=run.id,
            job=run.job,
            state=run.state,
            summary=run.summary,
            started_at=run.started_at,
            finished_at=run.finished_at,
            model=run.model or None,
            tokens=run.usage.input_tokens + run.usage.output_tokens,
            cost_usd=run.cost_usd,
            final=run.final,
            inputs=dict(run.inputs),
            decisions=[dict(each) for each in run.decisions],
            revisions=[
                RunRevisionShown.model_validate(each, from_attributes=True)
                for each in record.revisions
            ],
            revision_count=record.revision_count,
            user_information=RewrittenShown.model_validate(
                record.user_information, from_attributes=True
            )
            if record.user_information
            else None,
        )
