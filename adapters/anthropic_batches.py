"""Anthropic's Message Batches through the official SDK: asked for within a day, at half price."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

import anthropic
from anthropic.types import Message
from anthropic.types.messages import MessageBatchIndividualResponse
from anthropic.types.messages.batch_create_params import Request

from adapters.anthropic_request import as_batched_params
from adapters.anthropic_wire import complaint, stop_of
from adapters.lines import Lines
from adapters.llm_errors import (
    NONSENSE,
    UNKNOWN_MODEL,
    WHILE_READING,
    Broken,
    Complaint,
    Fault,
    Vendor,
    unavailable,
)
from cns.batch_ports import Batch, BatchResult
from cns.domain.stream import Usage
from cns.ports import ModelRequest

logger = logging.getLogger(__name__)
UNKNOWN_BATCH = Fault(
    code="llm_unknown_batch",
    words="{vendor} does not know this batch, or there is no batch interface at {place}.",
    retryable=False,
)
UNREADABLE = (ValueError, AttributeError, TypeError, KeyError)  # the SDK builds objects unchecked


@dataclass(frozen=True, slots=True, kw_only=True)
class AnthropicBatches:
    """Implements `cns.batch_ports.Batches` on the client that answers at once.

    Attributes:
        chosen: which model a request is for.
    """

    client: anthropic.Anthropic
    lines: Lines
    vendor: Vendor
    chosen: Callable[[ModelRequest], str]

    def model_for(self, request: ModelRequest) -> str:
        return self.chosen(request)

    def submit(self, requests: Mapping[str, ModelRequest]) -> str:
        calls: list[Request] = [
            {"custom_id": name, "params": as_batched_params(request, self.chosen(request))}
            for name, request in requests.items()
        ]
        with self._told():
            accepted = self.client.messages.batches.create(requests=calls).id
            if not accepted:
                raise Broken(NONSENSE)
            return accepted

    def has_ended(self, batch: Batch) -> bool:
        with self._told():
            return self.client.messages.batches.retrieve(batch.id).processing_status == "ended"

    def results(self, batch: Batch) -> Sequence[BatchResult]:
        """Read line by line here: the SDK's own reader ends at the first broken one."""
        with self._told(), closing(self.client.messages.batches.results(batch.id)) as answer:
            body = b"".join(answer.http_response.iter_bytes())
        found = (_result(line) for line in body.splitlines())
        return [result for result in found if result is not None]

    def cancel(self, batch: Batch) -> None:
        with self._told():
            self.client.messages.batches.cancel(batch.id)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn whatever the SDK raises into the one error that the house knows."""
        try:
            with self.lines.call(None):
                yield
        except (anthropic.AnthropicError, *WHILE_READING) as error:
            raise unavailable(_of_batch(complaint(error)), self.vendor, "its batches") from error


def _of_batch(told: Complaint) -> Complaint:
    return replace(told, fault=UNKNOWN_BATCH) if told.fault is UNKNOWN_MODEL else told


def _result(line: bytes) -> BatchResult | None:
    """None for a line that is empty or broken: its request alone goes without an outcome."""
    if not line.strip():
        return None
    try:
        return _read(MessageBatchIndividualResponse.construct(**json.loads(line)))
    except UNREADABLE as error:
        logger.warning(
            "a result of a batch cannot be read",
            extra={"action": "batch_result_broken", "detail": type(error).__name__},
        )
        return None


def _read(told: MessageBatchIndividualResponse) -> BatchResult:
    result, custom_id = told.result, str(told.custom_id)
    if result.type == "succeeded":
        return _answer(custom_id, result.message)
    detail = result.error.error.type if result.type == "errored" else ""
    return BatchResult(custom_id=custom_id, outcome=result.type, detail=detail)


def _answer(custom_id: str, message: Message) -> BatchResult:
    used = message.usage
    return BatchResult(
        custom_id=custom_id,
        outcome="succeeded",
        text="".join(block.text for block in message.content if block.type == "text"),
        model=message.model,
        stop=stop_of(message.stop_reason),
        usage=Usage(
            input_tokens=used.input_tokens or 0,
            output_tokens=used.output_tokens or 0,
            cache_read_tokens=used.cache_read_input_tokens or 0,
            cache_write_tokens=used.cache_creation_input_tokens or 0,
        ),
    )
