"""No body larger than the limit is taken in, whether it says its size or not."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import answer, refusal

LARGEST = 25 * 1024 * 1024
ROOMY = MappingProxyType({"/api/import": 512 * 1024 * 1024})  # goes to the disk as it comes
# what is read and dropped, so that an honest client is done sending and hears the answer
DROPPED = 4 * LARGEST


class BodyLimit:
    """Answers 413 instead of reading on."""

    def __init__(
        self, app: ASGIApp, *, largest: int = LARGEST, roomy: Mapping[str, int] = ROOMY
    ) -> None:
        self._app = app
        self._largest = largest
        self._roomy = roomy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        largest = self._roomy.get(scope.get("path", ""), self._largest)
        if scope["type"] == "http" and _told(scope) > largest:
            await _drain(receive)
            shown = refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "too_large",
                f"The body is larger than {largest} bytes; send less at once.",
            )
            await answer(shown)(scope, receive, send)
            return
        taken = 0

        async def receive_limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > largest:
                if message.get("more_body", False):
                    await _drain(receive)
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        await self._app(scope, receive_limited, send)


def _told(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length[:20]) if length.isascii() and length.isdigit() else 0


async def _drain(receive: Receive) -> None:
    dropped = 0
    more = True
    while more and dropped <= DROPPED:
        message = await receive()
        dropped += len(message.get("body", b""))
        more = bool(message.get("more_body", False))
