"""The cache in front of the embedder of questions."""

from datetime import timedelta

from adapters.embeddings import CachedEmbedder
from tests.fakes.cache import FakeCache, LostCache
from tests.fakes.embedder import FakeEmbedder

MINUTES = timedelta(minutes=15)


def test_a_question_is_embedded_once() -> None:
    embedder = FakeEmbedder()
    cached = CachedEmbedder(embedder, FakeCache(), MINUTES)
    first = cached.embed(["where is it?", "where is it?", "and the dog?"])
    again = cached.embed(["where is it?"])
    assert embedder.texts == ["where is it?", "and the dog?"]
    assert list(again) == [first[0]] == [first[1]]


def test_the_prepared_question_is_what_is_embedded_and_kept() -> None:
    embedder = FakeEmbedder()
    cached = CachedEmbedder(embedder, FakeCache(), MINUTES, prepare=str.upper)
    assert cached.embed(["dog"]) == cached.embed(["DOG"])
    assert embedder.texts == ["DOG"]


def test_another_model_has_vectors_of_its_own() -> None:
    cache = FakeCache()
    other = FakeEmbedder("other")
    CachedEmbedder(FakeEmbedder("one"), cache, MINUTES).embed(["dog"])
    CachedEmbedder(other, cache, MINUTES).embed(["dog"])
    assert other.texts == ["dog"]


def test_a_lost_cache_costs_only_time() -> None:
    embedder = FakeEmbedder()
    cached = CachedEmbedder(embedder, LostCache(), MINUTES)
    assert cached.embed(["dog"]) == cached.embed(["dog"])
    assert embedder.texts == ["dog", "dog"]


def test_a_vector_of_the_wrong_size_is_made_anew() -> None:
    cache = FakeCache()
    CachedEmbedder(FakeEmbedder(dimensions=8), cache, MINUTES).embed(["dog"])
    embedder = FakeEmbedder()
    assert len(CachedEmbedder(embedder, cache, MINUTES).embed(["dog"])[0]) == 384
    assert embedder.texts == ["dog"]


def test_it_is_known_by_the_model_behind_it() -> None:
    cached = CachedEmbedder(FakeEmbedder("one", 8), FakeCache(), MINUTES)
    assert (cached.name, cached.dimensions) == ("one", 8)
