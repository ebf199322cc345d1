"""The job that gives vectors to what has none."""

from collections.abc import Sequence
from uuid import uuid4

import pytest

from cns.errors import Unavailable
from cns.ports import Vector
from lt_memory.jobs.embed import EmbedPending
from lt_memory.jobs.index_text import IndexText
from lt_memory.ports import TextItem
from lt_memory.vector_ports import Unembedded
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.text_index import FakeTextIndex
from tests.fakes.text_source import FakeTextSource
from tests.seeding import BEGAN


class FakeVectors:
    """Implements `lt_memory.ports.VectorStore`."""

    def __init__(self, number: int, foreign: int = 0) -> None:
        self.waiting = [Unembedded(kind="message", id=uuid4(), text=f"n{n}") for n in range(number)]
        self.foreign = foreign

    def without_vector(self, limit: int) -> Sequence[Unembedded]:
        return self.waiting[:limit]

    def keep(self, made: Sequence[tuple[Unembedded, Vector]], model: str) -> int:
        done = {text.id for text, _ in made}
        self.waiting = [text for text in self.waiting if text.id not in done]
        return len(done)

    def forget_others(self, model: str) -> int:
        forgotten, self.foreign = self.foreign, 0
        return forgotten


def test_everything_gets_a_vector() -> None:
    vectors = FakeVectors(150, foreign=3)
    assert EmbedPending(vectors, FakeEmbedder()).run() == {"embedded": 150, "made_anew": 3}
    assert not vectors.waiting


def test_other_models_vectors_are_looked_for_once() -> None:
    vectors = FakeVectors(0)
    job = EmbedPending(vectors, FakeEmbedder())
    job.run()
    vectors.foreign = 3
    assert job.run() == {"embedded": 0, "made_anew": 0}


def test_a_few_are_embedded_at_once() -> None:
    vectors = FakeVectors(5)
    assert EmbedPending(vectors, FakeEmbedder()).now(2) == 2
    assert len(vectors.waiting) == 3


def test_a_lost_model_is_reported_and_nothing_is_lost() -> None:
    vectors, embedder = FakeVectors(5), FakeEmbedder()
    embedder.lost = True
    with pytest.raises(Unavailable):
        EmbedPending(vectors, embedder).run()
    assert len(vectors.waiting) == 5


def test_the_index_is_brought_up_to_date_and_purged() -> None:
    source = FakeTextSource()
    item = TextItem(kind="memory", id=uuid4(), text="a boat", instants=(BEGAN,))
    source.put(item)
    index = FakeTextIndex(source)
    job = IndexText(index)
    assert job.run() == {"up_to_date": True, "purged": False, "agrees": True}
    source.remove(item)
    assert job.run() == {"up_to_date": True, "purged": True, "agrees": True}


def test_an_index_that_is_behind_is_not_purged() -> None:
    index = FakeTextIndex(FakeTextSource())
    index.asleep = True
    assert IndexText(index).run() == {
        "up_to_date": False,
        "purged": False,
        "agrees": False,
    }


def test_both_jobs_come_round_every_minute() -> None:
    embed, index = (
        EmbedPending(FakeVectors(0), FakeEmbedder()),
        IndexText(FakeTextIndex(FakeTextSource())),
    )
    assert {(job.name, job.interval.total_seconds()) for job in (embed, index)} == {
        ("embed", 60.0),
        ("index_text", 60.0),
    }
