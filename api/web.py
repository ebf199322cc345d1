"""The page's files: known kinds only, fresh by ETag, under a strict content-security policy."""

from http import HTTPStatus
from pathlib import Path, PurePosixPath

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from typing_extensions import override

# named here, for what the system's own table of types says differs from machine to machine
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
PAGE = "index.html"
POLICY = (
    "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self' data: blob:; manifest-src 'self'; script-src 'self'; "
    "style-src 'self'; require-trusted-types-for 'script'; trusted-types dompurify"
)


class WebFiles(StaticFiles):
    """Serves the page's files, and nothing else that may lie beside them."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, check_dir=False)

    @override
    async def check_config(self) -> None:
        """A missing page is an ordinary 404, not a broken server."""

    @override
    async def get_response(self, path: str, scope: Scope) -> Response:
        wanted = PurePosixPath(path)
        hidden = any(part.startswith(".") for part in wanted.parts)
        if path == ".":
            path = PAGE
        elif wanted.suffix.lower() not in KINDS or hidden:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return _dressed(await super().get_response(path, scope), PurePosixPath(path))


def _dressed(response: Response, path: PurePosixPath) -> Response:
    response.headers["cache-control"] = "no-cache"
    if response.status_code != HTTPStatus.NOT_MODIFIED:
        response.headers["content-type"] = KINDS[path.suffix.lower()]
    response.headers["content-security-policy"] = POLICY
    return response
