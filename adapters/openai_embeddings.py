"""The embeddings door of any server that speaks as OpenAI's does, through OpenAI's SDK."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import openai

from adapters.embedding_endpoint import EndpointEmbedder
from adapters.llm_errors import WHILE_READING, Vendor, unavailable
from adapters.openai_account import OFFICIAL_HOST, named
from adapters.openai_compatible import NO_KEY_NEEDED, complaint_of, connection_for
from cns.errors import Misconfigured
from config.embedding_settings import Embeddings
from config.settings import LLMSettings

KEY = "OPENAI_EMBEDDINGS_API_KEY"


class OpenAIDoor:
    """Implements `adapters.embedding_endpoint.Door`."""

    def __init__(self, settings: Embeddings, seconds: float) -> None:
        self.model = settings.model
        self._dimensions = settings.dimensions
        self._as_floats = False
        key = settings.api_key.get_secret_value() if settings.api_key else ""
        self._connection = connection_for(
            LLMSettings(
                connect_seconds=min(settings.connect_seconds, seconds),
                read_seconds=min(settings.read_seconds, seconds),
                total_seconds=seconds,
            ),
            settings.base_url,
            key or NO_KEY_NEEDED,
        )
        place = self._connection.client.base_url
        official = place.host == OFFICIAL_HOST
        self.vendor = Vendor(
            name="OpenAI" if official else place.host,
            key=KEY if official else "MIRA_EMBEDDINGS__API_KEY",
            place=str(place),
            secret=key,
            settings="MIRA_EMBEDDINGS",
        )

    def ask(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        with self._told(), self._connection.lines.call(None):
            try:
                return self._answer(texts)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as refusal:
                if self._as_floats or "encoding_format" not in str(refusal):
                    raise
                self._as_floats = True
                return self._answer(texts)

    def close(self) -> None:
        self._connection.lines.close()
        self._connection.client.close()

    def _answer(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """The SDK asks for base64, a quarter of the bytes, unless told otherwise."""
        answer = self._connection.client.embeddings.create(
            model=self.model,
            input=list(texts),
            dimensions=self._dimensions or openai.omit,
            encoding_format="float" if self._as_floats else openai.omit,
        )
        vectors = sorted(answer.data, key=lambda each: each.index)
        return [list(map(float, each.embedding)) for each in vectors]

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (openai.OpenAIError, *WHILE_READING) as error:
            raise unavailable(complaint_of(error), self.vendor, self.model) from error


def openai_embedder(settings: Embeddings, known: int = 0) -> EndpointEmbedder:
    """Raises Misconfigured when there is no key for OpenAI itself.

    Args:
        settings: with the key in force.
        known: the dimensions of its vectors, where they are known from before.
    """
    if settings.base_url is None and settings.api_key is None:
        raise Misconfigured(
            f"MIRA_EMBEDDINGS__PROVIDER is openai, but there is no key. Set {KEY}, keep one"
            " (./deploy.sh secret set openai_embeddings_key), or set MIRA_EMBEDDINGS__BASE_URL for"
            " a server of your own."
        )
    return EndpointEmbedder(
        named("openai", settings),
        lambda seconds: OpenAIDoor(settings, seconds),
        (settings.total_seconds, settings.deadline_seconds),
        settings.dimensions or known,
    )
