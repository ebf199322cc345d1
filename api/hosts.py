"""Only the right Host, the same Origin and bodies of a sane size get past the door."""

from collections.abc import Sequence
from http import HTTPStatus
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from api.errors import answer, refusal
from cns.domain.stream import Problem

READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
DEFAULT_PORTS = {"http": 80, "https": 443}


class HostGuard:
    """Refuses what a foreign page or a rebound name would send.

    Args:
        app: what is guarded.
        port: where this server listens; loopback names are good at that port only.
        allowed: further names, with or without a port; without one, any port will do.
    """

    def __init__(self, app: ASGIApp, *, port: int, allowed: Sequence[str]) -> None:
        self._app = app
        self._port = port
        self._allowed = frozenset(name.lower() for name in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        refused = self._refused(scope) if scope["type"] == "http" else None
        if refused is None:
            await self._app(scope, receive, send)
        else:
            await answer(refused)(scope, receive, send)

    def _refused(self, scope: Scope) -> Problem | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._welcome(hosts[0].lower()):
            given = ", ".join(hosts)[:80] or "none"
            return refusal(
                HTTPStatus.MISDIRECTED_REQUEST,
                "host_not_allowed",
                f"This server does not answer to the Host {given!r}: use http://localhost:"
                f"{self._port}, or add the name to MIRA_SERVER__ALLOWED_HOSTS.",
            )
        origins = headers.getlist("origin")
        if any(not _same(origin, hosts[0].lower()) for origin in origins):
            return _foreign(f"the origin {origins[0][:80]!r}")
        fetched = headers.get("sec-fetch-site", "none")
        if scope["method"] not in READING and fetched not in {"same-origin", "none"}:
            return _foreign(f"a page of another site ({fetched[:40]!r})")
        return None

    def _welcome(self, host: str) -> bool:
        name, port = _split(host)
        if host in self._allowed or name in self._allowed:
            return True
        return _is_loopback(name) and (port or DEFAULT_PORTS["http"]) == self._port


def _foreign(whence: str) -> Problem:
    return refusal(
        HTTPStatus.FORBIDDEN,
        "origin_not_allowed",
        f"The request comes from {whence}. Only MIRA's own page and programs without an "
        "Origin header may ask.",
    )


def _split(host: str) -> tuple[str, int | None]:
    """Name and port of a Host header; a name that cannot be one is empty."""
    try:
        parts = urlsplit(f"//{host}")
        name, port = parts.hostname, parts.port
    except ValueError:
        return "", None
    if parts.netloc != host or "@" in host:
        return "", None
    return name or "", port


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return IPv6Address(name).is_loopback if ":" in name else IPv4Address(name).is_loopback
    except AddressValueError:
        return False


def _same(origin: str, host: str) -> bool:
    scheme, _, place = origin.lower().partition("://")
    default = DEFAULT_PORTS.get(scheme)
    if default is None:
        return False
    (name, port), (wanted, wanted_port) = _split(place), _split(host)
    return bool(name) and name == wanted and (port or default) == (wanted_port or default)
