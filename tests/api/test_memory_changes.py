"""Several memories at once, looking back and going back, over HTTP."""

from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

PATH = "/api/memories"
UNKNOWN = str(UUID(int=1))
LONG_AGO, FAR_OFF = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"


@pytest.fixture
def kept(client: TestClient) -> list[dict[str, Any]]:
    body = [{"text": "Ada lives in Leeds."}, {"text": "Ada sings.", "pinned": True}]
    answer = client.post(f"{PATH}/batch", json=body)
    assert answer.status_code == 201
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def texts(items: list[dict[str, Any]]) -> list[str]:
    return [item["text"] for item in items]


def test_a_batch_is_answered_in_its_order(kept: list[dict[str, Any]]) -> None:
    assert [(item["text"], item["pinned"]) for item in kept] == [
        ("Ada lives in Leeds.", False),
        ("Ada sings.", True),
    ]


@pytest.mark.parametrize("body", [[], [{"text": " "}], [{"text": "Tea."}] * 201])
def test_a_batch_with_a_bad_item_keeps_nothing(client: TestClient, body: object) -> None:
    assert client.post(f"{PATH}/batch", json=body).status_code == 400
    assert client.get(PATH).json()["items"] == []


def test_the_store_is_shown_as_it_stood(client: TestClient, kept: list[dict[str, Any]]) -> None:
    assert client.get(PATH, params={"as_of": LONG_AGO}).json()["items"] == []
    assert len(client.get(PATH, params={"as_of": FAR_OFF}).json()["items"]) == len(kept)


def test_a_memory_is_shown_as_it_stood(client: TestClient, kept: list[dict[str, Any]]) -> None:
    path = f"{PATH}/{kept[0]['id']}"
    assert client.get(path, params={"as_of": FAR_OFF}).json()["text"] == "Ada lives in Leeds."
    assert client.get(path, params={"as_of": LONG_AGO}).json()["code"] == "memory_not_found"


def test_the_past_is_searched_page_by_page(client: TestClient, kept: list[dict[str, Any]]) -> None:
    asked: dict[str, str | int] = {"as_of": FAR_OFF, "q": "Ada Leeds", "limit": 1}
    first = client.get(PATH, params=asked).json()
    (best,) = first["items"]
    assert (best["id"], best["score"], best["reasons"]["text"]) == (kept[0]["id"], 1.0, 1.0)
    rest = client.get(PATH, params={**asked, "cursor": first["next_cursor"]}).json()
    assert [(each["text"], each["score"]) for each in rest["items"]] == [("Ada sings.", 0.5)]
    assert rest["next_cursor"] is None
    assert client.get(PATH, params={**asked, "as_of": LONG_AGO}).json()["items"] == []


def test_a_memory_goes_back_to_a_revision(client: TestClient, kept: list[dict[str, Any]]) -> None:
    path = f"{PATH}/{kept[0]['id']}"
    client.patch(path, json={"text": "Ada lives in York."})
    answer = client.post(f"{path}/restore", json={"revision": 1})
    assert answer.status_code == 200
    assert answer.json()["text"] == "Ada lives in Leeds."


def test_there_is_no_way_back_to_a_revision_that_never_was(
    client: TestClient, kept: list[dict[str, Any]]
) -> None:
    answer = client.post(f"{PATH}/{kept[0]['id']}/restore", json={"revision": 9})
    assert (answer.status_code, answer.json()["code"]) == (404, "revision_not_found")


def test_a_merge_answers_with_its_run(client: TestClient, kept: list[dict[str, Any]]) -> None:
    body = {"ids": [item["id"] for item in kept], "text": "Ada lives in Leeds and sings."}
    answer = client.post(f"{PATH}/merge", json=body)
    assert answer.status_code == 201
    assert answer.json()["text"] == "Ada lives in Leeds and sings."
    assert answer.json()["run_id"]
    assert len(client.get(PATH, params={"archived": True}).json()["items"]) == len(kept)


def test_a_split_answers_with_the_parts(client: TestClient, kept: list[dict[str, Any]]) -> None:
    answer = client.post(f"{PATH}/{kept[0]['id']}/split", json={"texts": ["One.", "Two."]})
    assert answer.status_code == 201
    assert texts(answer.json()["items"]) == ["One.", "Two."]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("merge", {"ids": [UNKNOWN, str(UUID(int=2))], "text": "Tea."}),
        (f"{UNKNOWN}/split", {"texts": ["Tea.", "Cake."]}),
        (f"{UNKNOWN}/restore", {"revision": 1}),
    ],
)
def test_what_is_not_there_cannot_be_changed(client: TestClient, path: str, body: object) -> None:
    answer = client.post(f"{PATH}/{path}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "memory_not_found")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE", "PUT"])
@pytest.mark.parametrize("word", ["batch", "merge"])
def test_a_word_where_an_id_may_stand_takes_its_own_methods_alone(
    client: TestClient, method: str, word: str
) -> None:
    refused = client.request(method, f"{PATH}/{word}")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert refused.json()["code"] == "method_not_allowed"
