"""Models on a server: what is asked of them, and whatever may come back."""

import json
from collections.abc import Callable, Iterator
from threading import Event

import numpy as np
import pytest

from adapters.embedders import choose_embedder
from adapters.embedding_endpoint import BATCH, EndpointEmbedder
from cns.embedding_ports import for_questions
from cns.errors import Misconfigured, ModelUnavailable
from config.embedding_settings import Embeddings
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.embeddings_server import FakeEmbeddingsServer, Raw, Refuses, Waits, Writes
from tests.fakes.llm_server import closed_port_url

KEY = "sk-canary-0123456789"
Make = Callable[..., EndpointEmbedder]


@pytest.fixture
def server() -> Iterator[FakeEmbeddingsServer]:
    with FakeEmbeddingsServer() as running:
        yield running


@pytest.fixture(params=["openai", "ollama"])
def make(request: pytest.FixtureRequest, server: FakeEmbeddingsServer) -> Iterator[Make]:
    made: list[EndpointEmbedder] = []

    def of(**fields: object) -> EndpointEmbedder:
        url = server.openai_url if request.param == "openai" else server.url
        given = {
            "provider": request.param, "model": "m", "base_url": url, "api_key": KEY, **fields
        }  # fmt: skip
        embedder = choose_embedder(Embeddings.model_validate(given))
        assert isinstance(embedder, EndpointEmbedder)
        made.append(embedder)
        return embedder

    yield of
    for each in made:
        each.close()


def test_the_vectors_are_those_of_the_server_in_their_order_and_of_length_one(make: Make) -> None:
    made = make().embed(["one boat", "two dogs"])
    theirs = FakeEmbedder(dimensions=12).embed(["one boat", "two dogs"])
    assert np.asarray(made) == pytest.approx(np.asarray(theirs), abs=1e-6)


def test_the_key_is_sent_as_a_bearer(make: Make, server: FakeEmbeddingsServer) -> None:
    make().embed(["a boat"])
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_texts_go_out_in_batches(make: Make, server: FakeEmbeddingsServer) -> None:
    assert len(make().embed([f"text {n}" for n in range(2 * BATCH + 1)])) == 2 * BATCH + 1
    assert [len(body["input"]) for body in server.asked] == [BATCH, BATCH, 1]


def test_long_texts_go_out_few_at_a_time(make: Make, server: FakeEmbeddingsServer) -> None:
    make().embed(["long " * 20_000] * 3)
    assert [len(body["input"]) for body in server.asked] == [2, 1]


def test_an_empty_text_is_never_sent(make: Make, server: FakeEmbeddingsServer) -> None:
    make().embed(["", " \n"])
    assert all(text.strip() for text in server.asked[0]["input"])


def test_a_text_that_is_too_long_for_the_model_is_cut(
    make: Make, server: FakeEmbeddingsServer
) -> None:
    server.longest = 1000
    assert len(make().embed(["boat " * 1500, "a short one"])) == 2
    assert server.asked[-1]["input"][1] == "a short one"
    assert len(server.asked[-1]["input"][0]) <= 1000


def test_a_model_for_which_everything_is_too_long_is_said(
    make: Make, server: FakeEmbeddingsServer
) -> None:
    server.longest = 1
    with pytest.raises(ModelUnavailable, match="more than m can take in"):
        make().embed(["boat " * 100])


def test_the_dimensions_come_from_the_first_answer(
    make: Make, server: FakeEmbeddingsServer
) -> None:
    embedder = make()
    assert (embedder.dimensions, embedder.dimensions, len(server.asked)) == (12, 12, 1)


def test_fewer_dimensions_may_be_asked_for(make: Make, server: FakeEmbeddingsServer) -> None:
    embedder = make(dimensions=5)
    assert (embedder.dimensions, len(embedder.embed(["a boat"])[0])) == (5, 5)
    assert server.asked[0]["dimensions"] == 5
    assert embedder.name.endswith("/m@5")


@pytest.mark.parametrize(
    "vectors",
    [[], [[1.0] * 12], [[1.0] * 12, [1.0] * 11], [[1.0] * 11] * 2, [[0.0] * 12] * 2],
    ids=["none", "too few", "of two lengths", "of another length", "nowhere"],
)
def test_an_answer_that_does_not_fit_is_refused(
    make: Make, server: FakeEmbeddingsServer, vectors: list[list[float]]
) -> None:
    embedder = make()
    embedder.embed(["learn the dimensions"])
    server.will(Writes(vectors))
    with pytest.raises(ModelUnavailable, match="MIRA_EMBEDDINGS__BASE_URL") as caught:
        embedder.embed(["one", "two"])
    assert caught.value.code == "llm_nonsense"


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"data": 1, "embeddings": 1}', b'{"data": [{}]}',
     b'{"data": [{"index": 0, "embedding": ["x"]}], "embeddings": [["x"]]}', b'{"data": ['],
    ids=["nothing", "a page", "a list", "an empty object", "a number", "no vector", "words", "cut"],
)  # fmt: skip
def test_what_is_no_answer_is_said_as_such(
    make: Make, server: FakeEmbeddingsServer, body: bytes
) -> None:
    server.will(Raw(body))
    with pytest.raises(ModelUnavailable):
        make().embed(["one"])


def test_not_a_number_is_no_direction(make: Make, server: FakeEmbeddingsServer) -> None:
    server.will(Raw(json.dumps({
        "data": [{"index": 0, "embedding": [float("nan")] * 3}], "embeddings": [[float("nan")] * 3]
    }).encode()))  # fmt: skip
    with pytest.raises(ModelUnavailable):
        make().embed(["one"])


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "llm_refused_key"), (403, "llm_refused_key"), (404, "llm_unknown_model"),
     (429, "llm_rate_limited"), (500, "llm_server_error"), (503, "llm_overloaded")],
)  # fmt: skip
def test_each_refusal_is_told_apart_and_never_quotes_the_key(
    make: Make, server: FakeEmbeddingsServer, status: int, code: str
) -> None:
    server.will(Refuses(status, f"no: {KEY}"))
    embedder = make()
    with pytest.raises(ModelUnavailable) as caught:
        embedder.embed(["one"])
    assert caught.value.code == code
    assert KEY not in caught.value.detail
    assert "MIRA_LLM__" not in caught.value.detail
    with pytest.raises(ModelUnavailable) as told:
        embedder.ping()
    assert told.value.detail == caught.value.detail
    embedder.embed(["one"])
    assert embedder.name in embedder.ping()


def test_a_server_that_asks_for_a_rest_is_left_alone(
    make: Make, server: FakeEmbeddingsServer
) -> None:
    server.will(Refuses(429, headers={"retry-after": "30"}))
    embedder = make()
    for _ in range(3):
        with pytest.raises(ModelUnavailable) as caught:
            for_questions(embedder).embed(["one"])
        assert caught.value.extra["retry_after"] == 30
    assert len(server.asked) == 1


def test_a_rest_that_is_over_ends_by_itself(make: Make, server: FakeEmbeddingsServer) -> None:
    server.will(Refuses(429, headers={"retry-after-ms": "0.001"}))
    embedder = make()
    with pytest.raises(ModelUnavailable):
        embedder.embed(["one"])
    assert len(embedder.embed(["one"])) == 1


def test_a_question_waits_no_longer_than_its_deadline(
    make: Make, server: FakeEmbeddingsServer
) -> None:
    late = Event()
    server.will(Waits(late))
    embedder = make(deadline_seconds=0.05)
    question = for_questions(embedder)
    try:
        with pytest.raises(ModelUnavailable) as caught:
            question.embed(["one"])
    finally:
        late.set()
    assert caught.value.code in {"llm_timeout", "llm_too_long"}
    assert (question.name, question.dimensions) == (embedder.name, 12)


def test_a_closed_port_is_said_with_what_to_check(make: Make) -> None:
    embedder = make(base_url=closed_port_url())
    with pytest.raises(ModelUnavailable, match="MIRA_EMBEDDINGS__BASE_URL"):
        embedder.embed(["one"])
    with pytest.raises(ModelUnavailable):
        _ = embedder.dimensions


def test_a_server_that_writes_no_base64_is_asked_for_numbers_from_then_on(
    server: FakeEmbeddingsServer,
) -> None:
    server.floats_only = True
    settings = Embeddings(provider="openai", model="m", base_url=server.openai_url)
    embedder = choose_embedder(settings)
    assert len(embedder.embed(["one"])[0]) == len(embedder.embed(["two"])[0]) == 12
    assert [body["encoding_format"] for body in server.asked] == ["base64", "float", "float"]
    assert isinstance(embedder, EndpointEmbedder)
    embedder.close()


def test_openai_itself_is_not_asked_without_a_key() -> None:
    with pytest.raises(Misconfigured, match="OPENAI_EMBEDDINGS_API_KEY"):
        choose_embedder(Embeddings(provider="openai", model="text-embedding-3-small"))
