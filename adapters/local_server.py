"""llama.cpp's own server, run in this process, and the client that asks it."""

import logging
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openai
import xllamacpp
from openai.types.chat import ChatCompletionChunk
from typing_extensions import override

from adapters.llm_errors import Vendor
from adapters.models import SMOLLM, SMOLLM_TOKENS
from adapters.openai_compatible import Endpoint, OpenAICompatibleLLM, connection_for
from adapters.openai_request import Dialect
from adapters.small_prompt import SmallPrompt, small_prompt
from cns.errors import ModelUnavailable
from cns.ports import ModelRequest
from config.settings import LLMSettings

MOST_THREADS = 4  # llama.cpp's threads spin: on a busy machine more of them are slower
TEMPERATURE = 0.0

logger = logging.getLogger(__name__)


class LocalServer:
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
            model=SMOLLM,
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
        model=SMOLLM,
        context_tokens=SMOLLM_TOKENS,
        capable=False,
    )


def _parameters(weights: Path, key: str) -> Any:  # noqa: ANN401 - the library ships no types
    threads = min(max((os.cpu_count() or 1) - 1, 1), MOST_THREADS)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.model_alias = {SMOLLM}
    parameters.n_ctx = SMOLLM_TOKENS
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
