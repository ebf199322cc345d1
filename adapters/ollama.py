"""Models that run in Ollama on this machine or another, through its OpenAI-compatible door."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import httpx2
import openai
from typing_extensions import override

from adapters.llm_errors import Vendor
from adapters.openai_compatible import NO_KEY_NEEDED, Endpoint, OpenAICompatibleLLM, client_for
from adapters.openai_request import Dialect
from cns.errors import Misconfigured, ModelUnavailable
from config.settings import LLMSettings

DEFAULT_URL = "http://127.0.0.1:11434"
PROBE_SECONDS = 0.5
MOST_CONTEXT = 16_384  # what a model of ordinary size is given on ordinary hardware


class OllamaLLM(OpenAICompatibleLLM):
    """The OpenAI-compatible adapter, with Ollama's ways of listing and sizing its models."""

    @override
    @classmethod
    def available(cls, settings: LLMSettings) -> bool:
        """Whether it answers within half a second and has a model."""
        with _client(settings, probing=True) as client:
            try:
                return bool(_models(client))
            except openai.OpenAIError:
                return False

    @override
    @classmethod
    def from_settings(cls, settings: LLMSettings) -> Self:
        """Takes the first model that Ollama lists when none is named.

        Raises:
            Misconfigured: no model is named, and none can be found.
        """
        with _client(settings, probing=True) as probe:
            model = settings.model or _first_model(probe)
            context_tokens = _context_tokens(probe, model, settings)
        client = _client(settings)
        endpoint = Endpoint(
            provider="ollama",
            vendor=Vendor(name="Ollama", key="MIRA_LLM__API_KEY", place=_root(client)),
            model=model,
            fast_model=settings.fast_model,
            context_tokens=context_tokens,
            dialect=Dialect(extra={"options": {"num_ctx": context_tokens}}),
        )
        return cls(client, endpoint)

    @override
    def ping(self) -> str:
        """Asks for the list of models, which costs nothing."""
        with self._told(self.model):
            known = _models(self._client.with_options(timeout=PROBE_SECONDS))
        if self.model not in known:
            raise ModelUnavailable(
                f"Ollama answers, but does not have {self.model}. Run: ollama pull {self.model}",
                code="llm_unknown_model",
                retryable=False,
            )
        return f"{self.model} at {self._endpoint.vendor.place}"


def _client(settings: LLMSettings, *, probing: bool = False) -> openai.OpenAI:
    root = (settings.base_url or DEFAULT_URL).rstrip("/").removesuffix("/v1")
    key = settings.api_key.get_secret_value() if settings.api_key else NO_KEY_NEEDED
    client = client_for(settings, f"{root}/v1", key)
    return client.with_options(timeout=httpx2.Timeout(PROBE_SECONDS)) if probing else client


def _root(client: openai.OpenAI) -> str:
    return str(client.base_url).rstrip("/").removesuffix("/v1")


def _models(client: openai.OpenAI) -> Sequence[str]:
    listed = _fields(client.get(f"{_root(client)}/api/tags", cast_to=object))
    return [str(_fields(entry).get("name")) for entry in listed.get("models") or ()]


def _first_model(client: openai.OpenAI) -> str:
    try:
        known = _models(client)
    except openai.OpenAIError as error:
        raise Misconfigured(
            f"MIRA_LLM__PROVIDER is ollama, but nothing answers at {_root(client)} ({error})."
            " Start Ollama, or set MIRA_LLM__BASE_URL."
        ) from error
    if not known:
        raise Misconfigured(
            f"Ollama at {_root(client)} has no model. Run: ollama pull llama3.2, or set"
            " MIRA_LLM__MODEL."
        )
    return known[0]


def _context_tokens(client: openai.OpenAI, model: str, settings: LLMSettings) -> int:
    """As much as the model was trained for, within what is sensible here and what is set."""
    asked = min(settings.context_tokens, MOST_CONTEXT)
    try:
        body = {"model": model}
        shown = _fields(client.post(f"{_root(client)}/api/show", cast_to=object, body=body))
    except openai.OpenAIError:
        return asked  # an unreachable server shows at the first call, with its own words
    lengths = [
        value
        for name, value in _fields(shown.get("model_info")).items()
        if name.endswith(".context_length") and isinstance(value, int)
    ]
    return min([asked, *lengths])


def _fields(value: object) -> Mapping[str, Any]:
    """A JSON object; anything else has no fields."""
    return value if isinstance(value, Mapping) else {}
