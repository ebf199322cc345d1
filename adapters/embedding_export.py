"""Writes all-MiniLM-L6-v2, with pooling and normalising, as one ONNX file; done once, at set-up."""

import json
import os
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from adapters import models

if TYPE_CHECKING:
    import torch

GRAPH = "all-MiniLM-L6-v2.onnx"
TOKENIZER = "tokenizer.json"
MANIFEST = "all-MiniLM-L6-v2.json"
OPSET = 17
RECIPE = 1  # raise it when the graph is built differently: older files are then made anew


def export(target: Path) -> None:
    """Put the graph, its tokenizer and a manifest into a folder, unless they are there already.

    Raises:
        Misconfigured: the packaged model is missing or is not the expected one.
    """
    if is_current(target):
        return
    models.verify(models.minilm_weights(), models.MINILM_SHA256)
    target.mkdir(parents=True, exist_ok=True)
    with _put(target / TOKENIZER) as unfinished:
        shutil.copyfile(models.minilm_source() / TOKENIZER, unfinished)
    with _put(target / GRAPH) as unfinished:
        _write_graph(models.minilm_source(), unfinished)
    with _put(target / MANIFEST) as unfinished:
        unfinished.write_text(json.dumps(_manifest(target), indent=2) + "\n", encoding="utf-8")


def is_current(target: Path) -> bool:
    """Whether a folder holds what `export` would write, unharmed."""
    try:
        written = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
        return bool(written == _manifest(target))
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        return False


def _manifest(target: Path) -> Mapping[str, object]:
    return {
        "recipe": RECIPE,
        "opset": OPSET,
        "source_sha256": models.MINILM_SHA256,
        "onnx_sha256": models.fingerprint(target / GRAPH),
        "tokenizer_sha256": models.fingerprint(target / TOKENIZER),
    }


@contextmanager
def _put(final: Path) -> Iterator[Path]:
    """A name to write under; the file takes its final name once it is on disk, or not at all."""
    unfinished = final.with_name(f".{final.name}.{os.getpid()}")
    try:
        yield unfinished
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.replace(final)
    finally:
        unfinished.unlink(missing_ok=True)


def _write_graph(source: Path, path: Path) -> None:
    # reason: torch and transformers take many seconds to import and only set-up needs them
    import torch  # noqa: PLC0415

    names = ["input_ids", "attention_mask", "token_type_ids"]
    ids = torch.randint(1000, 20000, (2, 11))
    mask = torch.ones_like(ids)
    mask[1, 7:] = 0
    with warnings.catch_warnings():
        # torch means to drop this exporter one day; the version is pinned, and the newer one
        # would need onnxscript as well
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            _sentence_model(source),
            (ids, mask, torch.zeros_like(ids)),
            path,
            input_names=names,
            output_names=["embedding"],
            dynamic_axes={name: {0: "batch", 1: "sequence"} for name in names}
            | {"embedding": {0: "batch"}},
            opset_version=OPSET,
            dynamo=False,
        )


def _sentence_model(source: Path) -> "torch.nn.Module":
    import torch  # noqa: PLC0415 - reason: as above
    from transformers import BertModel, logging  # noqa: PLC0415 - reason: as above

    class Sentence(torch.nn.Module):  # type: ignore[misc]  # torch is not read by mypy
        """As sentence-transformers runs it: the mean over the tokens, brought to length one."""

        def __init__(self) -> None:
            super().__init__()
            self.bert = BertModel.from_pretrained(
                source, local_files_only=True, attn_implementation="eager"
            )

        def forward(
            self, ids: "torch.Tensor", mask: "torch.Tensor", types: "torch.Tensor"
        ) -> "torch.Tensor":
            kept = mask.to(torch.float32)
            unseen = (1 - kept)[:, None, None, :] * torch.finfo(torch.float32).min
            tokens = self.bert(input_ids=ids, attention_mask=unseen, token_type_ids=types)
            weight = kept.unsqueeze(-1)
            mean = (tokens.last_hidden_state * weight).sum(dim=1) / weight.sum(dim=1)
            return torch.nn.functional.normalize(mean, p=2, dim=1)

    logging.disable_progress_bar()
    return Sentence().eval()


if __name__ == "__main__":
    export(Path(sys.argv[1]))
