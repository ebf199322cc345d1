"""Any sentence-transformers model, from a folder or the local cache of this machine."""

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.questions import ForQuestions
from cns.errors import Misconfigured
from cns.ports import Embedder, Vector

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 32
OF_DOCUMENTS = ("document", "passage", "corpus")  # as encode_document looks for a prompt


class SentenceTransformerEmbedder:
    """A model by its folder or name, loaded when constructed: that takes seconds and much memory.

    What is longer than the model takes in is cut by it; where it has prompts for questions and
    documents, they are put ahead of them.

    Args:
        dimensions: how many of its numbers are kept; all when None.

    Raises:
        Misconfigured: there is no such model, or it cannot be loaded.
    """

    def __init__(self, model: str | Path, dimensions: int | None = None) -> None:
        self._label, self._model = _labelled(str(model)), _loaded(str(model), dimensions)
        self._one_at_a_time = threading.Lock()
        self._dimensions = len(self.embed(["warm"])[0])
        prompts = self._model.prompts or {}
        if any(prompts.get(name) for name in OF_DOCUMENTS):
            self._label += "+prompts"
        if dimensions:
            self._label += f"@{dimensions}"

    @property
    def name(self) -> str:
        return self._label

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        return self._encoded(self._model.encode_document, texts)

    def embed_questions(self, texts: Sequence[str]) -> Sequence[Vector]:
        """With the prompt for questions, where the model has one."""
        return self._encoded(self._model.encode_query, texts)

    def for_questions(self) -> Embedder:
        """The same model, for questions."""
        return ForQuestions(embedder=self, asked=self.embed_questions)

    def _encoded(self, encode: Callable[..., object], texts: Sequence[str]) -> Sequence[Vector]:
        with self._one_at_a_time:
            vectors = encode(
                list(texts),
                batch_size=BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return [vector.tolist() for vector in vectors]  # type: ignore[attr-defined]  # rows of numpy


def _labelled(model: str) -> str:
    """A folder goes by its own name, wherever it lies; a model of the cache by its whole name."""
    return Path(model).expanduser().resolve().name if _is_path(model) else model


def _is_path(model: str) -> bool:
    return Path(model).expanduser().is_dir() or model.startswith(("/", ".", "~"))


def _loaded(model: str, dimensions: int | None) -> "SentenceTransformer":
    if _is_path(model) and not Path(model).expanduser().is_dir():
        raise Misconfigured(
            f"MIRA_EMBEDDINGS__MODEL: there is no folder {model}. Give the folder of a"
            " sentence-transformers model, or all-MiniLM-L6-v2."
        )
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # reason: torch takes ten seconds to import and the built-in model does without it
    import torch  # noqa: PLC0415
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    torch.set_num_threads(1)
    place = str(Path(model).expanduser()) if _is_path(model) else model
    try:
        return SentenceTransformer(
            place, device="cpu", local_files_only=True, truncate_dim=dimensions
        )
    except (OSError, ValueError, KeyError) as error:
        raise Misconfigured(
            f"MIRA_EMBEDDINGS__MODEL: {model} cannot be loaded as a sentence-transformers model:"
            f" {error} Give the folder of one, or the name of one in the local cache: nothing is"
            " downloaded."
        ) from error
