"""Which model answers, what makes the vectors, and which parts came with MIRA."""

from collections.abc import Mapping
from pathlib import Path

from cns.errors import Unavailable
from cns.ports import LLM, Embedder
from config.settings import Settings

TRIAL = "The built-in model is very small: for trying out. Settings has better ones."


def about(settings: Settings, llm: LLM, embedder: Embedder, data_dir: Path) -> Mapping[str, object]:
    """What `GET /api/about` says beside the version."""
    return {
        "model": {
            "provider": llm.provider,
            "name": llm.model,
            "capable": llm.capable,
            "note": "" if llm.capable else TRIAL,
        },
        "embeddings": {"model": embedder.name, "dimensions": _dimensions(embedder)},
        "parts": {
            "database": "external" if settings.database.url else "embedded",
            "cache": "external" if settings.cache.url else "embedded",
            "text_index": "embedded",
        },
        "data_dir": str(data_dir),
    }


def _dimensions(embedder: Embedder) -> int:
    """0 while a model on a server has not answered yet."""
    try:
        return embedder.dimensions
    except Unavailable:
        return 0
