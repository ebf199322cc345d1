"""Editing a message, answering it again, and going back: as a client asks for it."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from cns.errors import ModelUnavailable
from tests.fakes.app import World
from tests.fakes.llm import Fails, Says
from tests.waiting import until

NIL = str(UUID(int=0))


@pytest.fixture
def said(world: World, client: TestClient) -> list[dict[str, Any]]:
    """Two exchanges, oldest first."""
    world.llm.will(Says("A1"), Says("A2"))
    for words in ("Q1", "Q2"):
        client.post("/api/chat", json={"message": words, "stream": False}).raise_for_status()
    return listed(client)


def listed(client: TestClient, **query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/api/messages", params=query).json()["items"]
    return items[::-1]


def texts(messages: list[dict[str, Any]]) -> list[str]:
    return [message["text"] for message in messages]


def chat(client: TestClient, key: Any = None, **body: object) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/chat", json={"stream": False, **body}, headers=headers)


def test_an_edit_is_a_branch_that_the_list_shows(
    world: World, client: TestClient, said: list[dict[str, Any]]
) -> None:
    world.llm.will(Says("A3"))
    answer = chat(client, message="Q2, better", parent_message_id=said[2]["parent_id"])
    assert answer.json()["text"] == "A3"
    now = listed(client)
    assert texts(now) == ["Q1", "A1", "Q2, better", "A3"]
    branch = {"index": 2, "count": 2, "previous_id": said[2]["id"], "next_id": None}
    assert [message["branch"]["count"] for message in now] == [1, 1, 2, 1]
    assert (now[2]["branch"], now[2]["parent_id"]) == (branch, said[2]["parent_id"])


def test_all_branches_are_listed_when_asked_for(
    world: World, client: TestClient, said: list[dict[str, Any]]
) -> None:
    world.llm.will(Says("A3"))
    chat(client, message="Q2, better", parent_message_id=said[1]["id"])
    every = listed(client, branches="all")
    assert texts(every) == ["Q1", "A1", "Q2", "A2", "Q2, better", "A3"]
    assert [message["on_path"] for message in every] == [True, True, False, False, True, True]
    chapter = f"/api/segments/{said[0]['segment_id']}"
    assert texts(client.get(chapter).json()["messages"]) == ["Q1", "A1", "Q2, better", "A3"]
    whole = client.get(chapter, params={"branches": "all"}).json()
    assert (texts(whole["messages"]), whole["message_count"]) == (texts(every), 4)


@pytest.mark.parametrize("message", [{}, {"message": None}, {"message": ""}, {"message": "Q1"}])
def test_a_message_is_answered_again(
    world: World, client: TestClient, said: list[dict[str, Any]], message: dict[str, object]
) -> None:
    world.llm.will(Says("A3"))
    done = chat(client, parent_message_id=said[0]["id"], **message).json()
    now = listed(client)
    assert texts(now) == ["Q1", "A3"]
    assert (now[1]["id"], now[1]["parent_id"]) == (done["assistant_message_id"], said[0]["id"])
    assert (now[1]["branch"]["index"], now[1]["branch"]["previous_id"]) == (2, said[1]["id"])


def test_the_first_message_is_edited_below_the_nil_id(
    world: World, client: TestClient, said: list[dict[str, Any]]
) -> None:
    world.llm.will(Says("A3"))
    chat(client, message="Q1, better", parent_message_id=NIL)
    now = listed(client)
    assert texts(now) == ["Q1, better", "A3"]
    assert now[0]["branch"]["previous_id"] == said[0]["id"]


def test_a_branch_is_activated(
    world: World, client: TestClient, said: list[dict[str, Any]]
) -> None:
    world.llm.will(Says("A3"))
    chat(client, message="Q2, better", parent_message_id=said[1]["id"])
    answer = client.post(f"/api/messages/{said[2]['id']}/activate")
    assert answer.status_code == 200
    assert (answer.json()["text"], answer.json()["on_path"]) == ("Q2", True)
    assert answer.json()["branch"]["index"] == 1
    assert texts(listed(client)) == ["Q1", "A1", "Q2", "A2"]


def test_a_change_of_path_is_told_to_who_watches(
    world: World, client: TestClient, said: list[dict[str, Any]]
) -> None:
    world.llm.will(Says("A3"))
    chat(client, message="Q2, better", parent_message_id=said[1]["id"])
    heard: list[str] = []
    leave = world.activity.watch(lambda noted: heard.append(type(noted.event).__name__), 0)
    leave()
    assert heard.count("PathChangedEvent") == 1


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        ({"message": "Q", "parent_message_id": str(uuid4())}, 404, "message_not_found", "message"),
        ({"parent_message_id": str(uuid4())}, 404, "message_not_found", "message"),
        ({"message": "Q", "parent_message_id": "x"}, 400, "validation_failed", "UUID"),
        ({"message": None}, 400, "validation_failed", "parent_message_id"),
        ({"message": " ", "parent_message_id": NIL}, 400, "validation_failed", "blank"),
        ({"parent_message_id": NIL}, 400, "validation_failed", "nothing to answer"),
    ],
)
def test_a_branch_that_cannot_be_is_refused_in_words(
    client: TestClient,
    said: list[dict[str, Any]],
    body: dict[str, object],
    status: int,
    code: str,
    words: str,
) -> None:
    answer = chat(client, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert words in answer.json()["detail"]
    assert listed(client, branches="all") == said


def test_an_answer_has_no_answer(client: TestClient, said: list[dict[str, Any]]) -> None:
    answer = chat(client, parent_message_id=said[1]["id"])
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")
    assert "message of the user" in answer.json()["detail"]


def test_an_unknown_message_is_not_activated(client: TestClient) -> None:
    answer = client.post(f"/api/messages/{uuid4()}/activate")
    assert (answer.status_code, answer.json()["code"]) == (404, "message_not_found")


def test_an_ended_chapter_does_not_branch(client: TestClient, said: list[dict[str, Any]]) -> None:
    client.post("/api/segments/active/collapse").raise_for_status()
    until(lambda: client.get("/api/segments").json()["items"][0]["status"] == "collapsed")
    for answer in (
        chat(client, message="Q2, better", parent_message_id=said[1]["id"]),
        chat(client, parent_message_id=said[0]["id"]),
        client.post(f"/api/messages/{said[0]['id']}/activate"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "chapter_ended")
        assert "say it anew" in answer.json()["detail"]


def test_a_double_send_of_an_edit_is_one_branch(
    world: World, client: TestClient, said: list[dict[str, Any]]
) -> None:
    world.llm.will(Says("A3"))
    edit = {"message": "Q2, better", "parent_message_id": said[1]["id"]}
    first, second = chat(client, "k", **edit), chat(client, "k", **edit)
    assert first.json()["turn_id"] == second.json()["turn_id"]
    assert texts(listed(client)) == ["Q1", "A1", "Q2, better", "A3"]


def test_a_double_wish_for_another_answer_is_one_answer(
    world: World, client: TestClient, said: list[dict[str, Any]]
) -> None:
    world.llm.will(Says("A3"))
    again = {"parent_message_id": said[2]["id"]}
    first, second = chat(client, "k", **again), chat(client, "k", **again)
    assert first.json()["turn_id"] == second.json()["turn_id"]
    assert len(listed(client, branches="all")) == 5


def test_a_key_is_refused_for_the_same_words_elsewhere(
    world: World, client: TestClient, said: list[dict[str, Any]]
) -> None:
    world.llm.will(Says("A3"))
    chat(client, "k", message="Q", parent_message_id=said[1]["id"])
    other = chat(client, "k", message="Q")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_a_lost_answer_anew_leaves_the_old_one_and_can_be_retried(
    world: World, client: TestClient, said: list[dict[str, Any]]
) -> None:
    world.llm.will(Fails(ModelUnavailable("The model is away.")), Says("A3"))
    failed = chat(client, parent_message_id=said[0]["id"])
    assert failed.status_code == 503
    assert texts(listed(client)) == ["Q1", "A1", "Q2", "A2"]
    retried = client.post(f"/api/chat/{failed.json()['turn_id']}/retry", json={"stream": False})
    assert retried.json()["text"] == "A3"
    assert texts(listed(client)) == ["Q1", "A3"]
