"""Calls of Anthropic's Messages API through the official SDK, and what goes wrong with them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import anthropic
import httpx2
from anthropic.types import RawContentBlockDelta, RawMessageStreamEvent

from adapters.anthropic_batches import AnthropicBatches
from adapters.anthropic_request import as_params
from adapters.anthropic_wire import complaint, stop_of
from adapters.lines import Lines
from adapters.llm_errors import (
    NONSENSE,
    STREAM_CUT,
    WHILE_READING,
    Broken,
    Vendor,
    unavailable,
)
from adapters.llm_wire import LastOutcome, PartialCalls
from cns.domain.stream import Usage
from cns.ports import ModelDone, ModelEvent, ModelRequest, ModelText, ModelThinking
from config.settings import LLMSettings

KEY = "ANTHROPIC_API_KEY"


class AnthropicMessages:
    """One client; retries are the caller's business, not the SDK's."""

    def __init__(self, key: str, settings: LLMSettings) -> None:
        self._lines = Lines(settings.total_seconds)
        self._client = anthropic.Anthropic(
            api_key=key,
            base_url=settings.base_url,
            timeout=httpx2.Timeout(settings.read_seconds, connect=settings.connect_seconds),
            max_retries=0,
            http_client=self._lines.serve(anthropic.DefaultHttpxClient()),
        )
        place = str(self._client.base_url)
        self._vendor = Vendor(name="Anthropic", key=KEY, place=place, secret=key)
        self._outcome = LastOutcome()

    def stream(self, request: ModelRequest, model: str) -> Iterator[ModelEvent]:
        with self._told(model), self._lines.call(request.stop):
            answer = self._client.messages.create(**as_params(request, model))
            with answer:
                yield from _Reply(model).read(answer)
        self._outcome.went_well()

    def ping(self, model: str) -> str:
        """No call is made: the last outcome is told."""
        return self._outcome.report(f"{model} at {self._vendor.place}")

    def models(self, model: str) -> Sequence[str]:
        """The names that are listed; `model` is named when the list cannot be had."""
        with self._told(model):
            return [listed.id for listed in self._client.models.list(limit=100)]

    def batches(self, chosen: Callable[[ModelRequest], str]) -> AnthropicBatches:
        """The same account's batches; `chosen` says which model a request is for."""
        return AnthropicBatches(
            client=self._client, lines=self._lines, vendor=self._vendor, chosen=chosen
        )

    def close(self) -> None:
        self._lines.close()
        self._client.close()

    @contextmanager
    def _told(self, model: str) -> Iterator[None]:
        """Turn whatever the SDK raises into the one error that the house knows."""
        try:
            yield
        except (anthropic.AnthropicError, *WHILE_READING) as error:
            failure = unavailable(complaint(error), self._vendor, model)
            self._outcome.failed(failure)
            raise failure from error


class _Reply:
    """One reply, as its events come in."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._usage = Usage()
        self._stop: str | None = None
        self._calls = PartialCalls()
        self._complete = False

    def read(self, answer: "anthropic.Stream[RawMessageStreamEvent]") -> Iterator[ModelEvent]:
        if "event-stream" not in answer.response.headers.get("content-type", ""):
            raise Broken(NONSENSE)
        for event in answer:
            yield from self._take(event)
        if not self._complete:
            raise Broken(STREAM_CUT)
        stop = stop_of(self._stop)
        yield from self._calls.finished(cut_short=stop == "length")
        yield ModelDone(model=self._model, stop=stop, usage=self._usage)

    def _take(self, event: RawMessageStreamEvent) -> Iterator[ModelEvent]:
        if event.type == "message_start":
            self._model = event.message.model
            self._count(event.message.usage)
        elif event.type == "content_block_start" and event.content_block.type == "tool_use":
            self._calls.open(event.index, event.content_block.id, event.content_block.name)
        elif event.type == "content_block_delta":
            yield from self._grow(event.index, event.delta)
        elif event.type == "message_delta":
            self._stop = event.delta.stop_reason
            self._count(event.usage)
        elif event.type == "message_stop":
            self._complete = True

    def _grow(self, index: int, delta: RawContentBlockDelta) -> Iterator[ModelEvent]:
        if delta.type == "text_delta":
            yield ModelText(text=delta.text)
        elif delta.type == "thinking_delta":
            yield ModelThinking(text=delta.thinking)
        elif delta.type == "signature_delta":
            yield ModelThinking(text="", signature=delta.signature)
        elif delta.type == "input_json_delta":
            self._calls.grow(index, delta.partial_json)

    def _count(self, usage: anthropic.types.Usage | anthropic.types.MessageDeltaUsage) -> None:
        """Later counts are totals so far; those left out keep their value."""
        self._usage = Usage(
            input_tokens=usage.input_tokens or self._usage.input_tokens,
            output_tokens=usage.output_tokens or self._usage.output_tokens,
            cache_read_tokens=usage.cache_read_input_tokens or self._usage.cache_read_tokens,
            cache_write_tokens=usage.cache_creation_input_tokens or self._usage.cache_write_tokens,
        )
