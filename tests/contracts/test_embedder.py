"""What every embedder keeps to: the fake one and the model itself, however it is run."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from adapters import models
from adapters.embedding_export import export
from adapters.embeddings import OnnxEmbedder
from adapters.sentence_transformer import SentenceTransformerEmbedder
from cns.errors import Misconfigured, Unavailable
from cns.ports import Embedder, Vector
from tests.fakes.embedder import FakeEmbedder

TEXTS = (
    "",
    " ",
    "?",
    "hi",
    "My dog is called Biscuit.",
    "What is the name of my dog?",
    "Café Zürich, naïve façade – “quoted” … and an emoji 🐕",
    "東京タワーに行きました。とても高かったです。",
    "Привет, как дела? Добро пожаловать!",
    "مرحبا بالعالم",
    "mixed 東京 and English, 123-456, x@y.example",
    "line one\n\n\tline two\r\nline three",
    "def f(x): return {k: v for k, v in x.items()}",
    "a" * 3000,
    "The committee met again on Thursday to look at the plans for the new library. " * 60,
    "\u0000\ufffd control and replacement",
)


@pytest.fixture(scope="module")
def onnx() -> OnnxEmbedder:
    export(models.model_dir())
    return OnnxEmbedder(models.minilm_onnx(), models.minilm_tokenizer())


@pytest.fixture(
    params=["fake", pytest.param("onnx", marks=pytest.mark.model)],
)
def embedder(request: pytest.FixtureRequest) -> Embedder:
    if request.param == "fake":
        return FakeEmbedder()
    found: OnnxEmbedder = request.getfixturevalue("onnx")
    return found


def cosine(one: Vector, other: Vector) -> float:
    return float(np.dot(np.asarray(one), np.asarray(other)))


def test_a_vector_has_length_one_and_the_dimensions_it_says(embedder: Embedder) -> None:
    for vector in embedder.embed(TEXTS):
        assert len(vector) == embedder.dimensions
        assert math.isclose(math.sqrt(sum(value * value for value in vector)), 1, abs_tol=1e-4)


def test_nothing_in_gives_nothing_out(embedder: Embedder) -> None:
    assert list(embedder.embed([])) == []


def test_a_text_gets_the_same_vector_alone_and_among_others(embedder: Embedder) -> None:
    alone = [embedder.embed([text])[0] for text in TEXTS]
    among = embedder.embed(TEXTS)
    assert all(cosine(one, other) > 0.99999 for one, other in zip(alone, among, strict=True))


def test_texts_that_share_words_lie_nearer(embedder: Embedder) -> None:
    dog, question, library = embedder.embed(
        ["My dog is called Biscuit.", "What is my dog called?", "The library closes at six."]
    )
    assert cosine(dog, question) > cosine(dog, library)


def test_an_embedder_has_a_name(embedder: Embedder) -> None:
    assert embedder.name


def agree(one: Sequence[Vector], other: Sequence[Vector]) -> bool:
    return all(cosine(a, b) >= 0.9999 for a, b in zip(one, other, strict=True))


@pytest.mark.model
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_both_ways_of_running_the_model_agree(onnx: OnnxEmbedder) -> None:
    reference = SentenceTransformerEmbedder(models.minilm_source())
    assert reference.dimensions == onnx.dimensions
    assert agree(reference.embed(TEXTS), onnx.embed(TEXTS))


@pytest.mark.model
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"embeddings\.model"):
        SentenceTransformerEmbedder(tmp_path)


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="there is no folder"):
        SentenceTransformerEmbedder(tmp_path / "missing")


def test_a_missing_graph_is_said_with_the_way_out(tmp_path: Path) -> None:
    embedder = OnnxEmbedder(tmp_path / "missing.onnx", tmp_path / "tokenizer.json")
    with pytest.raises(Unavailable, match=r"missing\.onnx is missing\. Run \./deploy\.sh setup"):
        embedder.embed(["hello"])


@pytest.mark.model
@pytest.mark.usefixtures("onnx")
def test_a_graph_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a graph")
    with pytest.raises(Unavailable, match="cannot be run"):
        OnnxEmbedder(broken, models.minilm_tokenizer()).embed(["hello"])


@pytest.mark.model
def test_a_warmed_model_needs_its_files_no_more(onnx: OnnxEmbedder, tmp_path: Path) -> None:
    tokenizer = tmp_path / "tokenizer.json"
    tokenizer.write_bytes(models.minilm_tokenizer().read_bytes())
    embedder = OnnxEmbedder(models.minilm_onnx(), tokenizer)
    embedder.warm()
    tokenizer.unlink()
    assert agree(embedder.embed(["hello"]), onnx.embed(["hello"]))
