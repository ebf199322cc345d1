"""Blocks of domain knowledge as they are shown, made and changed."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool
from pydantic.config import JsonDict

from api.schemas.base import Asked, Clean, Instant, Listing, Ordinal, Wire, Words
from cns.errors import InvalidInput
from lt_memory.domain.knowledge import (
    LABEL,
    LONGEST,
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    Block,
    Hand,
    Version,
)
from lt_memory.knowledge import BlockChange, BlockState, NewBlock

_BLOCK: JsonDict = {
    "label": "baking",
    "name": "Baking bread",
    "description": "My sourdough, the oven, what worked and what did not.",
    "content": "- The oven runs 15 degrees hot.\n- Ada's starter is fed on Fridays.",
    "enabled": True,
    "version": 4,
    "created_at": "2026-05-04T10:12:31Z",
    "updated_at": "2026-05-06T08:00:00Z",
    "waiting": 3,
    "tokens": 27,
    "in_prompt": True,
    "writer": "on: claude-haiku-4-5",
}

Label = Annotated[
    str,
    Field(
        pattern=f"^{LABEL}$",
        description="A short name for programs: small letters, digits, - and _; at most 64.",
        examples=["baking"],
    ),
]
Name = Annotated[Words, Field(min_length=1, max_length=LONGEST_NAME)]
Description = Annotated[
    Clean,
    Field(max_length=LONGEST_DESCRIPTION, description="What belongs in it; the writer goes by it."),
]
Content = Annotated[
    Clean, Field(max_length=LONGEST, description="What is known, in Markdown; goes in the prompt.")
]
Writer = Annotated[
    str, Field(description="`on:` and the model that keeps it up to date, or `off:` and why.")
]


class BlockShown(Wire):
    """What is known of one subject."""

    model_config = ConfigDict(json_schema_extra={"examples": [_BLOCK]})

    label: str
    name: str
    description: str
    content: str
    enabled: bool
    version: int
    created_at: Instant
    updated_at: Instant
    waiting: int = Field(description="Finished turns that it has still to take in, up to 1000.")
    tokens: int = Field(description="What it takes of the prompt, at most.")
    in_prompt: bool = Field(description="False when it is off, blank, or the prompt has no room.")
    writer: Writer

    @classmethod
    def of(cls, state: BlockState) -> "BlockShown":
        return cls(**_plain(state.block), **_standing(state))


def _plain(block: Block) -> dict[str, object]:
    names = (
        "label",
        "name",
        "description",
        "content",
        "enabled",
        "version",
        "created_at",
        "updated_at",
    )
    return {name: getattr(block, name) for name in names}


def _standing(state: BlockState) -> dict[str, object]:
    return {
        "waiting": state.waiting,
        "tokens": state.tokens,
        "in_prompt": state.in_prompt,
        "writer": state.writer,
    }


class BlocksShown(Listing[BlockShown]):
    """All blocks, and who keeps them up to date."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [_BLOCK], "next_cursor": None, "writer": "on: claude-haiku-4-5"}]
        }
    )

    writer: Writer


class BlockAsked(Asked):
    """A block to begin; what is said from then on is worked into it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"label": "baking", "name": "Baking bread", "content": "The oven runs hot."}
            ]
        }
    )

    label: Label
    name: Name | None = Field(None, description="What people call it; the label when left out.")
    description: Description = ""
    content: Content = ""
    enabled: StrictBool = True

    def as_new(self) -> NewBlock:
        return NewBlock(
            label=self.label,
            name=self.name or self.label,
            description=self.description,
            content=self.content,
            enabled=self.enabled,
        )


class BlockEdit(Asked):
    """What to change; what is not named stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"enabled": False}], "minProperties": 1}
    )

    name: Name = ""
    description: Description = ""
    content: Content = ""
    enabled: StrictBool = True

    def as_change(self) -> BlockChange:
        """Only the fields that were named.

        Raises:
            InvalidInput: none was.
        """
        if not self.model_fields_set:
            raise InvalidInput("Nothing to change: name name, description, content or enabled.")
        change: BlockChange = self.model_dump(include=self.model_fields_set)  # type: ignore[assignment]  # its own fields
        return change


class RestoreAsked(Asked):
    """Which version's words to go back to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 2}]})

    version: Ordinal


class VersionShown(Wire):
    """The content as it was from an instant on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 4,
                    "at": "2026-05-06T08:00:00Z",
                    "actor": "writer",
                    "content": "- The oven runs 15 degrees hot.",
                    "run_id": "0192d3c4-4444-4c3d-9e4f-5a6b7c8d9e0f",
                    "model": "claude-haiku-4-5",
                }
            ]
        }
    )

    version: int
    at: Instant
    actor: Hand
    content: str
    run_id: UUID | None = Field(description="The run that wrote it; null when the user did.")
    model: str | None

    @classmethod
    def of(cls, version: Version) -> "VersionShown":
        return cls(
            version=version.version,
            at=version.at,
            actor=version.actor,
            content=version.content,
            run_id=version.run_id,
            model=version.model,
        )


class BlockErased(Wire):
    """What went; it cannot be had back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"label": "baking", "versions": 4}]})

    label: str
    versions: int = Field(description="How many versions there were.")
