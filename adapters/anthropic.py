"""Claude, through Anthropic's official SDK."""

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Self

from cns.batch_ports import Batches
from cns.errors import Misconfigured
from cns.ports import ModelEvent, ModelRequest
from config.settings import LLMSettings

if TYPE_CHECKING:
    from adapters.anthropic_messages import AnthropicMessages

DEFAULT_MODEL = "claude-sonnet-4-6"
DEFAULT_FAST_MODEL = "claude-haiku-4-5"


class AnthropicLLM:
    """Which model is asked; the calls themselves are made by `AnthropicMessages`."""

    provider = "anthropic"
    capable = True

    def __init__(self, messages: "AnthropicMessages", settings: LLMSettings) -> None:
        self._messages = messages
        self._settings = settings

    @classmethod
    def available(cls, settings: LLMSettings) -> bool:
        return _key(settings) is not None

    @classmethod
    def from_settings(cls, settings: LLMSettings) -> Self:
        """Raises Misconfigured when there is no key."""
        key = _key(settings)
        if key is None:
            raise Misconfigured(
                "MIRA_LLM__PROVIDER is anthropic, but there is no key. Set ANTHROPIC_API_KEY,"
                " keep one (./deploy.sh secret set anthropic_key), or choose another provider"
                " (openai, ollama, local)."
            )
        # The SDK takes two seconds to import: only who uses it should wait for it.
        from adapters.anthropic_messages import AnthropicMessages  # noqa: PLC0415 - see above

        return cls(AnthropicMessages(key, settings), settings)

    @property
    def model(self) -> str:
        return self._settings.model or DEFAULT_MODEL

    @property
    def context_tokens(self) -> int:
        return self._settings.context_tokens

    def stream(self, request: ModelRequest) -> Generator[ModelEvent]:
        """See the port; a document asked for by `schema` arrives as text."""
        yield from self._messages.stream(request, self._chosen(request))

    def ping(self) -> str:
        return self._messages.ping(self.model)

    def models(self) -> Sequence[str]:
        """The names that Anthropic lists; raises ModelUnavailable."""
        return self._messages.models(self.model)

    def batches(self) -> Batches:
        """The same account's batch interface."""
        return self._messages.batches(self._chosen)

    def close(self) -> None:
        self._messages.close()

    def _chosen(self, request: ModelRequest) -> str:
        if request.model:
            return request.model
        if request.fast:
            return self._settings.fast_model or DEFAULT_FAST_MODEL
        return self.model


def _key(settings: LLMSettings) -> str | None:
    chosen = settings.api_key if settings.provider == "anthropic" else None
    key = chosen or settings.anthropic_api_key
    return key.get_secret_value() if key else None
