"""What will sink, and when."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.base import Instant, PageAsked, Wire
from lt_memory.domain.memory import State
from lt_memory.forecast import Foretold

DAYS_MAX = 365


class ForecastAsked(PageAsked):
    """How far ahead."""

    days: Annotated[int, Field(ge=1, le=DAYS_MAX, description="Active days to look ahead.")] = 30


class ForetoldShown(Wire):
    """A memory's next step down, if nothing needs it till then."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "memory_id": "0192d3c4-1111-4c3d-9e4f-5a6b7c8d9e0f",
                    "text": "The user's sister Ada lives in Leeds.",
                    "state": "active",
                    "becomes": "dormant",
                    "in_active_days": 12,
                    "expected_at": "2026-05-18T10:12:31Z",
                }
            ]
        },
    )

    memory_id: UUID
    text: str
    state: State
    becomes: Literal["dormant", "archived", "deleted"]
    in_active_days: int = Field(description="Days on which the user writes, from now on.")
    expected_at: Instant | None = Field(
        description="About when, by how often the user wrote in the last four weeks; null when"
        " that gives nothing to go by."
    )

    @classmethod
    def of(cls, foretold: Foretold) -> "ForetoldShown":
        return cls.model_validate(foretold)
