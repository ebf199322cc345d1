"""The one shape of every refusal and failure: RFC 9457 with our members beside."""

from pydantic import ConfigDict, Field

from api.schemas.base import Wire

MEDIA_TYPE = "application/problem+json"
REFERENCE = {"$ref": "#/components/schemas/Problem"}
SAID = {
    400: "The request cannot be used; `detail` says what to change.",
    403: "The request comes from another site.",
    404: "There is no such thing.",
    409: "Something else came first; `code` says what.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    421: "The Host name is not one that this server answers to.",
    500: "A mistake of the server's own; its log says which.",
    503: "A part that this needs is not available now.",
}
EVERYWHERE = (400, 403, 421, 500, 503)
WITH_BODY = (413, 415)

Responses = dict[int | str, dict[str, object]]


class Problem(Wire):
    """What went wrong, and what can be done next."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Something changed first",
                    "status": 409,
                    "detail": "A turn is still running: wait for it, or stop it first.",
                    "code": "turn_in_progress",
                    "retryable": False,
                    "turn_id": "0192d3c4-8a1b-7c3d-9e4f-5a6b7c8d9e0f",
                }
            ]
        },
    )

    type: str = Field(description="`about:blank`: the `code` says which it is.")
    title: str
    status: int
    detail: str = Field(description="What happened, with which value, and what to do next.")
    code: str = Field(description="A stable word for machines.")
    retryable: bool = Field(description="Whether the same request may succeed later.")


def problems(*statuses: int) -> Responses:
    """The documentation of these refusals, for a route's `responses`."""
    return {
        status: {
            "description": SAID[status],
            "content": {MEDIA_TYPE: {"schema": REFERENCE}},
        }
        for status in statuses
    }
