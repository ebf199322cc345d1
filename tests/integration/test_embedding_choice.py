"""Which embedding model is in service when MIRA starts, and with which key."""

import json
from contextlib import ExitStack

import pytest
from pydantic import SecretStr

from adapters.embedding_endpoint import EndpointEmbedder
from adapters.exchangeable_embedder import AbsentEmbedder
from adapters.postgres import Postgres
from cns.errors import Unavailable
from cns.services.secrets import SecretService
from composition.embedding import embedders_of
from composition.secrets import embeddings_with_key, in_environment, in_file
from config.embedding_settings import Embeddings
from config.settings import Settings
from lt_memory.successor import Successor
from lt_memory.switching_ports import ModelOfVectors
from lt_memory.switching_postgres import PostgresSwitch
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.embeddings_server import FakeEmbeddingsServer
from tests.fakes.secrets import FakeSecretStore

CANARY = "sk-canary-0123456789"


def secrets(**kept: str) -> SecretService:
    store = FakeSecretStore()
    for name, value in kept.items():
        store.put(name, value)
    return SecretService(store, {}, {}, lambda _: None)


def of_openai(url: str | None, **fields: object) -> Embeddings:
    return Embeddings.model_validate(
        {"provider": "openai", "model": "m", "base_url": url, **fields}
    )


@pytest.mark.parametrize(
    ("url", "kept", "key"),
    [
        (None, {"openai_key": "sk-all"}, "sk-all"),
        (None, {"openai_key": "sk-all", "openai_embeddings_key": "sk-own"}, "sk-own"),
        ("https://api.openai.com/v1", {"openai_key": "sk-all"}, "sk-all"),
        ("https://vectors.example/v1", {"openai_key": "sk-all"}, None),
        ("https://vectors.example/v1", {"openai_embeddings_key": "sk-own"}, "sk-own"),
        ("https://openrouter.ai/api/v1", {"openrouter_key": "sk-or"}, "sk-or"),
    ],
)
def test_a_key_goes_to_the_server_that_it_is_for(
    url: str | None, kept: dict[str, str], key: str | None
) -> None:
    given = embeddings_with_key(of_openai(url), secrets(**kept)).api_key
    assert (given.get_secret_value() if given else None) == key


def test_the_key_of_one_server_is_not_sent_to_the_one_that_was_left() -> None:
    kept = secrets(openai_embeddings_key="sk-own")
    assert embeddings_with_key(of_openai("https://left.example"), kept, own=False).api_key is None


def test_ollama_and_the_built_in_model_are_given_no_key_of_openai() -> None:
    kept = secrets(openai_key="sk-all", openai_embeddings_key="sk-own")
    for settings in (Embeddings(), Embeddings(provider="ollama", model="m")):
        assert embeddings_with_key(settings, kept) == settings


def test_the_key_may_come_from_the_environment_or_the_file() -> None:
    held = {"MIRA_EMBEDDINGS__API_KEY": "sk-env"}
    assert in_environment(Settings(), held)["openai_embeddings_key"] == "sk-env"
    settings = Settings(embeddings=of_openai(None, api_key=SecretStr("sk-file")))
    assert in_file(settings)["openai_embeddings_key"] == "sk-file"


def chosen(
    stack: ExitStack, database: Postgres, embeddings: Embeddings, given: FakeEmbedder | None = None
) -> Successor:
    settings = Settings(embeddings=embeddings)
    return embedders_of(stack, settings, given, database, secrets())


@pytest.mark.postgres
def test_what_made_the_vectors_that_stand_is_run_again_while_another_is_wanted(
    database: Postgres,
) -> None:
    with FakeEmbeddingsServer() as server, ExitStack() as stack:
        first = chosen(stack, database, of_openai(server.openai_url, api_key=CANARY))
        stands = ModelOfVectors(name="openai/m", dimensions=384, made_by=first.made_by)
        assert PostgresSwitch(database).adopt(stands)
        assert CANARY not in json.dumps(dict(first.made_by))
        later = chosen(stack, database, Embeddings(), FakeEmbedder("wanted"))
        assert (later.service.name, later.wanted.name) == ("openai/m", "wanted")
        present = later.service.present()
        assert isinstance(present, EndpointEmbedder)
        assert present.dimensions == 384
        assert server.asked == []


@pytest.mark.postgres
def test_the_same_model_is_taken_at_once_and_its_size_is_known(database: Postgres) -> None:
    with FakeEmbeddingsServer() as server, ExitStack() as stack:
        PostgresSwitch(database).adopt(ModelOfVectors(name="openai/m", dimensions=384))
        again = chosen(stack, database, of_openai(server.openai_url))
        assert again.service.present() is again.wanted
        assert (again.wanted.dimensions, server.asked) == (384, [])


@pytest.mark.postgres
@pytest.mark.parametrize(
    "made_by",
    [{}, {"provider": "openai", "model": "gone"}, {"provider": "nobody"}],
    ids=["nobody wrote it down", "no key", "no such provider"],
)
def test_a_model_that_cannot_be_run_again_says_so_and_keeps_nothing_from_starting(
    database: Postgres, made_by: dict[str, object]
) -> None:
    stands = ModelOfVectors(name="gone", dimensions=384, made_by=made_by)
    assert PostgresSwitch(database).adopt(stands)
    with ExitStack() as stack:
        service = chosen(stack, database, Embeddings(), FakeEmbedder("wanted")).service
        assert isinstance(service.present(), AbsentEmbedder)
        assert (service.name, service.dimensions) == ("gone", 384)
        with pytest.raises(Unavailable, match="made by gone, which cannot be run now"):
            service.embed(["hello"])


@pytest.mark.postgres
def test_an_address_with_a_password_in_it_is_not_written_down(database: Postgres) -> None:
    with ExitStack() as stack:
        settings = of_openai("https://me:secret@vectors.example/v1", api_key=CANARY)
        assert chosen(stack, database, settings).made_by == {}
