"""The HTTP edge, put together: routes found, doors guarded, failures in one form."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware
from typing_extensions import override

from api import errors, routes
from api.body import BodyLimit
from api.headers import SafeHeaders
from api.hosts import HostGuard
from api.schemas.problem import EVERYWHERE, Problem, problems
from api.services import Services
from api.web import WebFiles

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
    for router in _routers():
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


def _operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in schema["paths"].values():
        yield from path.values()
