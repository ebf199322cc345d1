"""Any cross-encoder of sentence-transformers, from a folder on this machine."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cns.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class CrossEncoderReranker:
    """Implements `lt_memory.reranking.Reranker`; loaded when first asked, which takes seconds.

    Raises:
        Misconfigured: there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise Misconfigured(
                f"MIRA_RERANKER__MODEL: there is no folder {folder}. Give the folder of a"
                " sentence-transformers cross-encoder, or leave it empty to do without."
            )
        self._folder = folder
        self._loading = threading.Lock()
        self._model: CrossEncoder | None = None

    def scores(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """Raises Unavailable: the folder holds no model that can be run."""
        try:
            judged = self._loaded().predict(
                [(question, text) for text in texts], show_progress_bar=False
            )
            return [float(score) for score in judged]
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise Unavailable(f"The reranker {self._folder} cannot be run: {error}") from error

    def _loaded(self) -> "CrossEncoder":
        with self._loading:
            if self._model is None:
                os.environ.setdefault("HF_HUB_OFFLINE", "1")
                # reason: torch takes ten seconds to import, and most do without a reranker
                import torch  # noqa: PLC0415
                from sentence_transformers import CrossEncoder  # noqa: PLC0415

                torch.set_num_threads(1)
                self._model = CrossEncoder(str(self._folder), device="cpu", local_files_only=True)
            return self._model
