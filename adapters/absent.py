"""Stands where a language model was chosen on the page that cannot be made now."""

from collections.abc import Generator

from cns.errors import Misconfigured, ModelUnavailable
from cns.ports import ModelEvent, ModelRequest

CONTEXT_TOKENS = 32_000


class AbsentLLM:
    """Says why there is none, so that the page stays there to choose another.

    It counts as capable: what a model is needed for waits for one rather than being done without.
    """

    capable = True
    context_tokens = CONTEXT_TOKENS
    model = "none"

    def __init__(self, provider: str, reason: Misconfigured) -> None:
        self._provider = provider
        self._reason = reason.detail

    @property
    def provider(self) -> str:
        return self._provider

    def stream(self, request: ModelRequest) -> Generator[ModelEvent]:
        """Raises ModelUnavailable."""
        yield from ()
        raise self._failure()

    def ping(self) -> str:
        raise self._failure()

    def close(self) -> None:
        """It holds nothing."""

    def _failure(self) -> ModelUnavailable:
        return ModelUnavailable(
            f"The model chosen on the Settings page cannot be used: {self._reason}",
            code="llm_not_set_up",
            retryable=False,
        )
