"""Anthropic's Message Batches in their wire form: handed in, in progress, ended, read as JSONL."""

import json
import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.fakes.llm import Says
from tests.fakes.llm_wire import Body, WireRequest, whole

PATH = "/v1/messages/batches"
CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
CREATED = "2026-03-02T09:30:00Z"
EXPIRES = "2026-03-03T09:30:00Z"


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that is answered by the answerer."""


@dataclass(frozen=True, slots=True)
class Errored:
    """A request that the vendor could not answer."""

    kind: str = "api_error"


@dataclass(frozen=True, slots=True)
class Expired:
    """A request that was not come to within the day."""


@dataclass(frozen=True, slots=True)
class Canceled:
    """A request whose batch was cancelled first."""


@dataclass(frozen=True, slots=True)
class HalfWritten:
    """A line of the results that breaks off."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A request of which the results say nothing."""


Outcome = Answered | Says | Errored | Expired | Canceled | HalfWritten | Missing


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the server.

    Attributes:
        status: 0 cuts the line without a word.
        half: the line is cut in the middle of the body.
    """

    status: int
    body: bytes
    kind: str = "application/json"
    half: bool = False


@dataclass(slots=True)
class Kept:
    """A batch that was handed in."""

    id: str
    requests: Sequence[Body]
    status: str = "in_progress"
    lines: Sequence[bytes] = ()


@dataclass(slots=True, kw_only=True)
class FakeBatches:
    """The batch interface of one account.

    Attributes:
        outcomes: what becomes of the next requests whose batch ends; after them all are answered.
        faults: the statuses with which the next calls fail, whatever they ask; 0 cuts the line.
        lost_words: so many next hand-ins are accepted, and the line is cut before the word of it.
        cuts: so many next readings of results break off in the middle.
        calls: what was asked, as `METHOD path`.
    """

    answerer: Callable[[WireRequest], Says]
    outcomes: deque[Outcome] = field(default_factory=deque)
    faults: deque[int] = field(default_factory=deque)
    lost_words: int = 0
    cuts: int = 0
    kept: dict[str, Kept] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def end(self) -> None:
        """Every batch in progress comes to its end now."""
        for batch in self.kept.values():
            if batch.status == "in_progress":
                self._end(batch)

    def handed_in(self) -> list[int]:
        """How many requests each batch had, oldest first."""
        return [len(batch.requests) for batch in self.kept.values()]

    def answer(self, method: str, path: str, url: str, request: WireRequest) -> Reply:
        """What the server says to a call; `url` is its own."""
        self.calls.append(f"{method} {path}")
        if self.faults:
            return _refusal(self.faults.popleft(), "api_error")
        if not {"authorization", "x-api-key"} & set(request.headers):
            return _refusal(401, "authentication_error")
        if method == "POST" and path == PATH:
            return self._create(request, url)
        name, _, rest = path.removeprefix(f"{PATH}/").partition("/")
        batch = self.kept.get(name)
        if batch is None:
            return _refusal(404, "not_found_error")
        if rest == "results":
            return self._results(batch)
        if method == "POST" and rest == "cancel":
            self._cancel(batch)
        return Reply(200, json.dumps(_told(batch, url)).encode())

    def _create(self, request: WireRequest, url: str) -> Reply:
        requests = request.body["requests"]
        names = [each["custom_id"] for each in requests]
        sound = all(CUSTOM_ID.fullmatch(name) for name in names) and len(set(names)) == len(names)
        if not requests or not sound or any("stream" in each["params"] for each in requests):
            return _refusal(400, "invalid_request_error")
        batch = Kept(f"msgbatch_{uuid4().hex}", requests)
        self.kept[batch.id] = batch
        if self.lost_words:
            self.lost_words -= 1
            return Reply(0, b"")
        return Reply(200, json.dumps(_told(batch, url)).encode())

    def _cancel(self, batch: Kept) -> None:
        if batch.status == "in_progress":
            batch.lines = [_line(each, {"type": "canceled"}) for each in batch.requests]
            batch.status = "ended"

    def _end(self, batch: Kept) -> None:
        lines = [self._outcome(each) for each in reversed(batch.requests)]
        batch.lines = [line for line in lines if line]
        batch.status = "ended"

    def _outcome(self, request: Body) -> bytes:
        asked = WireRequest(
            protocol="anthropic",
            path=PATH,
            headers={},
            raw=json.dumps(request["params"]).encode(),
        )
        outcome = self.outcomes.popleft() if self.outcomes else Answered()
        match self.answerer(asked) if isinstance(outcome, Answered) else outcome:
            case Says() as said:
                message = whole("anthropic", said, request["params"]["model"])
                return _line(request, {"type": "succeeded", "message": message})
            case Errored(kind):
                error = {"type": "error", "error": {"type": kind, "message": "no"}}
                return _line(request, {"type": "errored", "error": error})
            case HalfWritten():
                return _line(request, {"type": "succeeded", "message": {}})[:-20] + b"\n"
            case Missing():
                return b""
            case Canceled():
                return _line(request, {"type": "canceled"})
            case Expired():
                return _line(request, {"type": "expired"})

    def _results(self, batch: Kept) -> Reply:
        if batch.status != "ended":
            return _refusal(400, "invalid_request_error")
        half = self.cuts > 0
        self.cuts -= half
        return Reply(200, b"".join(batch.lines), "application/x-jsonl", half=half)


def _line(request: Body, result: Mapping[str, Any]) -> bytes:
    return json.dumps({"custom_id": request["custom_id"], "result": result}).encode() + b"\n"


def _refusal(status: int, kind: str) -> Reply:
    error = {"type": "error", "error": {"type": kind, "message": "the vendor's own words"}}
    return Reply(status, json.dumps(error).encode())


def _told(batch: Kept, url: str) -> Body:
    ended = batch.status == "ended"
    counts = dict.fromkeys(("canceled", "errored", "expired", "processing", "succeeded"), 0)
    for line in batch.lines:
        counts[next((kind for kind in counts if f'"{kind}"'.encode() in line), "succeeded")] += 1
    counts["processing"] = 0 if ended else len(batch.requests)
    return {
        "id": batch.id,
        "type": "message_batch",
        "processing_status": batch.status,
        "request_counts": counts,
        "created_at": CREATED,
        "expires_at": EXPIRES,
        "ended_at": CREATED if ended else None,
        "archived_at": None,
        "cancel_initiated_at": None,
        "results_url": f"{url}{PATH}/{batch.id}/results" if ended else None,
    }
