"""Whose server is asked, by which key, told without the SDK, which takes a second to load."""

from config.embedding_settings import Embeddings
from config.settings import LLMSettings

OFFICIAL_HOST = "api.openai.com"


def key_of(settings: LLMSettings) -> str | None:
    """The key to OpenAI or the server in its place, if there is one."""
    chosen = settings.api_key if settings.provider == "openai" else None
    key = chosen or settings.openai_api_key
    return key.get_secret_value() if key else None


def named(provider: str, settings: Embeddings) -> str:
    """What the vectors are kept under: not where the server is, which may move."""
    size = f"@{settings.dimensions}" if settings.dimensions else ""
    return f"{provider}/{settings.model}{size}"
