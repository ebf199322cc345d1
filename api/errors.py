"""Every failure as `application/problem+json`, by class, in one place."""

import json
import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from math import ceil
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api.headers import SAFE
from api.schemas.problem import MEDIA_TYPE
from cns.domain.stream import Problem
from cns.errors import MiraError
from cns.problems import INTERNAL, as_json, problem

logger = logging.getLogger(__name__)
LONGEST_NAME = 80
MOST_FAULTS = 20
CODES_BY_FAULT = {"json_invalid": "invalid_json", "not_supported_yet": "not_supported_yet"}
CODES = {
    400: ("invalid_json", "The body cannot be read: it must be JSON in UTF-8, nested sanely."),
    404: ("not_found", "There is nothing at this address. The routes are listed at /docs."),
    405: ("method_not_allowed", "This address does not take that method; see `Allow`."),
    413: ("too_large", "The body is too large; send less at once."),
}


def answer(shown: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as a response; ASCII, so that no text can break it."""
    body = json.dumps(as_json(shown), default=str)
    return Response(body, shown.status, {**SAFE, **_wait(shown), **(headers or {})}, MEDIA_TYPE)


def _wait(shown: Problem) -> Mapping[str, str]:
    """In whole seconds, as the header wants them."""
    seconds = shown.extra.get("retry_after")
    return {"retry-after": str(ceil(seconds))} if isinstance(seconds, float | int) else {}


def refusal(status: int, code: str, detail: str, **extra: object) -> Problem:
    """A problem of the edge's own making."""
    return Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        retryable=False,
        extra=extra,
    )


def install(app: FastAPI) -> None:
    """Have the app answer every failure this way."""
    app.add_exception_handler(MiraError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _broken)


async def _known(_: Request, error: Exception) -> Response:
    if not isinstance(error, MiraError):
        raise error
    return answer(problem(error))


async def _broken(request: Request, error: Exception) -> Response:
    logger.error(
        "request failed",
        exc_info=error,
        extra={"action": "request_failed", "method": request.method, "path": request.url.path},
    )
    return answer(INTERNAL)


async def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return not_allowed(", ".join(_allowed(request)) or (error.headers or {}).get("Allow", ""))
    phrase = HTTPStatus(error.status_code).phrase
    code, detail = CODES.get(error.status_code, (phrase.lower().replace(" ", "_"), phrase))
    return answer(refusal(error.status_code, code, detail))


def not_allowed(methods: str) -> Response:
    """The address is known, the method is not; `methods` is what stands in `Allow`."""
    status = HTTPStatus.METHOD_NOT_ALLOWED
    return answer(refusal(status, *CODES[status]), {"allow": methods})


def _allowed(request: Request) -> list[str]:
    """Every method of every route at this address, not only of the first."""
    methods: set[str] = set()
    for context in iter_route_contexts(request.app.routes):
        if context.matches(request.scope)[0] is not Match.NONE:
            methods |= context.methods or set()
    return sorted(methods)


async def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    if isinstance(error.body, bytes):
        given = request.headers.get("content-type", "")[:LONGEST_NAME]
        detail = f"The body must be JSON: send `Content-Type: application/json`, not {given!r}."
        return answer(refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
    faults = [_fault(fault) for fault in error.errors()[:MOST_FAULTS]]
    code = _code(error.errors())
    detail = " ".join(f"{fault['where']}: {fault['message']}." for fault in faults[:3])
    return answer(refusal(HTTPStatus.BAD_REQUEST, code, detail, errors=faults))


def _code(faults: Iterable[Mapping[str, Any]]) -> str:
    told = (CODES_BY_FAULT[fault["type"]] for fault in faults if fault["type"] in CODES_BY_FAULT)
    return next(told, "validation_failed")


def _fault(fault: Mapping[str, Any]) -> dict[str, str]:
    where = ".".join(str(part)[:LONGEST_NAME] for part in fault["loc"])
    if fault["type"] == "json_invalid":
        message = f"not valid JSON: {fault['ctx']['error']} (at character {fault['loc'][-1]})"
        where = "body"
    elif fault["type"] == "extra_forbidden":
        message = "there is no such field here"
    else:
        message = _told(fault)
    return {"where": where, "message": message.rstrip(".")}


def _told(fault: Mapping[str, Any]) -> str:
    """A text that was looked at before it was measured is no list of items."""
    told = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] in {"too_long", "too_short"} and isinstance(fault.get("input"), str):
        told = told.replace("Value", "The text", 1).replace(" after validation", "")
        return told.replace("item", "character", 1)
    return told
