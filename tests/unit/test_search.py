"""The one door to recall."""

import pytest

from cns.ports import Query
from cns.services.search import EMBEDDER_LOST, Search
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.recall import FakeRecall
from tests.values import recalled


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


def test_a_question_is_embedded_once(embedder: FakeEmbedder) -> None:
    recall = FakeRecall(recalled())
    found = Search(embedder=embedder, recall=recall).find(Query(text="cats", vector=None))
    assert embedder.texts == ["cats"]
    assert recall.asked[0].vector == FakeEmbedder().embed(["cats"])[0]
    assert (found.hits, found.degraded) == (recall.hits, ())


def test_a_question_with_a_vector_is_not_embedded_again(embedder: FakeEmbedder) -> None:
    recall = FakeRecall()
    Search(embedder=embedder, recall=recall).find(Query(text="cats", vector=[1.0]))
    assert embedder.texts == []
    assert recall.asked[0].vector == [1.0]


def test_without_the_embedder_words_alone_are_searched_and_it_says_so(
    embedder: FakeEmbedder,
) -> None:
    embedder.lost = True
    recall = FakeRecall(recalled(), degraded=("words",))
    found = Search(embedder=embedder, recall=recall).find(Query(text="cats", vector=None))
    assert recall.asked[0].vector is None
    assert found.degraded == (EMBEDDER_LOST, "words")
    assert found.hits == recall.hits
