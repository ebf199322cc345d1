"""Which model makes the vectors."""

from adapters import models
from adapters.embeddings import MODEL, OnnxEmbedder
from adapters.ollama_embeddings import ollama_embedder
from adapters.sentence_transformer import SentenceTransformerEmbedder
from cns.ports import Embedder
from config.embedding_settings import Embeddings


def choose_embedder(settings: Embeddings, known: int = 0) -> Embedder:
    """The built-in model on onnxruntime, another on this machine, or one on a server.

    Args:
        settings: with the key in force.
        known: the dimensions of its vectors, where they are known from before.

    Raises:
        Misconfigured: it cannot be made; says what to set.
    """
    if settings.provider == "openai":
        # The SDK takes a second to import: only who uses it should wait for it.
        from adapters.openai_embeddings import openai_embedder  # noqa: PLC0415 - see above

        return openai_embedder(settings, known)
    if settings.provider == "ollama":
        return ollama_embedder(settings, known)
    if settings.model == MODEL and settings.dimensions is None:
        return OnnxEmbedder(models.minilm_onnx(), models.minilm_tokenizer())
    model = models.minilm_source() if settings.model == MODEL else settings.model
    return SentenceTransformerEmbedder(model, settings.dimensions)
