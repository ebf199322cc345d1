"""The small language model that comes with MIRA, run in this process by llama.cpp."""

from collections.abc import Generator, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Self

from adapters.models import SMOLLM, SMOLLM_TOKENS, smollm_gguf
from cns.errors import ModelUnavailable
from cns.ports import ModelEvent, ModelRequest
from config.settings import LLMSettings

if TYPE_CHECKING:
    from adapters.local_server import LocalServer


class LocalLLM:
    """Loads on first use; for trying MIRA out, not fit for extraction or tools."""

    provider = "local"
    model = SMOLLM
    capable = False
    context_tokens = SMOLLM_TOKENS

    def __init__(self, weights: Path, settings: LLMSettings) -> None:
        self._weights = weights
        self._settings = settings
        self._lock = Lock()
        self._running: LocalServer | None = None
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
        return running.chat.ping() if running else f"{SMOLLM}: loads on first use"

    def models(self) -> Sequence[str]:
        """There is just the one."""
        return (SMOLLM,)

    def close(self) -> None:
        """Give back memory and port; a call under way ends."""
        with self._lock:
            self._closed = True
            running, self._running = self._running, None
        if running is not None:
            running.chat.close()

    def _started(self) -> "LocalServer":
        with self._lock:
            if self._closed:
                raise ModelUnavailable("The built-in model has been shut down. Restart MIRA.")
            if self._running is None:
                # Library and SDK take a second to import: only who uses them should wait for them.
                from adapters.local_server import LocalServer  # noqa: PLC0415 - see above

                self._running = LocalServer(self._weights, self._settings)
            return self._running
