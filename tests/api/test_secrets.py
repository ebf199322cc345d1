"""Secrets over HTTP: written, listed by name, never read back."""

import pytest
from fastapi.testclient import TestClient

from cns.services.secrets import SecretService
from tests.fakes.app import World
from tests.fakes.secrets import FakeSecretStore

VALUE = "canary-3f0c-value"


@pytest.fixture
def world() -> World:
    store = FakeSecretStore()
    secrets = SecretService(store, {"kagi": "of the environment"}, {}, lambda _: None)
    return World(secrets=secrets)


def listed(client: TestClient) -> dict[str, dict[str, object]]:
    answer = client.get("/api/secrets")
    assert answer.status_code == 200
    assert VALUE not in answer.text
    return {item["name"]: item for item in answer.json()["items"]}


def test_known_names_are_listed_before_any_is_set(client: TestClient) -> None:
    assert listed(client)["anthropic_key"] == {
        "name": "anthropic_key",
        "set": False,
        "source": "none",
        "stored": False,
        "overridden": False,
        "updated_at": None,
        "note": "",
    }


@pytest.mark.parametrize("name", ["anthropic_key", "weather/key"])
def test_a_secret_is_set_and_not_told(name: str, client: TestClient, world: World) -> None:
    answer = client.put(f"/api/secrets/{name}", json={"value": VALUE})
    assert answer.status_code == 200
    assert VALUE not in answer.text
    assert world.secrets.get(name) == VALUE
    assert (listed(client)[name]["set"], listed(client)[name]["source"]) == (True, "local")
    assert listed(client)[name]["updated_at"] == "2026-03-02T09:30:00Z"


def test_a_secret_that_the_environment_overrides_is_stored_and_said_to_be(
    client: TestClient,
) -> None:
    shown = client.put("/api/secrets/kagi", json={"value": VALUE}).json()
    assert (shown["stored"], shown["overridden"]) == (True, True)
    assert shown["source"] == "environment"
    assert "in force" in shown["note"]


def test_a_secret_is_deleted(client: TestClient) -> None:
    client.put("/api/secrets/groq_key", json={"value": VALUE})
    assert client.delete("/api/secrets/groq_key").json()["set"] is False
    answer = client.delete("/api/secrets/groq_key")
    assert (answer.status_code, answer.json()["code"]) == (404, "secret_not_found")


@pytest.mark.parametrize("name", ["A", "a/b/c", "a b", "..", "a" * 300])
def test_a_bad_name_is_refused(name: str, client: TestClient) -> None:
    answer = client.put(f"/api/secrets/{name}", json={"value": VALUE})
    assert answer.status_code in (400, 404)
    assert VALUE not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        {"value": ""},
        {"value": " "},
        {"value": VALUE * 5000},
        {"value": [VALUE]},
        {"value": {VALUE: VALUE}},
        {"value": VALUE, "more": 1},
        {"value": VALUE + "\x00"},
        {},
        [VALUE],
    ],
)
def test_a_bad_value_is_refused_and_not_told(body: object, client: TestClient) -> None:
    answer = client.put("/api/secrets/kagi", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert VALUE not in answer.text
