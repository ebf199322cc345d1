"""What every embedder keeps to: the fake one and the model itself, however it is run."""

import json
import math
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from adapters import models
from adapters.embedders import choose_embedder
from adapters.embedding_endpoint import EndpointEmbedder
from adapters.embedding_export import export
from adapters.embeddings import OnnxEmbedder
from adapters.sentence_transformer import SentenceTransformerEmbedder
from cns.embedding_ports import for_questions
from cns.errors import Misconfigured, Unavailable
from cns.ports import Embedder, Vector
from config.embedding_settings import Embeddings
from tests.fakes.embedder import DIMENSIONS, FakeEmbedder
from tests.fakes.embeddings_server import FakeEmbeddingsServer

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


@pytest.fixture(scope="module")
def reference() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(models.minilm_source())


@pytest.fixture(
    params=[
        "fake",
        "openai",
        "ollama",
        "questions",
        pytest.param("onnx", marks=pytest.mark.model),
    ],
)
def embedder(request: pytest.FixtureRequest) -> Iterator[Embedder]:
    if request.param == "fake":
        yield FakeEmbedder()
    elif request.param == "onnx":
        yield request.getfixturevalue(request.param)
    else:
        with FakeEmbeddingsServer(dimensions=DIMENSIONS) as server:
            at = {"openai": server.openai_url}.get(request.param, server.url)
            provider = "openai" if request.param == "openai" else "ollama"
            settings = Embeddings(provider=provider, model="m", base_url=at)
            remote = choose_embedder(settings)
            yield for_questions(remote) if request.param == "questions" else remote
            assert isinstance(remote, EndpointEmbedder)
            remote.close()


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
def test_both_ways_of_running_the_model_agree(
    onnx: OnnxEmbedder, reference: SentenceTransformerEmbedder
) -> None:
    assert reference.dimensions == onnx.dimensions
    assert agree(reference.embed(TEXTS), onnx.embed(TEXTS))


@pytest.mark.model
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="MIRA_EMBEDDINGS__MODEL"):
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


def cut(vectors: Sequence[Vector], dimensions: int) -> list[Vector]:
    """The first of their numbers, brought to length one again."""
    shorter = [np.asarray(vector)[:dimensions] for vector in vectors]
    return [(each / np.linalg.norm(each)).tolist() for each in shorter]


@pytest.mark.model
def test_the_prompts_of_a_model_are_put_ahead_and_fewer_numbers_kept_where_asked(
    reference: SentenceTransformerEmbedder, tmp_path: Path
) -> None:
    copied = tmp_path / "prompted"
    shutil.copytree(models.minilm_source(), copied)
    told = {"prompts": {"query": "query: ", "document": "passage: "}, "default_prompt_name": None}
    (copied / "config_sentence_transformers.json").write_text(json.dumps(told))
    prompted = choose_embedder(Embeddings(model=str(copied), dimensions=64))
    questions = for_questions(prompted)
    assert agree(prompted.embed(["a boat"]), cut(reference.embed(["passage: a boat"]), 64))
    assert agree(questions.embed(["a boat"]), cut(reference.embed(["query: a boat"]), 64))
    assert prompted.name == questions.name == "prompted+prompts@64"
    assert questions.dimensions == 64


@pytest.mark.model
def test_a_name_that_is_not_in_the_local_cache_is_refused_and_not_downloaded() -> None:
    with pytest.raises(Misconfigured, match="nothing is downloaded"):
        choose_embedder(Embeddings(model="nobody/no-such-model"))
