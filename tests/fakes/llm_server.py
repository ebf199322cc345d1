"""A language model's server on a loopback port, in three wire protocols, with faults on demand."""

import json
import re
import select
import socket
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from ssl import SSLContext, SSLError
from threading import Event, Thread
from time import monotonic
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlsplit

from typing_extensions import override

from tests.fakes import llm_batches
from tests.fakes.llm import Calls, Says, document, note_on
from tests.fakes.llm_wire import (
    WireRequest,
    anthropic_frame,
    frames,
    may_come_twice,
    openai_frame,
    unheard_of,
    whole,
)
from tests.fakes.ollama_wire import ollama_line

DOORS = {
    "/v1/messages": "anthropic",
    "/v1/chat/completions": "openai",
    "/api/chat": "ollama",
}
STREAMS = {"ollama": "application/x-ndjson"}
SKILLS = ("completion", "tools", "vision", "thinking")
TRICKLE_SECONDS = 0.03
QUOTATION = re.compile(r'^- \[(?P<id>[0-9a-f]+)\] \([^)]*\) "(?P<words>.*)"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Status:
    """An HTTP error with the vendor's message and word for it."""

    status: int
    message: str = "the vendor's own words"
    retry_after: str = ""
    code: str = "some_code"


@dataclass(frozen=True, slots=True)
class Page:
    """HTML where an answer was due, as a proxy or a portal sends it."""

    status: int = 200


@dataclass(frozen=True, slots=True)
class Nothing:
    """A good status and an empty body."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Nothing at all until the event, or the client hangs up; then the answer."""

    until: Event
    answer: Says | Calls


@dataclass(frozen=True, slots=True)
class Stalls:
    """The first pieces of an answer, then silence until the client hangs up."""

    answer: Says | Calls
    pieces: int = 5


@dataclass(frozen=True, slots=True)
class Trickles:
    """An answer whose last words never come: a word every now and then until the client leaves."""

    answer: Says


@dataclass(frozen=True, slots=True)
class Doubled:
    """An answer, all that says nothing new told twice."""

    answer: Says | Calls


@dataclass(frozen=True, slots=True)
class Strange:
    """An answer with events in between that nobody has heard of."""

    answer: Says | Calls


@dataclass(frozen=True, slots=True)
class Cut:
    """The first bytes of an answer, then the connection is gone.

    Attributes:
        frames: how many come whole; counted from the end when negative.
        in_character: it breaks off within the first character after them that takes more bytes.
        clean: the body ends as if it were whole (a proxy's doing), rather than broken off.
    """

    answer: Says | Calls
    frames: int = 5
    more_bytes: int = 0
    in_character: bool = False
    clean: bool = False


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """A good beginning, then an error inside the stream."""

    after: Says
    kind: str = "overloaded_error"
    code: int | None = 503


@dataclass(frozen=True, slots=True)
class Raw:
    """These very bytes as the event stream."""

    body: bytes


Broken = Stalls | Trickles | Doubled | Strange | Cut | ErrorEvent | Raw
Behaviour = Says | Calls | Status | Page | Nothing | Waits | Broken
Answerer = Callable[[WireRequest], Behaviour]


def echo(request: WireRequest) -> Behaviour:
    """The answer when none is scripted: cites what was recalled, else repeats what was said."""
    if request.schema is not None:
        return document(blank(request.schema))
    asked = set(re.findall(r"\w+", request.newest_text.lower()))
    recalled = list(QUOTATION.finditer(request.live))
    if recalled and request.newest_text.rstrip().endswith("?"):
        best = max(recalled, key=lambda m: len(asked & set(re.findall(r"\w+", m["words"].lower()))))
        return Says(f'I remember: "{best["words"]}" <mira:memory_ref="{best["id"]}" />')
    return Says(f"I heard: {request.newest_text}")


def blank(schema: Mapping[str, Any]) -> object:
    """The emptiest document that a schema allows."""
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return blank(schema["anyOf"][0])
    if schema.get("type") == "object":
        return {name: blank(inner) for name, inner in schema.get("properties", {}).items()}
    return {"array": [], "string": "", "integer": 0, "number": 0, "boolean": False}.get(
        str(schema.get("type"))
    )


class FakeLLMServer:
    """Answers from a queue of behaviours, then by `answerer`; keeps every request.

    Attributes:
        requests: what was asked of a model, oldest first.
        notes: the answers to the next requests for touchstones; after them, `note_on` answers.
        asides: the requests for touchstones, which are not among the others.
        hung_up: set when a client left in the middle of an answer.
        models: what `/v1/models` and `/api/tags` list.
        lengths: each model's context length, as Ollama tells it.
        skills: each model's capabilities, as Ollama tells them; all when not named.
        batches: Anthropic's batch interface, where there is one.
    """

    def __init__(self, answerer: Answerer = echo, tls: SSLContext | None = None) -> None:
        self.answerer = answerer
        self.queue: deque[Behaviour] = deque()
        self.requests: list[WireRequest] = []
        self.notes: deque[Behaviour] = deque()
        self.asides: list[WireRequest] = []
        self.hung_up = Event()
        self.closing = Event()
        self.models: tuple[str, ...] = ("llama3.2:latest", "qwen3:8b")
        self.lengths: Mapping[str, int] = {"llama3.2:latest": 8192}
        self.skills: Mapping[str, tuple[str, ...]] = {}
        self.batches: llm_batches.FakeBatches | None = None
        self._scheme = "https" if tls else "http"
        self._http = _HTTPServer(self, tls)
        self._thread = Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def will(self, *behaviours: Behaviour) -> None:
        """Answer the next requests like this."""
        self.queue.extend(behaviours)

    @property
    def url(self) -> str:
        """The base URL as Anthropic's SDK and Ollama's own API take it."""
        return f"{self._scheme}://127.0.0.1:{self._http.server_port}"

    @property
    def openai_url(self) -> str:
        """The base URL as OpenAI's SDK takes it."""
        return f"{self.url}/v1"

    def behaviour(self, request: WireRequest) -> Behaviour:
        if "narrative" in (request.schema or {}).get("properties", {}):
            self.asides.append(request)
            return self.notes.popleft() if self.notes else note_on(request.newest_text)
        self.requests.append(request)
        return self.queue.popleft() if self.queue else self.answerer(request)


def closed_port_url() -> str:
    """The address of a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


class _HTTPServer(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for answers under way: no thread outlives a test

    def __init__(self, llm: FakeLLMServer, tls: SSLContext | None) -> None:
        self.llm = llm
        super().__init__(("127.0.0.1", 0), _Handler)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    @override
    def get_request(self) -> tuple[socket.socket, Any]:
        """A client that does not trust the certificate leaves before there is a request."""
        try:
            return super().get_request()
        except SSLError:
            self.llm.hung_up.set()
            raise


class _HungUp(Exception):
    """The client is gone."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def llm(self) -> FakeLLMServer:
        return cast(_HTTPServer, self.server).llm

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Tests keep quiet."""

    def do_GET(self) -> None:
        models = self.llm.models
        if self._path == "/v1/models":
            listed = [{"id": m, "object": "model", "created": 1, "owned_by": "us"} for m in models]
            self._json(200, {"object": "list", "data": listed})
        elif self._path.startswith(llm_batches.PATH):
            self._by_batch(b"")
        elif self._path == "/api/tags":
            self._json(200, {"models": [{"name": m, "model": m} for m in models]})
        else:
            self._json(404, {"error": {"message": f"no {self._path} here"}})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self._path == "/api/show":
            self._show(json.loads(raw)["model"])
        elif self._path.startswith(llm_batches.PATH):
            self._by_batch(raw)
        elif self._path not in DOORS:
            self._json(404, {"error": {"message": f"no {self._path} here"}})
        else:
            request = self._request(DOORS[self._path], raw)
            try:
                self._behave(request, self.llm.behaviour(request))
            except (_HungUp, BrokenPipeError, ConnectionResetError):
                self.llm.hung_up.set()

    def _request(self, protocol: str, raw: bytes) -> WireRequest:
        headers = {name.lower(): value for name, value in self.headers.items()}
        return WireRequest(protocol=protocol, path=self.path, headers=headers, raw=raw)

    def _by_batch(self, raw: bytes) -> None:
        if self.llm.batches is None:
            self._json(404, {"error": {"message": f"no {self._path} here"}})
            return
        request = self._request("anthropic", raw)
        said = self.llm.batches.answer(self.command, self._path, self.llm.url, request)
        if said.half:
            self._begin(request)
            self._chunk(said.body[: len(said.body) // 2])
        elif said.status:
            self._send(said.status, said.body, said.kind)
        self.close_connection = True

    @property
    def _path(self) -> str:
        return urlsplit(self.path).path

    def _show(self, model: str) -> None:
        if model not in self.llm.models:
            self._json(404, {"error": f"model '{model}' not found"})
            return
        length = self.llm.lengths.get(model, 131_072)
        info = {"general.architecture": "llama", "llama.context_length": length}
        skills = self.llm.skills.get(model, SKILLS)
        self._json(200, {"model_info": info, "capabilities": list(skills)})

    def _behave(self, request: WireRequest, behaviour: Behaviour) -> None:
        if isinstance(behaviour, Says | Calls):
            self._answer(request, behaviour)
        elif isinstance(behaviour, Waits):
            self._wait(behaviour.until)
            self._answer(request, behaviour.answer)
        elif isinstance(behaviour, Status | Page | Nothing):
            self._refuse(request, behaviour)
        else:
            self._break(request, behaviour)

    def _answer(self, request: WireRequest, answer: Says | Calls) -> None:
        model = request.body["model"]
        if not request.streams:
            self._json(200, whole(request.protocol, answer, model))
            return
        self._begin(request)
        for index, frame in enumerate(frames(request.protocol, answer, model)):
            if index == 4 and isinstance(answer, Says) and answer.wait is not None:
                self._wait(answer.wait)
            self._chunk(frame)
        self._chunk(b"")

    def _refuse(self, request: WireRequest, behaviour: Status | Page | Nothing) -> None:
        if isinstance(behaviour, Page):
            page = b"<!doctype html><title>Sign in</title><p>Please sign in to the network.</p>"
            self._send(behaviour.status, page, "text/html")
        elif isinstance(behaviour, Nothing):
            self._send(200, b"", "application/json")
        else:
            error = {"type": "some_error", "message": behaviour.message, "code": behaviour.code}
            body: dict[str, Any] = {"type": "error", "error": error}
            if request.protocol == "ollama":
                body = {"error": behaviour.message}
            waits = {"retry-after": behaviour.retry_after} if behaviour.retry_after else {}
            self._json(behaviour.status, body, waits)

    def _break(self, request: WireRequest, how: Broken) -> None:
        self._begin(request)
        if isinstance(how, Stalls):
            self._pieces(request, how.answer, how.pieces)
            self._wait(Event())
        elif isinstance(how, Trickles):
            self._trickle(request, how)
        elif isinstance(how, Cut):
            self._chunk(_cut(list(_frames(request, how.answer)), how))
            if how.clean:
                self._chunk(b"")
        else:
            for frame in _odd(request, how):
                self._chunk(frame)
            self._chunk(b"")

    def _trickle(self, request: WireRequest, how: Trickles) -> None:
        self._pieces(request, how.answer, 5)
        again = list(_frames(request, how.answer))[4]
        while True:
            self._wait(Event(), TRICKLE_SECONDS)
            self._chunk(again)

    def _pieces(self, request: WireRequest, answer: Says | Calls, count: int) -> None:
        for frame in list(_frames(request, answer))[:count]:
            self._chunk(frame)

    def _wait(self, until: Event, seconds: float = inf) -> None:
        """Until the event or so long; raises when the client leaves or the server closes first."""
        give_up_at = monotonic() + seconds
        while not until.wait(0.02) and monotonic() < give_up_at:
            readable, _, _ = select.select([self.connection], [], [], 0)
            if self.llm.closing.is_set() or (readable and not self.connection.recv(1)):
                raise _HungUp

    def _begin(self, request: WireRequest) -> None:
        self.send_response(200)
        self.send_header("content-type", STREAMS.get(request.protocol, "text/event-stream"))
        self.send_header("transfer-encoding", "chunked")
        self._end_headers()

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _json(
        self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        self._send(status, json.dumps(body).encode(), "application/json", headers)

    def _send(
        self, status: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self._end_headers()
        self.wfile.write(body)

    def _end_headers(self) -> None:
        """One answer a connection: none is left open when the server closes."""
        self.send_header("connection", "close")
        self.close_connection = True
        self.end_headers()


def _frames(request: WireRequest, answer: Says | Calls) -> Iterator[bytes]:
    return frames(request.protocol, answer, request.body["model"])


def _cut(written: list[bytes], how: Cut) -> bytes:
    body, rest = b"".join(written[: how.frames]), b"".join(written[how.frames :])
    if how.in_character:
        return body + rest[: next(at for at, byte in enumerate(rest) if byte > 127) + 1]
    return body + rest[: how.more_bytes]


def _odd(request: WireRequest, how: Doubled | Strange | ErrorEvent | Raw) -> Iterator[bytes]:
    if isinstance(how, Raw):
        yield how.body
    elif isinstance(how, ErrorEvent):
        yield from list(_frames(request, how.after))[:5]
        yield _error_frame(request.protocol, how)
    elif isinstance(how, Strange):
        for frame in _frames(request, how.answer):
            yield unheard_of(request.protocol) + frame
    else:
        for frame in _frames(request, how.answer):
            yield frame * (2 if may_come_twice(frame) else 1)


def _error_frame(protocol: str, how: ErrorEvent) -> bytes:
    if protocol == "anthropic":
        return anthropic_frame("error", error={"type": how.kind, "message": "in the stream"})
    if protocol == "ollama":
        return ollama_line({"error": "in the stream"})
    return openai_frame({"error": {"message": "in the stream", "code": how.code}})
