"""A failure in words for a stored job or turn: the problem object of the HTTP contract."""

from collections.abc import Mapping

from cns.domain.stream import Problem
from cns.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    MiraError,
    NotFound,
    SpendingCeiling,
    TooMany,
    Unauthorized,
    Unavailable,
)

STATUS: Mapping[type[MiraError], tuple[int, str]] = {
    InvalidInput: (400, "The request cannot be used"),
    Unauthorized: (401, "Please sign in"),
    Forbidden: (403, "Not allowed"),
    NotFound: (404, "Not found"),
    Conflict: (409, "Something changed first"),
    TooMany: (429, "Too many requests"),
    SpendingCeiling: (429, "The day's ceiling is reached"),
    Unavailable: (503, "A part is not available"),
}
INTERNAL = Problem(
    title="MIRA made a mistake",
    status=500,
    detail="Something went wrong inside MIRA; its log says what. What you wrote is kept.",
    code="internal_error",
    retryable=True,
)


def problem(error: MiraError) -> Problem:
    """The error as its problem object, by the nearest class of the table."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            status, title = STATUS[kind]
            return Problem(
                title=title,
                status=status,
                detail=error.detail,
                code=error.code,
                retryable=error.retryable,
                extra=error.extra,
            )
    return INTERNAL


def as_json(shown: Problem) -> dict[str, object]:
    """RFC 9457's members, and ours beside them."""
    return {
        "type": "about:blank",
        "title": shown.title,
        "status": shown.status,
        "detail": shown.detail,
        "code": shown.code,
        "retryable": shown.retryable,
        **shown.extra,
    }


def from_json(stored: Mapping[str, object]) -> Problem:
    """The inverse of `as_json`."""
    members = set(as_json(INTERNAL))
    return Problem(
        title=str(stored["title"]),
        status=int(str(stored["status"])),
        detail=str(stored["detail"]),
        code=str(stored["code"]),
        retryable=stored["retryable"] is True,
        extra={name: value for name, value in stored.items() if name not in members},
    )
