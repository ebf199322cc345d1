"""Settings and trials of providers at the edge."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from config.layers import Layers
from tests.fakes.app import World


def named(client: TestClient, name: str) -> dict[str, Any]:
    settings = client.get("/api/settings").json()["settings"]
    found: dict[str, Any] = next(each for each in settings if each["name"] == name)
    return found


def test_every_setting_is_shown_as_it_stands(client: TestClient) -> None:
    assert named(client, "memory.surfaced") == {
        "name": "memory.surfaced",
        "variable": "MIRA_MEMORY__SURFACED",
        "value": 10,
        "default": 10,
        "is_set": True,
        "secret": False,
        "source": "default",
        "description": "Memories shown to the model in a turn.",
        "accepts": {"type": "integer", "minimum": 0, "maximum": 50},
        "takes_effect": "now",
        "locked": False,
        "fixed": None,
        "pending": False,
    }


def test_a_secret_tells_only_whether_it_is_set(client: TestClient) -> None:
    answer = client.get("/api/settings")
    key = named(client, "llm.openai_api_key")
    assert (key["secret"], key["value"], key["is_set"]) == (True, None, False)
    assert "Keys are kept apart" in key["fixed"]
    assert answer.json()["file"] == "settings.json"


def test_settings_are_chosen_and_what_waits_for_a_restart_is_named(client: TestClient) -> None:
    body = {"memory.surfaced": 5, "user_name": "Anna"}
    answer = client.patch("/api/settings", json=body)
    assert answer.status_code == 200
    assert answer.json()["restart_for"] == ["user_name"]
    assert named(client, "memory.surfaced")["source"] == "page"
    client.patch("/api/settings", json={"memory.surfaced": None})
    assert named(client, "memory.surfaced")["source"] == "default"


def test_a_choice_that_does_not_fit_names_each_and_changes_nothing(client: TestClient) -> None:
    body = {"memory.surfaced": 99, "user_name": "Anna"}
    answer = client.patch("/api/settings", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")
    assert [fault["where"] for fault in answer.json()["errors"]] == ["memory.surfaced"]
    assert named(client, "user_name")["source"] == "default"


@pytest.mark.parametrize(
    "body", ["{}", "[]", '{"user_name": "a\\u0000b"}', '{"a": {"b": ["\\ud800"]}}', "3"]
)
def test_a_body_that_is_no_choice_is_refused(client: TestClient, body: str) -> None:
    headers = {"content-type": "application/json"}
    answer = client.patch("/api/settings", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_a_text_is_of_a_length_that_somebody_may_have_meant(client: TestClient) -> None:
    answer = client.patch("/api/settings", json={"llm.model": "x" * 2001})
    assert answer.status_code == 400


def test_a_model_may_be_taken_unseen(world: World, client: TestClient) -> None:
    client.patch("/api/settings", json={"llm.model": "m"})
    client.patch("/api/settings?try=false", json={"llm.model": "n"})
    assert world.desk.unseen == [False, True]


def test_a_provider_is_tried_with_what_was_sent(world: World, client: TestClient) -> None:
    body = {"provider": "ollama", "base_url": "http://127.0.0.1:11434", "api_key": "k"}
    answer = client.post("/api/providers/test", json=body)
    assert answer.json()["ok"] is True
    assert answer.json()["detail"] == "It answered."
    (candidate,) = world.desk.tried
    assert (candidate.provider, candidate.api_key) == ("ollama", "k")


@pytest.mark.parametrize(
    "body",
    [
        {"provider": "parrot"},
        {"base_url": "ftp://a"},
        {"base_url": "localhost"},
        {"model": "a\x00"},
        {"modle": "m"},
    ],
)
def test_a_trial_of_nobody_is_refused(client: TestClient, body: dict[str, str]) -> None:
    answer = client.post("/api/providers/test", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_the_environment_s_settings_are_said_to_be_locked(world: World, client: TestClient) -> None:
    world.desk.layers = Layers(environment={"user_name": "Anna"})
    shown = named(client, "user_name")
    assert (shown["locked"], shown["source"], shown["variable"]) == (
        True,
        "environment",
        "MIRA_USER_NAME",
    )
