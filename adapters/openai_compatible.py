"""Any server that speaks OpenAI's chat completions, through OpenAI's official SDK."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

import httpx2
import openai
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDelta

from adapters.lines import Lines
from adapters.llm_errors import (
    CONTEXT_EXCEEDED,
    NO_CREDIT,
    NONSENSE,
    SERVER_ERROR,
    STREAM_CUT,
    WHILE_READING,
    Broken,
    Complaint,
    Fault,
    Vendor,
    complaint_of_connection,
    complaint_of_reading,
    fault_of_status,
    quoted,
    seconds_to_wait,
    unavailable,
)
from adapters.llm_wire import LastOutcome, PartialCalls
from adapters.openai_account import OFFICIAL_HOST, key_of
from adapters.openai_request import Dialect, as_params, is_waited_for
from cns.domain.stream import Usage
from cns.errors import Misconfigured
from cns.ports import ModelDone, ModelEvent, ModelRequest, ModelText, ModelThinking
from config.settings import LLMSettings

DEFAULT_MODEL = "gpt-5-mini"
DEFAULT_QUICK_MODEL = "gpt-5-nano"  # where a turn waits; background work deserves the better one
TAKE_FILES = (OFFICIAL_HOST, "openrouter.ai")
KEY = "OPENAI_API_KEY"
NO_KEY_NEEDED = "none"

FAULTS_BY_CODE: Mapping[str, Fault] = {
    "insufficient_quota": NO_CREDIT,
    "context_length_exceeded": CONTEXT_EXCEEDED,
}
STOPS: Mapping[str, str] = {
    "length": "length",
    "tool_calls": "tools",
    "function_call": "tools",
    "content_filter": "refusal",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One server and what is asked of it.

    Attributes:
        provider: `openai` or `local`.
        fast_model: for touchstones, summaries and extraction.
        quick_model: for what a turn waits for, where there is no fast one.
    """

    provider: str
    vendor: Vendor
    model: str
    fast_model: str | None = None
    quick_model: str | None = None
    context_tokens: int
    capable: bool = True
    dialect: Dialect = field(default_factory=Dialect)


class Connection(NamedTuple):
    """A client of one server, and the lines that its calls go over."""

    client: openai.OpenAI
    lines: Lines


def dialect_of(host: str) -> Dialect:
    """What is known of a public server by its name; any other is asked for the least."""
    return Dialect(official=host == OFFICIAL_HOST, files=host in TAKE_FILES)


class OpenAICompatibleLLM:
    """Streams chat completions; covers OpenAI, OpenRouter, Groq, vLLM, LM Studio and others."""

    def __init__(self, connection: Connection, endpoint: Endpoint) -> None:
        self._client = connection.client
        self._lines = connection.lines
        self._endpoint = endpoint
        self._outcome = LastOutcome()

    @classmethod
    def from_settings(cls, settings: LLMSettings) -> Self:
        """Raises Misconfigured when there is no key for OpenAI, or no model for another server."""
        key = key_of(settings)
        if key is None and settings.base_url is None:
            raise Misconfigured(
                f"MIRA_LLM__PROVIDER is openai, but there is no key. Set {KEY}, keep one"
                " (./deploy.sh secret set openai_key), set MIRA_LLM__BASE_URL for a server of your"
                " own, or choose another provider (anthropic, ollama, local)."
            )
        connection = connection_for(settings, settings.base_url, key or NO_KEY_NEEDED)
        client = connection.client
        official = client.base_url.host == OFFICIAL_HOST
        if settings.model is None and not official:
            raise Misconfigured(
                f"MIRA_LLM__BASE_URL is {client.base_url}, but no model is named. Set"
                " MIRA_LLM__MODEL to one that this server offers."
            )
        endpoint = Endpoint(
            provider="openai",
            vendor=Vendor(
                name="OpenAI" if official else client.base_url.host,
                key=KEY if official else "MIRA_LLM__API_KEY",
                place=str(client.base_url),
                secret=key or "",
            ),
            model=settings.model or DEFAULT_MODEL,
            fast_model=settings.fast_model,
            quick_model=DEFAULT_QUICK_MODEL if official else None,
            context_tokens=settings.context_tokens,
            dialect=dialect_of(client.base_url.host),
        )
        return cls(connection, endpoint)

    @property
    def provider(self) -> str:
        return self._endpoint.provider

    @property
    def model(self) -> str:
        return self._endpoint.model

    @property
    def capable(self) -> bool:
        return self._endpoint.capable

    @property
    def context_tokens(self) -> int:
        return self._endpoint.context_tokens

    def stream(self, request: ModelRequest) -> Generator[ModelEvent]:
        """See the port; a document asked for by `schema` arrives as text."""
        model = self._chosen(request)
        with (
            self._told(model),
            self._lines.call(request.stop),
            self._asked(request, model) as answer,
        ):
            yield from _Reply(model).read(answer)
        self._outcome.went_well()

    def ping(self) -> str:
        """No call is made: the last outcome is told."""
        return self._outcome.report(f"{self.model} at {self._endpoint.vendor.place}")

    def models(self) -> Sequence[str]:
        """The names that the server lists; raises ModelUnavailable."""
        with self._told(self.model):
            return [model.id for model in self._client.models.list()]

    def close(self) -> None:
        self._lines.close()
        self._client.close()

    def _chosen(self, request: ModelRequest) -> str:
        endpoint = self._endpoint
        quick = endpoint.quick_model if is_waited_for(request) else None
        fast = (endpoint.fast_model or quick) if request.fast else None
        return request.model or fast or endpoint.model

    def _asked(self, request: ModelRequest, model: str) -> "openai.Stream[ChatCompletionChunk]":
        """Ask once more without `stream_options` where a server does not know them."""
        dialect = self._endpoint.dialect
        try:
            return self._create(request, model, dialect)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as refusal:
            if "stream_options" not in str(refusal):
                raise
            return self._create(request, model, replace(dialect, usage_in_stream=False))

    def _create(
        self, request: ModelRequest, model: str, dialect: Dialect
    ) -> "openai.Stream[ChatCompletionChunk]":
        """Messages and tools go past the SDK's walk over its types, dearer than all the rest."""
        params = as_params(request, model, dialect)
        whole = {"messages": params["messages"], "tools": params.pop("tools", openai.omit)}
        params["messages"] = ()
        return self._client.chat.completions.create(**params, extra_body=whole)

    @contextmanager
    def _told(self, model: str) -> Iterator[None]:
        """Turn whatever the SDK raises into the one error that the house knows."""
        try:
            yield
        except (openai.OpenAIError, *WHILE_READING) as error:
            failure = unavailable(complaint_of(error), self._endpoint.vendor, model)
            self._outcome.failed(failure)
            raise failure from error


class _Reply:
    """One reply, as its chunks come in."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._usage = Usage()
        self._finish: str | None = None
        self._calls = PartialCalls()
        self._refused = False

    def read(self, answer: "openai.Stream[ChatCompletionChunk]") -> Iterator[ModelEvent]:
        if "event-stream" not in answer.response.headers.get("content-type", ""):
            raise Broken(NONSENSE)
        for chunk in answer:
            # some servers send events of their own kind in between; the SDK takes them for chunks
            if "choices" in chunk.model_fields_set:
                yield from self._take(chunk)
        if self._finish is None:
            raise Broken(STREAM_CUT)
        stop = "refusal" if self._refused else STOPS.get(self._finish, "end")
        for call in self._calls.finished(cut_short=stop == "length"):
            stop = "tools" if stop == "end" else stop  # some servers say "stop" all the same
            yield call
        yield ModelDone(model=self._model, stop=stop, usage=self._usage)

    def _take(self, chunk: ChatCompletionChunk) -> Iterator[ModelEvent]:
        self._model = chunk.model or self._model
        if chunk.usage is not None:
            self._usage = _usage(chunk.usage)
        for choice in chunk.choices:
            self._finish = choice.finish_reason or self._finish
            yield from self._grow(choice.delta)

    def _grow(self, delta: ChoiceDelta) -> Iterator[ModelEvent]:
        thought = _thought(delta)
        if thought:
            yield ModelThinking(text=thought)
        if delta.refusal:
            self._refused = True
            yield ModelText(text=delta.refusal)
        if delta.content:
            yield ModelText(text=delta.content)
        for piece in delta.tool_calls or ():
            if piece.function is not None:
                self._calls.open(piece.index, piece.id or "", piece.function.name or "")
                self._calls.grow(piece.index, piece.function.arguments or "")


def connection_for(settings: LLMSettings, base_url: str | None, key: str) -> Connection:
    """A client with our time limits; retries are the caller's business, not the SDK's."""
    lines = Lines(settings.total_seconds)
    client = openai.OpenAI(
        base_url=base_url,
        api_key=key,
        timeout=httpx2.Timeout(settings.read_seconds, connect=settings.connect_seconds),
        max_retries=0,
        http_client=lines.serve(openai.DefaultHttpxClient()),
    )
    return Connection(client, lines)


def _thought(delta: ChoiceDelta) -> str:
    """Thinking comes under one of two names that OpenAI itself does not have."""
    fields = delta.model_extra or {}
    thought = fields.get("reasoning_content") or fields.get("reasoning")
    return thought if isinstance(thought, str) else ""


def _usage(usage: CompletionUsage) -> Usage:
    """Cached tokens stand apart, as with every provider of ours; OpenAI counts them in."""
    details = usage.prompt_tokens_details
    cached = (details.cached_tokens or 0) if details else 0
    return Usage(
        input_tokens=usage.prompt_tokens - cached,
        output_tokens=usage.completion_tokens,
        cache_read_tokens=cached,
    )


def complaint_of(error: Exception) -> Complaint:
    """The table from what the SDK raises to what the house says."""
    if isinstance(error, openai.APIStatusError):
        return _complaint_of_status(error)
    if isinstance(error, openai.APIConnectionError):
        return complaint_of_connection(error)
    if isinstance(error, openai.APIError):
        return _complaint_in_stream(error)
    return complaint_of_reading(error)


def _complaint_of_status(error: openai.APIStatusError) -> Complaint:
    fault = FAULTS_BY_CODE.get(error.code or "", fault_of_status(error.status_code))
    return Complaint(
        fault=fault,
        quote=quoted(error.body),
        details=str(error.body),
        extra=seconds_to_wait(error.response.headers),
    )


def _complaint_in_stream(error: openai.APIError) -> Complaint:
    """An error within a good answer; some servers name a status in it."""
    status = error.code or ""
    fault = fault_of_status(int(status)) if status.isdecimal() else SERVER_ERROR
    return Complaint(fault=fault, quote=quoted(error.body))
