"""The knobs of whatever makes the vectors, and of what puts hits in order."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from config.section import Section, WebAddress


class Embeddings(Section):
    provider: Literal["local", "openai", "ollama"] = Field(
        "local",
        description="Who makes the vectors: a model on this machine, any server that speaks"
        " OpenAI's embeddings interface, or Ollama.",
    )
    model: str = Field(
        "all-MiniLM-L6-v2",
        description="The built-in model, the folder of any sentence-transformers model or the name"
        " of one in the local cache; for `openai` and `ollama` the server's name of one.",
    )
    base_url: WebAddress | None = Field(
        None, description="Base URL of that server; empty: OpenAI's, or Ollama on this machine."
    )
    api_key: SecretStr | None = Field(None, description="Key of that server.")
    dimensions: int | None = Field(
        None,
        ge=1,
        le=4000,
        description="Numbers in a vector that the server is asked for; empty: as the model has it.",
    )
    deadline_seconds: float = Field(
        1.0,
        gt=0,
        le=30,
        description="How long a question waits for its vector from a server; then words alone"
        " are searched, and that is said.",
    )
    connect_seconds: float = Field(5, gt=0, description="How long connecting to it may take.")
    read_seconds: float = Field(60, gt=0, description="Its longest silence.")
    total_seconds: float = Field(
        120, gt=0, description="How long one batch of texts may take in all."
    )


class RerankerSettings(Section):
    model: Path | None = Field(
        None,
        description="Folder of a sentence-transformers cross-encoder that puts the first hits of a"
        " search in order; empty: none does.",
    )
    deadline_seconds: float = Field(
        0.3, gt=0, le=30, description="How long a search waits for it; then the order stays."
    )
    most: int = Field(20, ge=2, le=100, description="Hits that it looks at.")
