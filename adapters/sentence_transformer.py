"""Any sentence-transformers model, from a folder on this machine."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from cns.errors import Misconfigured
from cns.ports import Vector

BATCH = 32


class SentenceTransformerEmbedder:
    """A model by its path, loaded when constructed: that takes seconds and much memory.

    Raises:
        Misconfigured: there is no such model, or it cannot be loaded.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise Misconfigured(
                f"embeddings.model: there is no folder {path}. Give the folder of a"
                " sentence-transformers model, or all-MiniLM-L6-v2."
            )
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        # reason: torch takes ten seconds to import and the built-in model does without it
        import torch  # noqa: PLC0415
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415

        torch.set_num_threads(1)
        self._path = path
        self._one_at_a_time = threading.Lock()
        try:
            self._model = SentenceTransformer(str(path), device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise Misconfigured(
                f"embeddings.model: {path} cannot be loaded as a sentence-transformers model:"
                f" {error}"
            ) from error
        self._dimensions = len(self.embed(["warm"])[0])

    @property
    def name(self) -> str:
        return self._path.resolve().name

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        with self._one_at_a_time:
            vectors = self._model.encode(
                list(texts),
                batch_size=BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return [vector.tolist() for vector in vectors]
