"""Bringing in what was said elsewhere."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, UploadFile
from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.schemas.house import JobStarted
from api.schemas.problem import problems
from api.services import Edge
from cns.import_ports import Order

router = APIRouter(tags=["import"])
LONGEST_NAME = 100
UNNAMED = "unnamed file"
SENT = {
    "format": "messages",
    "file": '{"role": "user", "content": "The quince tree bore nothing this year.",'
    ' "created_at": "2024-08-01T10:00:00Z", "session": "garden"}\n',
}


def _known(given: str) -> str:
    if given not in {"auto", "messages"}:
        raise PydanticCustomError(
            "not_supported_yet",
            "files of this kind cannot be read yet; send `messages` (JSON Lines, see /docs)",
        )
    return given


Kind = Annotated[
    Literal["auto", "mira", "messages", "chatgpt", "claude"],
    AfterValidator(_known),
    WithJsonSchema({"type": "string", "enum": ["auto", "messages", ""]}),  # a blank is no word
]


@router.post(
    "/api/import",
    summary="Import messages",
    status_code=202,
    responses=problems(413, 503),
    openapi_extra={"requestBody": {"content": {"multipart/form-data": {"example": SENT}}}},
)
def import_file(
    services: Edge,
    file: UploadFile,
    format: Annotated[Kind, Form(description="What the file is; `auto` finds out.")] = "auto",  # noqa: A002, ARG001 - the contract's name, and both read the same as yet
    extract: Annotated[bool, Query(description="Also draw memories from it.")] = False,  # noqa: FBT002 - a query parameter
) -> JobStarted:
    """A job. `messages` is JSON Lines, one message a line.

    `{"role": "user" | "assistant", "content": text, "created_at": instant with its zone,
    "name": text?, "external_id": text?, "session": text?}`

    Each session becomes a chapter at its own time; what names none is parted where it was silent.
    When the job is done, all of it can be found. Its result is `{added, existing, skipped: [{item,
    reason}]}`, with `unembedded` beside them where the embedding model was away: so many are found
    by their words alone until it is back. Importing a file again adds nothing. What is drawn from
    an import waits for review.
    """
    name = "".join(filter(str.isprintable, file.filename or "")).strip()[:LONGEST_NAME]
    order = Order(file=name or UNNAMED, extract=extract)
    return JobStarted(job_id=services.imports.begin(order, file.file))
