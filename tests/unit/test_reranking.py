"""The first hits in another order, if whoever judges them is quick enough."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from adapters.reranker import CrossEncoderReranker
from cns.errors import Misconfigured, Unavailable
from cns.ports import Query
from composition.reranking import reranked
from config.embedding_settings import RerankerSettings
from lt_memory.reranking import AWAY, LATE, RerankedRecall, Reranker
from tests.fakes.recall import FakeRecall
from tests.fakes.reranker import FakeReranker
from tests.values import recalled

ASKED = Query(text="a boat", vector=None)
HITS = tuple(replace(recalled(), text=text) for text in ("the longest", "longer", "long", "last"))
PATIENCE = 20.0


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


def made(pool: Executor, reranker: Reranker, seconds: float = PATIENCE) -> RerankedRecall:
    recall = FakeRecall(*HITS, degraded=("words",))
    return RerankedRecall(recalled=recall, reranker=reranker, pool=pool, seconds=seconds, most=3)


def test_the_first_hits_are_put_in_order_and_the_others_follow(pool: Executor) -> None:
    reranker = FakeReranker()
    found = made(pool, reranker).recall(ASKED)
    assert [hit.text for hit in found.hits] == ["long", "longer", "the longest", "last"]
    assert reranker.asked == [("a boat", ["the longest", "longer", "long"])]
    assert found.degraded == ("words",)


def test_one_that_fails_leaves_the_order_and_it_is_said(pool: Executor) -> None:
    reranker = FakeReranker()
    reranker.lost = True
    found = made(pool, reranker).recall(ASKED)
    assert (found.hits, found.degraded) == (HITS, ("words", AWAY))


def test_one_that_is_late_leaves_the_order_and_it_is_said(pool: Executor) -> None:
    ready = Event()
    late = made(pool, FakeReranker(ready.wait), seconds=0.01)
    try:
        found = late.recall(ASKED)
        again = late.recall(ASKED)
    finally:
        ready.set()
    assert (found.hits, found.degraded) == (again.hits, again.degraded) == (HITS, ("words", LATE))


def test_a_single_hit_is_not_judged(pool: Executor) -> None:
    reranker = FakeReranker()
    one = replace(made(pool, reranker), recalled=FakeRecall(HITS[0]))
    assert one.recall(ASKED).hits == HITS[:1]
    assert reranker.asked == []


def test_without_a_model_recall_is_as_it_is() -> None:
    recall = FakeRecall()
    with ExitStack() as stack:
        assert reranked(stack, RerankerSettings(), recall) is recall


def test_a_folder_that_is_not_there_is_refused_at_the_start(tmp_path: Path) -> None:
    settings = RerankerSettings(model=tmp_path / "none")
    with ExitStack() as stack, pytest.raises(Misconfigured, match="MIRA_RERANKER__MODEL"):
        reranked(stack, settings, FakeRecall())


def test_a_model_that_is_given_is_asked(tmp_path: Path) -> None:
    with ExitStack() as stack:
        made_so = reranked(stack, RerankerSettings(model=tmp_path, most=7), FakeRecall())
        assert isinstance(made_so, RerankedRecall)
        assert made_so.most == 7


@pytest.mark.model
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_cross_encoder_of_a_folder_judges_each_text_and_an_empty_folder_is_said(
    tmp_path: Path,
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(Unavailable, match="cannot be run"):
        CrossEncoderReranker(empty).scores("a boat", ["one"])
    judge = CrossEncoderReranker(tiny(tmp_path / "tiny"))
    texts = ["my boat is blue", "a talk about tulips", ""]
    scores = judge.scores("a boat", texts)
    assert len(scores) == len(texts)
    assert judge.scores("a boat", texts[::-1]) == pytest.approx(scores[::-1], abs=1e-5)


def tiny(folder: Path) -> Path:
    """A cross-encoder with random weights, two layers of eight numbers."""
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast  # noqa: PLC0415 - takes seconds

    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "boat", "my", "blue", "tulips"]
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(words))
    config = BertConfig(
        vocab_size=len(words), hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=64, num_labels=1,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(vocab_file=str(vocabulary)).save_pretrained(folder)
    return folder
