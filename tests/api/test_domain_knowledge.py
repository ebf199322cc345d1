"""Domain knowledge over HTTP."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.fakes.app import World
from tests.fakes.llm import FakeLLM

PATH = "/api/domain-knowledge"
BLOCK = {
    "label",
    "name",
    "description",
    "content",
    "enabled",
    "version",
    "created_at",
    "updated_at",
    "waiting",
    "tokens",
    "in_prompt",
    "writer",
}


def begin(client: TestClient, label: str = "rye", **rest: object) -> dict[str, Any]:
    asked = {"label": label, "name": "Rye bread", "content": "Feed it.", **rest}
    answer = client.post(PATH, json=asked)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_block_is_begun_and_read_back(client: TestClient) -> None:
    begun = begin(client, description="what worked")
    assert set(begun) == BLOCK
    assert (begun["name"], begun["description"], begun["content"]) == (
        "Rye bread",
        "what worked",
        "Feed it.",
    )
    assert (begun["enabled"], begun["version"], begun["waiting"]) == (True, 1, 0)
    assert begun["in_prompt"]
    assert client.get(f"{PATH}/rye").json() == begun


def test_a_label_alone_will_do(client: TestClient) -> None:
    answer = client.post(PATH, json={"label": "my_oven-2"}).json()
    assert (answer["name"], answer["content"], answer["enabled"]) == ("my_oven-2", "", True)
    assert not answer["in_prompt"]


def test_blocks_are_listed_by_label_with_who_writes_them(client: TestClient) -> None:
    begin(client, "rye")
    begin(client, "oven")
    listed = client.get(PATH).json()
    assert [item["label"] for item in listed["items"]] == ["oven", "rye"]
    assert (listed["writer"], listed["next_cursor"]) == ("on: fake-model", None)


@pytest.fixture
def world() -> World:
    return World(llm=FakeLLM())


def test_without_a_capable_model_the_route_says_that_nobody_writes(
    world: World, client: TestClient
) -> None:
    world.llm.capable = False
    assert client.get(PATH).json()["writer"] == "off: no capable model"
    assert begin(client)["writer"] == "off: no capable model"


def test_a_label_is_taken_once(client: TestClient) -> None:
    begin(client)
    answer = client.post(PATH, json={"label": "rye"})
    assert (answer.status_code, answer.json()["code"]) == (409, "label_taken")


def test_a_block_is_changed_in_the_named_fields_alone(client: TestClient) -> None:
    begin(client)
    changed = client.patch(f"{PATH}/rye", json={"enabled": False}).json()
    assert (changed["enabled"], changed["content"], changed["version"]) == (False, "Feed it.", 1)
    assert (changed["writer"], changed["in_prompt"]) == ("off: the block is off", False)
    emptied = client.patch(f"{PATH}/rye", json={"content": ""}).json()
    assert (emptied["content"], emptied["version"], emptied["enabled"]) == ("", 2, False)


def test_an_earlier_version_is_gone_back_to(client: TestClient) -> None:
    begin(client)
    client.patch(f"{PATH}/rye", json={"content": "Feed it twice."})
    restored = client.post(f"{PATH}/rye/restore", json={"version": 1.0}).json()
    assert (restored["content"], restored["version"]) == ("Feed it.", 3)
    history = client.get(f"{PATH}/rye/history").json()["items"]
    assert [(v["version"], v["content"]) for v in history] == [
        (1, "Feed it."),
        (2, "Feed it twice."),
        (3, "Feed it."),
    ]
    assert {v["actor"] for v in history} == {"user"}
    assert (history[0]["run_id"], history[0]["model"]) == (None, None)


def test_a_deleted_block_is_gone_with_its_versions(client: TestClient) -> None:
    begin(client)
    client.patch(f"{PATH}/rye", json={"content": "Feed it twice."})
    assert client.delete(f"{PATH}/rye").json() == {"label": "rye", "versions": 2}
    assert client.get(f"{PATH}/rye").status_code == 404
    assert client.get(f"{PATH}/rye/history").status_code == 404
    begin(client)
    assert len(client.get(f"{PATH}/rye/history").json()["items"]) == 1


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"enabled": True}),
        ("DELETE", "", None),
        ("GET", "/history", None),
        ("POST", "/restore", {"version": 1}),
    ],
)
def test_an_unknown_block_is_not_found(
    client: TestClient, method: str, tail: str, body: object
) -> None:
    answer = client.request(method, f"{PATH}/rye{tail}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "knowledge_not_found")


def test_a_version_that_never_was_is_not_found(client: TestClient) -> None:
    begin(client)
    answer = client.post(f"{PATH}/rye/restore", json={"version": 9})
    assert (answer.status_code, answer.json()["code"]) == (404, "version_not_found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"label": ""},
        {"label": "Rye"},
        {"label": "rye bread"},
        {"label": "-rye"},
        {"label": "x" * 65},
        {"label": "rye\n"},
        {"label": "rye", "name": ""},
        {"label": "rye", "name": "x" * 201},
        {"label": "rye", "content": "x" * 10_001},
        {"label": "rye", "content": None},
        {"label": "rye", "content": "a\x00"},
        {"label": "rye", "description": "x" * 1001},
        {"label": "rye", "enabled": 1},
        {"label": "rye", "version": 2},
        "rye",
    ],
    ids=str,
)
def test_a_block_that_cannot_be_begun_is_refused(client: TestClient, body: object) -> None:
    answer = client.post(PATH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")
    assert client.get(PATH).json()["items"] == []


@pytest.mark.parametrize(
    ("tail", "body"),
    [
        ("", {}),
        ("", {"name": " "}),
        ("", {"content": "x" * 10_001}),
        ("", {"label": "oven"}),
        ("/restore", {}),
        ("/restore", {"version": 0}),
        ("/restore", {"version": "1"}),
        ("/restore", {"version": True}),
        ("/restore", {"version": 1.5}),
    ],
)
def test_a_change_that_cannot_be_made_is_refused(
    client: TestClient, tail: str, body: object
) -> None:
    begun = begin(client)
    method = "POST" if tail else "PATCH"
    answer = client.request(method, f"{PATH}/rye{tail}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")
    assert client.get(f"{PATH}/rye").json() == begun
