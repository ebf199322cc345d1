"""A server of embedding models on a loopback port, as OpenAI's and as Ollama's, with faults."""

import base64
import json
import struct
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self, cast

from typing_extensions import override

from tests.fakes.embedder import FakeEmbedder

LOUDER = 3.0  # its vectors are not of length one


@dataclass(frozen=True, slots=True)
class Refuses:
    """An HTTP error, with the server's own words."""

    status: int
    message: str = "the server's own words"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Writes:
    """These vectors, whatever was asked."""

    vectors: Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True)
class Raw:
    """These very bytes, as a good answer."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Waits:
    """Nothing until the event; then a good answer."""

    until: Event


Fault = Refuses | Writes | Raw | Waits


class FakeEmbeddingsServer:
    """Answers with the vectors of the fake embedder, after the faults that are queued.

    Attributes:
        asked: the body of each request, oldest first.
        headers: those of each request, in small letters.
        floats_only: it refuses to write vectors as base64.
        longest: characters of a text beyond which it refuses a request.
    """

    def __init__(self, dimensions: int = 12) -> None:
        self.dimensions = dimensions
        self.queue: deque[Fault] = deque()
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.floats_only = False
        self.longest = 0
        self._http = _Server(self)
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
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    def will(self, *faults: Fault) -> None:
        self.queue.extend(faults)

    def vectors(self, body: Mapping[str, Any]) -> Sequence[Sequence[object]]:
        made = FakeEmbedder(dimensions=body.get("dimensions") or self.dimensions)
        return [[LOUDER * part for part in vector] for vector in made.embed(body["input"])]


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, fake: FakeEmbeddingsServer) -> None:
        self.fake = fake
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Tests keep quiet."""

    def do_POST(self) -> None:
        fake = cast(_Server, self.server).fake
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        fake.asked.append(body)
        fake.headers.append({name.lower(): value for name, value in self.headers.items()})
        fault = fake.queue.popleft() if fake.queue else _by_itself(fake, body)
        if isinstance(fault, Waits):
            fault.until.wait()
        if isinstance(fault, Refuses):
            self._send(fault.status, self._error(fault), fault.headers)
        elif isinstance(fault, Raw):
            self._send(200, fault.body, {})
        else:
            vectors = fault.vectors if isinstance(fault, Writes) else fake.vectors(body)
            self._send(200, self._good(body, vectors), {})

    def _error(self, fault: Refuses) -> bytes:
        if self.path == "/api/embed":
            return json.dumps({"error": fault.message}).encode()
        told = {"message": fault.message, "type": "some_error", "code": None}
        return json.dumps({"error": told}).encode()

    def _good(self, body: Mapping[str, Any], vectors: Sequence[Sequence[object]]) -> bytes:
        if self.path == "/api/embed":
            return json.dumps({"model": body["model"], "embeddings": vectors}).encode()
        data = [
            {"object": "embedding", "index": at, "embedding": _written(vector, body)}
            for at, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        told = {"object": "list", "data": data[::-1], "model": body["model"], "usage": usage}
        return json.dumps(told).encode()

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        try:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("connection", "close")
            self.close_connection = True
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            return  # who asked is gone


def _by_itself(fake: FakeEmbeddingsServer, body: Mapping[str, Any]) -> Fault | None:
    if not all(body["input"]):
        return Refuses(400, "input cannot be an empty string")
    if fake.longest and max(map(len, body["input"]), default=0) > fake.longest:
        return Refuses(400, "This model's maximum context length is 8192 tokens.")
    if fake.floats_only and body.get("encoding_format") == "base64":
        return Refuses(400, "encoding_format base64 is not supported")
    return None


def _written(vector: Sequence[object], body: Mapping[str, Any]) -> object:
    if body.get("encoding_format") != "base64":
        return vector
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
