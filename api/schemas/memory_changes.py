"""What is asked for several memories at once, and for going back."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.base import Asked, Ordinal
from api.schemas.memories import MEMORY, MemoryAsked, MemoryShown, MemoryText
from lt_memory.domain.memory import Memory, RunId
from lt_memory.reshaping import FEWEST, MOST

BATCH_MAX = 200

Batch = Annotated[list[MemoryAsked], Field(min_length=1, max_length=BATCH_MAX)]


class RevisionAsked(Asked):
    """Which revision to go back to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"revision": 1}]})

    revision: Ordinal


class MergeAsked(Asked):
    """The memories that are to be one, and what it says."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ids": [
                        "0192d3c4-1111-4c3d-9e4f-5a6b7c8d9e0f",
                        "0192d3c4-4444-4c3d-9e4f-5a6b7c8d9e0f",
                    ],
                    "text": "The user's sister Ada lives in Leeds and sings in a choir.",
                }
            ]
        }
    )

    ids: Annotated[
        list[UUID],
        Field(min_length=FEWEST, max_length=MOST, json_schema_extra={"uniqueItems": True}),
    ]
    text: MemoryText


class SplitAsked(Asked):
    """What the parts say."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"texts": ["The user's sister Ada lives in Leeds.", "Ada sings in a choir."]}
            ]
        }
    )

    texts: Annotated[list[MemoryText], Field(min_length=FEWEST, max_length=MOST)]


class MemoryReshaped(MemoryShown):
    """A memory that a merge or a split made; undoing the run takes it back."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**MEMORY, "run_id": "0192d3c4-5555-4c3d-9e4f-5a6b7c8d9e0f"}]
        }
    )

    run_id: UUID

    @classmethod
    def made(cls, memory: Memory, run_id: RunId) -> "MemoryReshaped":
        shown: dict[str, Any] = MemoryShown.of(memory).model_dump()
        return cls.model_validate({**shown, "run_id": run_id})
