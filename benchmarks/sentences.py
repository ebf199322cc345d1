"""Real sentences in plenty, from the documentation of the installed packages, with their vectors.

Both are kept in a folder between runs: to embed 100,000 sentences takes a core a quarter of an hour
or more. The list of sentences is taken as it is found there, so that a run can be repeated after
packages were changed.
"""

import ast
import hashlib
import re
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adapters import models
from adapters.embeddings import OnnxEmbedder

WANTED = 100_000
ASKED = 2_000  # more of them, that are in no memory: what questions are made of
SHORTEST, LONGEST = 30, 240  # characters
LARGEST = 2_000_000  # bytes of a file that is worth reading
BATCH = 2_000  # sentences that are embedded between two savings

Vectors = NDArray[np.float32]

_PROSE = re.compile(r"(?!.*--)[A-Z][a-z]+[ ,][^{}<>|\\`*#@~]+[.!?]")
_BREAK = re.compile(r"(?<=[.!?])\s+(?=[A-Z])|\n\s*\n|:\s*\n|\n\s*[-=~^]{3,}\s*\n")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Sentences in a fixed order, and a unit vector of each of the first.

    Attributes:
        asked: sentences beside them, without vectors.
    """

    texts: Sequence[str]
    vectors: Vectors
    asked: Sequence[str]


def corpus(folder: Path, count: int = WANTED) -> Corpus:
    """So many sentences with their vectors, embedding what the folder does not hold yet."""
    known = _sentences(folder / "sentences.txt")
    vectors = _vectors(folder, known[:count])
    clean = [text.replace("\0", "") for text in known]  # which PostgreSQL's text cannot hold
    return Corpus(clean[:count], vectors, clean[WANTED:])


def _sentences(kept: Path) -> list[str]:
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        made = sorted(_found(), key=lambda text: hashlib.sha256(text.encode()).digest())
        if len(made) < WANTED + ASKED:
            raise SystemExit(
                f"The installed packages' documentation holds {len(made):,} sentences, and"
                f" {WANTED + ASKED:,} are needed. Install the development requirements."
            )
        kept.write_text("\n".join(made[: WANTED + ASKED]) + "\n", encoding="utf-8")
    return kept.read_text(encoding="utf-8").splitlines()


def _found() -> set[str]:
    found: set[str] = set()
    for path in sorted(Path(sysconfig.get_path("purelib")).rglob("*")):
        if path.suffix in (".py", ".md", ".rst") or path.name == "METADATA":
            if path.stat().st_size < LARGEST:
                found.update(_told_in(path))
            if len(found) > 3 * (WANTED + ASKED):
                break
    return found


def _told_in(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8", errors="ignore")
    for passage in _docstrings(text) if path.suffix == ".py" else (text,):
        for part in _BREAK.split(passage):
            sentence = _SPACE.sub(" ", part).strip()
            if SHORTEST <= len(sentence) <= LONGEST and _PROSE.fullmatch(sentence):
                yield sentence


def _docstrings(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield ast.get_docstring(node) or ""


def _vectors(folder: Path, texts: Sequence[str]) -> Vectors:
    """Half floats on the disk; what is there already is not made again."""
    embedder = OnnxEmbedder(models.minilm_onnx(), models.minilm_tokenizer())
    kept: list[Vectors] = []
    for first in range(0, len(texts), BATCH):
        batch = texts[first : first + BATCH]
        name = hashlib.sha256("\n".join((embedder.name, *batch)).encode()).hexdigest()[:16]
        path = folder / f"{name}.npy"
        if not path.exists():
            np.save(path, np.asarray(embedder.embed(batch), dtype=np.float16))
        kept.append(np.load(path).astype(np.float32))
    return np.concatenate(kept)
