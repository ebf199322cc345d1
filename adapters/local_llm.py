"""The small language model that comes with MIRA, run in this process by llama.cpp."""

import logging
import os
import secrets
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Self

import openai
import xllamacpp
from openai.types.chat import ChatCompletionChunk
from typing_extensions import override

from adapters.llm_errors import Vendor
from adapters.models import smollm_gguf
from adapters.openai_compatible import Endpoint, OpenAICompatibleLLM, connection_for
from adapters.openai_request import Dialect
from adapters.small_prompt import SmallPrompt, small_prompt
from cns.errors import ModelUnavailable
from cns.ports import ModelEvent, ModelRequest
from config.settings import LLMSettings

MODEL = "SmolLM2-135M-Instruct (built in)"
CONTEXT_TOKENS = 4096
MOST_THREADS = 4  # llama.cpp's threads spin: on a busy machine more of them are slower
TEMPERATURE = 0.0

logger = logging.getLogger(__name__)


class LocalLLM:
    """Loads on first use; for trying MIRA out, not fit for extraction or tools."""

    provider = "local"
    model = MODEL
    capable = False
    context_tokens = CONTEXT_TOKENS

    def __init__(self, weights: Path, settings: LLMSettings) -> None:
        self._weights = weights
        self._settings = settings
        self._lock = Lock()
        self._running: _Running | None = None
        self._closed = False

    @classmethod
    def from_settings(cls, settings: LLMSettings) -> Self:
        """Raises Misconfigured when the weights' package is not installed."""
        return cls(smollm_gguf(), settings)

    def stream(self, request: ModelRequest) -> Generator[ModelEvent]:
        """See the port; the request is cut down to what a small model can follow."""
        yield from self._started().chat.stream(request)

    def ping(self) -> str:
        running = self._running
        return running.chat.ping() if running else f"{MODEL}: loads on first use"

    def models(self) -> Sequence[str]:
        """There is just the one."""
        return (MODEL,)

    def close(self) -> None:
        """Give back memory and port; a call under way ends."""
        with self._lock:
            self._closed = True
            running, self._running = self._running, None
        if running is not None:
            running.chat.close()

    def _started(self) -> "_Running":
        with self._lock:
            if self._closed:
                raise ModelUnavailable("The built-in model has been shut down. Restart MIRA.")
            if self._running is None:
                self._running = _Running(self._weights, self._settings)
            return self._running


class _Running:
    """llama.cpp's own server on a loopback port, and a client of it; dropping it stops it."""

    def __init__(self, weights: Path, settings: LLMSettings) -> None:
        key = secrets.token_urlsafe(24)
        try:
            self.server: Any = xllamacpp.Server(_parameters(weights, key))
        except RuntimeError as error:
            raise ModelUnavailable(
                f"The built-in model could not be loaded from {weights} ({error})."
                " Run ./deploy.sh doctor.",
                code="llm_not_loaded",
                retryable=False,
            ) from error
        address = f"{self.server.listening_address}/v1"
        self.chat = _SmallChat(connection_for(settings, address, key), _endpoint(address))


class _SmallChat(OpenAICompatibleLLM):
    """The ordinary adapter, but for the prompt."""

    @override
    def _create(
        self, request: ModelRequest, model: str, dialect: Dialect
    ) -> "openai.Stream[ChatCompletionChunk]":
        prompt = small_prompt(request)
        return self._client.chat.completions.create(
            model=MODEL,
            messages=prompt.turns,
            stream=True,
            stream_options={"include_usage": True},
            max_tokens=min(request.max_tokens, prompt.max_tokens),
            temperature=TEMPERATURE,
            extra_body=_sampling(prompt),
        )


def _sampling(prompt: SmallPrompt) -> Mapping[str, object]:
    """llama.cpp's own parameters, beside those that every server knows."""
    sampling: dict[str, object] = {"repeat_penalty": prompt.repeat_penalty}
    if prompt.grammar:
        sampling["grammar"] = prompt.grammar
    return sampling


def _endpoint(address: str) -> Endpoint:
    return Endpoint(
        provider="local",
        vendor=Vendor(name="The built-in model", key="MIRA_LLM__API_KEY", place=address),
        model=MODEL,
        context_tokens=CONTEXT_TOKENS,
        capable=False,
    )


def _parameters(weights: Path, key: str) -> Any:  # noqa: ANN401 - the library ships no types
    threads = min(max((os.cpu_count() or 1) - 1, 1), MOST_THREADS)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.model_alias = {MODEL}
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = threads
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [key]
    parameters.cors_origins = ""
    parameters.ui = False
    parameters.endpoint_slots = False
    if not logger.isEnabledFor(logging.DEBUG):
        parameters.verbosity = -1
    return parameters
