"""The embeddings door of Ollama, by its own API."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from adapters.embedding_endpoint import EndpointEmbedder
from adapters.lines import Lines
from adapters.llm_errors import WHILE_READING, Vendor, unavailable
from adapters.ollama import DEFAULT_URL, Complained, client_of, complaint_of, whole
from adapters.openai_account import named
from config.embedding_settings import Embeddings
from config.settings import LLMSettings


class OllamaDoor:
    """Implements `adapters.embedding_endpoint.Door`; what is too long is cut by Ollama itself."""

    def __init__(self, settings: Embeddings, seconds: float) -> None:
        root = (settings.base_url or DEFAULT_URL).rstrip("/").removesuffix("/v1")
        key = settings.api_key
        self.model = settings.model
        self.vendor = Vendor(
            name="Ollama",
            key="MIRA_EMBEDDINGS__API_KEY",
            place=root,
            secret=key.get_secret_value() if key else "",
            settings="MIRA_EMBEDDINGS",
        )
        self._dimensions = settings.dimensions
        self._lines = Lines(seconds)
        asked = LLMSettings(
            api_key=key,
            connect_seconds=min(settings.connect_seconds, seconds),
            read_seconds=min(settings.read_seconds, seconds),
        )
        self._client = self._lines.serve(client_of(root, asked))

    def ask(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        body: dict[str, Any] = {"model": self.model, "input": list(texts), "truncate": True}
        if self._dimensions:
            body["dimensions"] = self._dimensions
        with self._told(), self._lines.call(None):
            answer = whole(self._client.post("/api/embed", json=body))
            return [list(map(float, vector)) for vector in answer["embeddings"]]

    def close(self) -> None:
        self._lines.close()
        self._client.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (Complained, *WHILE_READING) as error:
            raise unavailable(complaint_of(error), self.vendor, self.model) from error


def ollama_embedder(settings: Embeddings, known: int = 0) -> EndpointEmbedder:
    """It need not run yet.

    Args:
        settings: with the key in force.
        known: the dimensions of its vectors, where they are known from before.
    """
    return EndpointEmbedder(
        named("ollama", settings),
        lambda seconds: OllamaDoor(settings, seconds),
        (settings.total_seconds, settings.deadline_seconds),
        settings.dimensions or known,
    )
