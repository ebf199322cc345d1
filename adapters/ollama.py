"""Models that run in Ollama on this machine or another, through Ollama's own API.

Its OpenAI-compatible door ignores how much context is asked for, and cuts a prompt down unsaid.
"""

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self
from uuid import uuid4

import httpx2

from adapters.lines import Lines
from adapters.llm_errors import (
    NONSENSE,
    SERVER_ERROR,
    STREAM_CUT,
    WHILE_READING,
    Broken,
    Complaint,
    Vendor,
    complaint_of_reading,
    complaint_of_transport,
    fault_of_status,
    quoted,
    seconds_to_wait,
    unavailable,
)
from adapters.llm_wire import LastOutcome
from adapters.ollama_request import Shown, as_body
from cns.domain.message import ToolCall
from cns.domain.stream import Usage
from cns.errors import ModelUnavailable
from cns.ports import (
    ModelDone,
    ModelEvent,
    ModelRequest,
    ModelText,
    ModelThinking,
    ModelToolCall,
    StopWish,
)
from config.settings import LLMSettings

DEFAULT_URL = "http://127.0.0.1:11434"
PROBE_SECONDS = 0.5  # at the start and for its health
LOOK_UP_SECONDS = 5.0  # in a turn, where it may be busy loading a model
NOT_CHOSEN = "the first that it lists"


class Complained(Exception):
    """Ollama answered with an error, as a whole answer or as a line of one."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.quote)
        self.complaint = complaint


class OllamaLLM:
    """What is to be known of the server is asked when first needed: it need not run before that."""

    provider = "ollama"
    capable = True

    def __init__(self, settings: LLMSettings) -> None:
        root = (settings.base_url or DEFAULT_URL).rstrip("/").removesuffix("/v1")
        key = settings.api_key.get_secret_value() if settings.api_key else ""
        self._vendor = Vendor(name="Ollama", key="MIRA_LLM__API_KEY", place=root, secret=key)
        self._settings = settings
        self._lines = Lines(settings.total_seconds)
        self._client = self._lines.serve(client_of(root, settings))
        self._outcome = LastOutcome()
        self._model = settings.model
        self._shown: dict[str, Shown] = {}

    @classmethod
    def available(cls, settings: LLMSettings) -> bool:
        """Whether it answers within half a second and has a model."""
        ollama = cls(settings)
        try:
            return bool(ollama._listed(PROBE_SECONDS))
        except ModelUnavailable:
            return False
        finally:
            ollama.close()

    @classmethod
    def from_settings(cls, settings: LLMSettings) -> Self:
        """Takes the first model that Ollama lists when none is named, now or once it runs."""
        ollama = cls(settings)
        try:
            ollama._show(ollama._chosen(PROBE_SECONDS), PROBE_SECONDS)
        except ModelUnavailable:
            return ollama  # it may be started later; until then its health says what is wrong
        return ollama

    @property
    def model(self) -> str:
        return self._model or NOT_CHOSEN

    @property
    def context_tokens(self) -> int:
        """As much as the model was trained for, within what is set."""
        return self._num_ctx(self._shown.get(self.model, Shown()))

    def stream(self, request: ModelRequest) -> Generator[ModelEvent]:
        """See the port; a document asked for by `schema` arrives as text."""
        fast = self._settings.fast_model if request.fast else None
        model = request.model or fast or self._chosen(LOOK_UP_SECONDS, request.stop)
        shown = self._show(model, LOOK_UP_SECONDS, request.stop)
        body = as_body(request, model, shown, self._num_ctx(shown))
        with (
            self._told(model),
            self._lines.call(request.stop),
            self._client.stream("POST", "/api/chat", json=body) as answer,
        ):
            yield from _Reply(model).read(_lines_of(answer))
        self._outcome.went_well()

    def ping(self) -> str:
        """Asks for the list of models, which costs nothing; then the last outcome is told."""
        known = self._listed(PROBE_SECONDS)
        model = self._chosen(PROBE_SECONDS)
        if model not in known and f"{model}:latest" not in known:
            raise ModelUnavailable(
                f"Ollama answers, but does not have {model}. Run: ollama pull {model}",
                code="llm_unknown_model",
                retryable=False,
            )
        return self._outcome.report(f"{model} at {self._vendor.place}")

    def models(self) -> Sequence[str]:
        """The names that it lists; raises ModelUnavailable."""
        return self._listed(PROBE_SECONDS)

    def close(self) -> None:
        self._lines.close()
        self._client.close()

    def _num_ctx(self, shown: Shown) -> int:
        asked = min(self._settings.num_ctx, self._settings.context_tokens)
        return min(asked, shown.context_tokens or asked)

    def _chosen(self, seconds: float, stop: StopWish | None = None) -> str:
        if self._model is None:
            known = self._listed(seconds, stop)
            if not known:
                raise ModelUnavailable(
                    f"Ollama at {self._vendor.place} has no model. Run: ollama pull llama3.2, or"
                    " set MIRA_LLM__MODEL.",
                    code="llm_unknown_model",
                    retryable=False,
                )
            self._model = known[0]
        return self._model

    def _listed(self, seconds: float, stop: StopWish | None = None) -> Sequence[str]:
        with self._told(self.model), self._lines.call(stop):
            listed = whole(self._client.get("/api/tags", timeout=seconds))
            return [str(fields_of(entry)["name"]) for entry in listed.get("models") or ()]

    def _show(self, model: str, seconds: float, stop: StopWish | None = None) -> Shown:
        """What Ollama shows of it; nothing of one that it does not have, for that shows later."""
        if model not in self._shown:
            with self._told(model), self._lines.call(stop):
                asked = {"model": model}
                answer = self._client.post("/api/show", json=asked, timeout=seconds)
                if answer.is_error:
                    return Shown()
                self._shown[model] = _shown(whole(answer))
        return self._shown[model]

    @contextmanager
    def _told(self, model: str) -> Iterator[None]:
        """Turn whatever goes wrong into the one error that the house knows."""
        try:
            yield
        except (Complained, *WHILE_READING) as error:
            failure = unavailable(complaint_of(error), self._vendor, model)
            self._outcome.failed(failure)
            raise failure from error


class _Reply:
    """One reply, as its lines come in."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._called = False

    def read(self, lines: Iterator[Mapping[str, Any]]) -> Iterator[ModelEvent]:
        for line in lines:
            if "error" in line:
                raise Complained(Complaint(fault=SERVER_ERROR, quote=quoted(line)))
            yield from self._grow(fields_of(line.get("message") or {}))
            if line.get("done"):
                yield ModelDone(
                    model=str(line.get("model") or self._model),
                    stop=self._stop(line),
                    usage=_usage(line),
                )
                return
        raise Broken(STREAM_CUT)

    def _grow(self, said: Mapping[str, Any]) -> Iterator[ModelEvent]:
        if said.get("thinking"):
            yield ModelThinking(text=str(said["thinking"]))
        if said.get("content"):
            yield ModelText(text=str(said["content"]))
        for call in said.get("tool_calls") or ():
            self._called = True
            yield ModelToolCall(call=_call(fields_of(call)))

    def _stop(self, last: Mapping[str, Any]) -> str:
        if last.get("done_reason") == "length":
            return "length"
        return "tools" if self._called else "end"


def client_of(root: str, settings: LLMSettings) -> httpx2.Client:
    key = settings.api_key.get_secret_value() if settings.api_key else None
    return httpx2.Client(
        base_url=root,
        headers={"authorization": f"Bearer {key}"} if key else {},
        timeout=httpx2.Timeout(settings.read_seconds, connect=settings.connect_seconds),
        follow_redirects=True,
    )


def _lines_of(answer: httpx2.Response) -> Iterator[Mapping[str, Any]]:
    """Each line as its JSON object.

    Raises:
        Complained, Broken: the answer is an error, or none of Ollama's.
        JSONDecodeError, TypeError: a line is not a JSON object.
    """
    if answer.is_error:
        answer.read()
        raise Complained(_complaint_of_status(answer))
    if "ndjson" not in answer.headers.get("content-type", ""):
        raise Broken(NONSENSE)
    return (fields_of(json.loads(line)) for line in answer.iter_lines() if line.strip())


def whole(answer: httpx2.Response) -> Mapping[str, Any]:
    if answer.is_error:
        raise Complained(_complaint_of_status(answer))
    return fields_of(answer.json())


def _shown(document: Mapping[str, Any]) -> Shown:
    lengths = [
        value
        for name, value in fields_of(document.get("model_info") or {}).items()
        if name.endswith(".context_length") and isinstance(value, int)
    ]
    skills = document.get("capabilities")
    return Shown(
        context_tokens=min(lengths, default=None),
        skills=frozenset(map(str, skills)) if isinstance(skills, list) else None,
    )


def _call(call: Mapping[str, Any]) -> ToolCall:
    """Older servers give their calls no id."""
    function = fields_of(call["function"])
    return ToolCall(
        id=str(call.get("id") or f"call_{uuid4().hex}"),
        name=str(function["name"]),
        input=fields_of(function.get("arguments") or {}),
    )


def _usage(last: Mapping[str, Any]) -> Usage:
    """A prompt that was kept whole from the call before is left out of the count."""
    return Usage(
        input_tokens=int(last.get("prompt_eval_count") or 0),
        output_tokens=int(last.get("eval_count") or 0),
    )


def complaint_of(error: Exception) -> Complaint:
    """The table from what is raised to what the house says."""
    if isinstance(error, Complained):
        return error.complaint
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
        return complaint_of_transport(error)
    return complaint_of_reading(error)


def _complaint_of_status(answer: httpx2.Response) -> Complaint:
    try:
        quote = quoted(answer.json())
    except json.JSONDecodeError:
        quote = ""
    fault = fault_of_status(answer.status_code)
    return Complaint(fault=fault, quote=quote, extra=seconds_to_wait(answer.headers))


def fields_of(value: object) -> Mapping[str, Any]:
    """Raises TypeError when it is no JSON object."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r:.60} is not a JSON object")
    return value
