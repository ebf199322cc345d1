"""Which language model answers, and which model makes the vectors."""

from collections.abc import Mapping
from pathlib import Path

from adapters import models
from adapters.anthropic import AnthropicLLM
from adapters.embeddings import MODEL, OnnxEmbedder
from adapters.local_llm import LocalLLM
from adapters.ollama import OllamaLLM
from adapters.openai_compatible import OpenAICompatibleLLM
from adapters.sentence_transformer import SentenceTransformerEmbedder
from cns.errors import Misconfigured
from cns.ports import Embedder
from config.settings import LLMSettings

Remote = type[AnthropicLLM | OpenAICompatibleLLM]
REMOTE: Mapping[str, Remote] = {
    "anthropic": AnthropicLLM,
    "openai": OpenAICompatibleLLM,
    "ollama": OllamaLLM,
}


def chosen_provider(settings: LLMSettings) -> str:
    """The provider that is named; for `auto` the first that is configured or answers, or `local`.

    Raises:
        Misconfigured: a key is given, but not whose.
    """
    if settings.provider != "auto":
        return settings.provider
    found = next((name for name, kind in REMOTE.items() if kind.available(settings)), "local")
    if found == "local" and settings.api_key is not None:
        raise Misconfigured(
            "MIRA_LLM__API_KEY is set, but not whose key it is. Set MIRA_LLM__PROVIDER to"
            " anthropic or openai, or use ANTHROPIC_API_KEY or OPENAI_API_KEY."
        )
    return found


def choose_llm(settings: LLMSettings) -> AnthropicLLM | OpenAICompatibleLLM | LocalLLM:
    """Raises Misconfigured: no such choice can be made; says what to set."""
    return REMOTE.get(chosen_provider(settings), LocalLLM).from_settings(settings)


def choose_embedder(model: str) -> Embedder:
    """The built-in model on onnxruntime, or another through sentence-transformers."""
    if model == MODEL:
        return OnnxEmbedder(models.minilm_onnx(), models.minilm_tokenizer())
    return SentenceTransformerEmbedder(Path(model))
