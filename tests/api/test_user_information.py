"""What is known about the user, over HTTP."""

from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from lt_memory.domain.memory import MemoryId
from lt_memory.domain.user_information import Sentence
from tests.fakes.app import World

PATH = "/api/user-information"


def test_at_first_nothing_is_known(client: TestClient) -> None:
    assert client.get(PATH).json() == {
        "text": "",
        "source": "automatic",
        "updated_at": None,
        "memory_ids": [],
        "run_id": None,
        "model": None,
    }


def test_what_the_user_writes_stands_until_it_is_reset(world: World, client: TestClient) -> None:
    known = Sentence(memory_id=MemoryId(uuid4()), text="I prefer tea.")
    world.about_user.known.append(known)
    written = client.patch(PATH, json={"text": "- Call me Ada."}).json()
    assert (written["text"], written["source"], written["run_id"]) == (
        "- Call me Ada.",
        "user",
        None,
    )
    assert client.get(PATH).json() == written
    back = client.delete(PATH).json()
    assert (back["text"], back["source"], back["model"]) == ("- I prefer tea.", "automatic", "list")
    assert back["memory_ids"] == [str(known.memory_id)]


def test_it_can_be_kept_blank(client: TestClient) -> None:
    blank = client.patch(PATH, json={"text": ""}).json()
    assert (blank["text"], blank["source"]) == ("", "user")


@pytest.mark.parametrize(
    "body", [{}, {"text": None}, {"text": 5}, {"text": "x" * 4001}, {"text": "a\x00"}, []], ids=str
)
def test_what_cannot_be_kept_is_refused(client: TestClient, body: object) -> None:
    answer = client.patch(PATH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")
