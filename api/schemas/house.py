"""Jobs, the prompt, the parts of the house and their health."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.base import Instant, Wire
from cns.ports import JobRecord, Part, Prompt

JOB = "0192d3c4-9999-4c3d-9e4f-5a6b7c8d9e0f"


class JobStarted(Wire):
    """Ask after it at `/api/jobs/{job_id}`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"job_id": JOB}]})

    job_id: UUID


class JobShown(Wire):
    """A job as it stands; `progress` is 0 to 1."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": JOB,
                    "name": "collapse",
                    "state": "done",
                    "progress": 1.0,
                    "done": 1,
                    "total": 1,
                    "error": None,
                    "result": {"segment_id": "0192d3c4-2222-4c3d-9e4f-5a6b7c8d9e0f", "runs": []},
                    "created_at": "2026-05-04T10:12:30Z",
                    "finished_at": "2026-05-04T10:12:31Z",
                }
            ]
        }
    )

    id: UUID
    name: str
    state: str = Field(description="queued, running, done or failed")
    progress: float
    done: int
    total: int
    error: dict[str, Any] | None = Field(description="Why it failed, as a problem object.")
    result: dict[str, Any] | None
    created_at: Instant
    finished_at: Instant | None

    @classmethod
    def of(cls, job: JobRecord) -> "JobShown":
        return cls(
            id=job.id,
            name=job.name,
            state=job.state,
            progress=job.progress,
            done=job.done,
            total=job.total,
            error=dict(job.error) if job.error is not None else None,
            result=dict(job.result) if job.result is not None else None,
            created_at=job.created_at,
            finished_at=job.finished_at,
        )


class SectionShown(Wire):
    name: str
    cached: bool = Field(description="True for the system sections, which providers may cache.")
    tokens: int = Field(description="Estimated at four characters each.")
    content: str


class LeftOut(Wire):
    """A section that could not be made."""

    name: str
    reason: str


class PromptShown(Wire):
    """What the next turn would send besides history: cached sections first, then live ones."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sections": [
                        {"name": "base", "cached": True, "tokens": 5, "content": "You are MIRA."},
                        {"name": "time", "cached": False, "tokens": 7, "content": "It is Monday."},
                    ],
                    "tokens": 12,
                    "left_out": [],
                }
            ]
        }
    )

    sections: list[SectionShown]
    tokens: int
    left_out: list[LeftOut]

    @classmethod
    def of(cls, prompt: Prompt) -> "PromptShown":
        ordered = sorted(prompt.sections, key=lambda section: not section.cached)
        return cls(
            sections=[
                SectionShown(name=s.name, cached=s.cached, tokens=s.tokens, content=s.content)
                for s in ordered
            ],
            tokens=sum(section.tokens for section in ordered),
            left_out=[LeftOut(name=name, reason=str(why)) for name, why in prompt.failures],
        )


class AboutShown(Wire):
    """Which MIRA this is: versions, the model in use, which parts are embedded."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "version": "0.1.0",
                    "model": {"provider": "local", "name": "SmolLM2-135M", "capable": False},
                    "parts": {"database": "embedded", "cache": "embedded"},
                }
            ]
        },
    )

    version: str


class Alive(Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "alive"}]})

    status: str = "alive"


class PartShown(Wire):
    ok: bool
    latency_ms: float
    detail: str
    required: bool = Field(description="Whether MIRA can serve at all without it.")


class Readiness(Wire):
    """How each part is; `degraded` serves still, with what `detail` says missing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "degraded",
                    "parts": {
                        "database": {
                            "ok": True,
                            "latency_ms": 0.6,
                            "detail": "PostgreSQL 18.6, embedded",
                            "required": True,
                        },
                        "cache": {
                            "ok": False,
                            "latency_ms": 2.0,
                            "detail": "not reachable; answers are not cached",
                            "required": False,
                        },
                    },
                }
            ]
        }
    )

    status: str = Field(description="ready, degraded or unavailable")
    parts: dict[str, PartShown]

    @classmethod
    def of(cls, parts: Sequence[Part]) -> "Readiness":
        if all(part.ok for part in parts):
            status = "ready"
        elif all(part.ok for part in parts if part.required):
            status = "degraded"
        else:
            status = "unavailable"
        shown = {
            part.name: PartShown(
                ok=part.ok,
                latency_ms=part.latency_ms,
                detail=part.detail,
                required=part.required,
            )
            for part in parts
        }
        return cls(status=status, parts=shown)
