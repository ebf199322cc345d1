"""The HTTP edge, put together: routes found, doors guarded, failures in one form."""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from http import HTTPMethod
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import override

from api import errors, routes
from api.body import BodyLimit
from api.headers import SafeHeaders
from api.hosts import HostGuard
from api.schemas.problem import EVERYWHERE, Problem, problems
from api.services import Services
from api.web import WebFiles

METHODS = frozenset(method.value for method in HTTPMethod)
QUIET: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
ABOUT = """Everything that MIRA's own page does, any program can do.

Bodies are JSON with `snake_case` names; instants are ISO 8601 in UTC; ids are UUIDs. Lists answer
with `items` and `next_cursor`. Whatever fails answers with `application/problem+json`, whose `code`
is stable and whose `detail` says what to do next."""


class EdgeApp(FastAPI):
    """FastAPI, with the problem object in place of its own form of a refusal."""

    @override
    def openapi(self) -> dict[str, Any]:
        schema = super().openapi()
        schemas = schema["components"]["schemas"]
        schemas["Problem"] = Problem.model_json_schema()
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        for operation in _operations(schema):
            operation["responses"].pop("422", None)
        return schema


def create_app(services: Services) -> FastAPI:
    """The application that serves these services."""
    app = EdgeApp(
        title="MIRA",
        version=services.version,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(SafeHeaders),
            Middleware(HostGuard, port=services.port, allowed=services.allowed_hosts),
            Middleware(BodyLimit),
        ],
        telemetry=QUIET,
    )
    app.state.services = services
    errors.install(app)
    routers = tuple(_routers())
    app.router.routes.extend(_refusals(routers))
    for router in routers:
        app.include_router(router, responses=problems(*EVERYWHERE))
    # what no route takes is a file of the page, or nothing
    app.router.default = WebFiles(services.web_dir)
    return app


def _routers() -> Iterator[APIRouter]:
    """The `router` of every module in api/routes."""
    for info in sorted(pkgutil.iter_modules(routes.__path__), key=lambda info: info.name):
        router = importlib.import_module(f"{routes.__name__}.{info.name}").router
        if not isinstance(router, APIRouter):
            raise TypeError(f"api/routes/{info.name}.py: `router` is no APIRouter")
        yield router


def _refusals(routers: Sequence[APIRouter]) -> Iterator[Route]:
    """A word may stand where another address has an id: its other methods are not the id's."""
    known = [each for router in routers for each in router.routes if isinstance(each, Route)]
    for path in {each.path for each in known if "{" not in each.path}:
        taken = {method for each in known if each.path == path for method in each.methods or ()}
        if any("{" in each.path and each.path_regex.match(path) for each in known):
            yield Route(path, _refused(taken), methods=METHODS - taken, include_in_schema=False)


def _refused(taken: Iterable[str]) -> Callable[[Request], Awaitable[Response]]:
    allowed = ", ".join(sorted(taken))

    async def refuse(_: Request) -> Response:
        return errors.not_allowed(allowed)

    return refuse


def _operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in schema["paths"].values():
        yield from path.values()
