"""What is known about the user, as it is shown and written."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.base import Asked, Clean, Instant, Wire
from lt_memory.domain.user_information import LONGEST, UserInformation


class UserInformationShown(Wire):
    """The section of the prompt, whose words they are, and what they were drawn from."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "text": "- Vegetarian, allergic to walnuts.\n- Prefers short answers.",
                    "source": "automatic",
                    "updated_at": "2026-05-06T08:00:00Z",
                    "memory_ids": ["0192d3c4-1111-4c3d-9e4f-5a6b7c8d9e0f"],
                    "run_id": "0192d3c4-4444-4c3d-9e4f-5a6b7c8d9e0f",
                    "model": "claude-haiku-4-5",
                }
            ]
        }
    )

    text: str
    source: Literal["automatic", "user"] = Field(
        description="user: written by hand, and no run writes over it."
    )
    updated_at: Instant | None = Field(description="Null while nothing was written.")
    memory_ids: list[UUID] = Field(description="The memories that it was drawn from.")
    run_id: UUID | None
    model: str | None = Field(description="`list` where no model wrote it.")

    @classmethod
    def of(cls, stands: UserInformation | None) -> "UserInformationShown":
        if stands is None:
            return cls(
                text="", source="automatic", updated_at=None, memory_ids=[], run_id=None, model=None
            )
        return cls(
            text=stands.text,
            source="user" if stands.by_hand else "automatic",
            updated_at=stands.updated_at,
            memory_ids=list(stands.memory_ids),
            run_id=stands.run_id,
            model=stands.model,
        )


class UserInformationAsked(Asked):
    """The user's own words; blank ones keep the section out of the prompt."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "- Call me Ada."}]})

    text: Annotated[Clean, Field(max_length=LONGEST)]
