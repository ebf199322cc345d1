"""Messages from elsewhere, brought into a running house by its own door."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.application import Application, application

pytestmark = [pytest.mark.postgres, pytest.mark.valkey]

BEGAN = datetime(2024, 8, 1, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def app() -> Iterator[Application]:
    with application(MIRA_LLM__PROVIDER="local", MIRA_MEMORY__EXTRACTION="rules") as app:
        yield app


@pytest.fixture(scope="module")
def client(app: Application) -> Iterator[httpx.Client]:
    with app.client() as client:
        yield client


def said(content: str, minute: float = 0, **more: str) -> dict[str, str]:
    moment = (BEGAN + timedelta(minutes=minute)).isoformat()
    return {"role": "user", "content": content, "created_at": moment, **more}


def jsonl(*messages: Mapping[str, object]) -> bytes:
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def started(client: httpx.Client, content: bytes, *, extract: bool = False) -> str:
    answer = client.post(
        "/api/import",
        files={"file": ("plums.jsonl", content)},
        params={"extract": extract},
    )
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["job_id"]
    return job_id


def ended(client: httpx.Client, job_id: str) -> dict[str, Any]:
    with client.stream("GET", f"/api/jobs/{job_id}/events") as told:
        list(told.iter_lines())
    job: dict[str, Any] = client.get(f"/api/jobs/{job_id}").json()
    return job


def imported(client: httpx.Client, content: bytes, *, extract: bool = False) -> dict[str, Any]:
    job = ended(client, started(client, content, extract=extract))
    assert job["state"] == "done", job
    result: dict[str, Any] = job["result"]
    return result


def found(client: httpx.Client, question: str, **narrowed: str) -> Sequence[Mapping[str, Any]]:
    asked = {"q": question, "kinds": "message", **narrowed}
    items: Sequence[Mapping[str, Any]] = client.get("/api/search", params=asked).json()["items"]
    return items


def test_what_was_imported_is_found_at_once_with_its_name_and_its_id(client: httpx.Client) -> None:
    messages = jsonl(
        said("The quince tree bore nothing this year.", 0, name="Ines", external_id="Q1"),
        said("Perhaps the frost took the blossoms.", 1, external_id="Q2") | {"role": "assistant"},
    )
    assert imported(client, messages) == {"added": 2, "existing": 0, "skipped": []}

    first = found(client, "what about the quince tree?")[0]
    assert (first["external_id"], first["created_at"]) == ("Q1", "2024-08-01T10:00:00Z")
    message = client.get(f"/api/messages/{first['id']}").json()
    assert (message["name"], message["role"]) == ("Ines", "user")
    chapter = client.get(f"/api/segments/{first['segment_id']}").json()
    assert (chapter["status"], chapter["message_count"]) == ("collapsed", 2)
    assert chapter["ended_at"] == "2024-08-01T10:01:00Z"
    assert "quince" in chapter["summary"]


def test_a_file_that_is_imported_again_adds_nothing(client: httpx.Client) -> None:
    messages = jsonl(*(said(f"Jar {number} of jam.", number) for number in range(3)))
    assert imported(client, messages)["added"] == 3
    assert imported(client, messages) == {"added": 0, "existing": 3, "skipped": []}


def test_a_file_that_has_grown_adds_what_is_new_to_the_same_chapter(client: httpx.Client) -> None:
    told = [said(f"Shelf {number} is full.", number, session="cellar") for number in range(4)]
    imported(client, jsonl(*told[:2]))
    result = imported(client, jsonl(*told))
    assert (result["added"], result["existing"]) == (2, 2)
    (chapter,) = {hit["segment_id"] for hit in found(client, "which shelf is full?")[:4]}
    assert client.get(f"/api/segments/{chapter}").json()["message_count"] == 4


def test_lines_that_are_none_are_skipped_and_stop_nothing(client: httpx.Client) -> None:
    content = b"".join([
        jsonl(said("The cider press is broken.", 0)),
        b"not json\n",
        jsonl({"role": "user", "content": "no time"}),
        b"\n",
        jsonl(said("A new screw was ordered.", 2)),
    ])  # fmt: skip
    result = imported(client, content)
    assert result["added"] == 2
    assert [each["item"] for each in result["skipped"]] == ["line 2", "line 3"]
    assert "created_at" in result["skipped"][1]["reason"]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"hello\n", b'{"messages": []}\n'])
def test_a_file_in_which_nothing_is_recognised_fails_and_says_what_was_looked_for(
    client: httpx.Client, content: bytes
) -> None:
    job = ended(client, started(client, content))
    assert (job["state"], job["error"]["code"]) == ("failed", "import_not_recognised")
    assert "JSON Lines" in job["error"]["detail"]
    assert "plums.jsonl" in job["error"]["detail"]


@pytest.mark.parametrize("kind", ["mira", "chatgpt", "claude"])
def test_a_kind_of_file_that_cannot_be_read_yet_is_refused(client: httpx.Client, kind: str) -> None:
    answer = client.post("/api/import", files={"file": b"{}"}, data={"format": kind})
    assert (answer.status_code, answer.json()["code"]) == (400, "not_supported_yet")


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"format": "messages"}},
        {"files": {"file": b"{}"}, "data": {"format": "zip"}},
        {"json": {"file": "x"}},
        {"content": b"--x", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"content": b"--x", "headers": {"content-type": "multipart/form-data"}},
    ],
    ids=["no file", "no such kind", "no form", "half a form", "no boundary"],
)
def test_what_is_no_upload_is_a_problem(client: httpx.Client, sent: dict[str, Any]) -> None:
    answer = client.post("/api/import", **sent)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_conversation_that_goes_on_is_not_disturbed(
    app: Application, client: httpx.Client
) -> None:
    app.turn("Hello there.")
    last = client.get("/api/messages", params={"limit": 2}).json()["items"]
    prompt = client.get("/api/prompt").json()
    imported(client, jsonl(*(said(f"Row {number} is sown.", number * 90) for number in range(5))))

    assert client.get("/api/messages", params={"limit": 2}).json()["items"] == last
    assert client.get("/api/prompt").json() == prompt
    newest = client.get("/api/segments", params={"limit": 1}).json()["items"][0]
    assert (newest["status"], newest["id"]) == ("active", last[0]["segment_id"])
    app.turn("Are you still there?")
    assert client.get("/api/segments", params={"limit": 1}).json()["items"][0]["id"] == newest["id"]


def test_history_and_search_know_when_it_was_said(app: Application, client: httpx.Client) -> None:
    late, early = said("The bees swarmed.", 60 * 24 * 700), said("The bees came.", -60 * 24 * 700)
    imported(client, jsonl(late, early))

    times = [message["created_at"] for message in app.messages()]
    assert times == sorted(times)
    middle = found(client, "the bees")[0]["created_at"]
    assert {hit["snippet"] for hit in found(client, "the bees", before="2023-01-01T00:00:00Z")} == {
        "The bees came."
    }
    after = found(client, "the bees", after="2026-01-01T00:00:00Z")
    assert "The bees swarmed." in {hit["snippet"] for hit in after}
    assert middle in times


def test_paging_through_the_history_meets_every_message_once(client: httpx.Client) -> None:
    seen: list[str] = []
    asked: dict[str, str | int] = {"limit": 3}
    while True:
        page = client.get("/api/messages", params=asked).json()
        seen += [message["id"] for message in page["items"]]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    whole = client.get("/api/messages", params={"limit": 200}).json()["items"]
    assert seen == [message["id"] for message in whole]
    oldest = whole[-1]
    next_one = client.get(f"/api/messages/{oldest['id']}/following", params={"limit": 1}).json()
    assert next_one["items"][0]["id"] == whole[-2]["id"]
    earlier = client.get("/api/messages", params={"before": whole[3]["id"], "limit": 1}).json()
    assert earlier["items"][0]["id"] == whole[4]["id"]


def test_what_is_drawn_from_an_import_waits_for_the_user(client: httpx.Client) -> None:
    content = jsonl(said("My sister Ada lives in Leeds.", 0, session="ada"))
    imported(client, content)
    assert extracted(client) == 0
    assert imported(client, content, extract=True)["added"] == 0
    assert extracted(client) == 1

    waiting = client.get("/api/review").json()["items"]
    (item,) = [each for each in waiting if "Leeds" in each["memory"]["text"]]
    memory = item["memory"]
    assert (memory["source"], memory["trust"], memory["state"]) == (
        "import",
        "untrusted",
        "pending",
    )
    assert re.fullmatch(r"import:plums\.jsonl \([0-9a-f]{8}\)", item["origin"])
    assert f"{item['origin']}, 01 Aug 2024" in memory["origins"]
    assert extracted(client) == 0

    (source,) = memory["source_message_ids"]
    assert client.get(f"/api/messages/{source}").json()["text"] == "My sister Ada lives in Leeds."
    assert client.delete(f"/api/messages/{source}").status_code == 200
    assert client.get(f"/api/memories/{memory['id']}").status_code == 404


def test_an_import_of_several_days_is_taken_back_as_one(client: httpx.Client) -> None:
    days = [said(f"My aunt Mia keeps {n} hens.", n * 60 * 24, session=f"hens {n}") for n in (3, 4)]
    assert imported(client, jsonl(*days), extract=True)["added"] == 2
    assert extracted(client) == 2
    items = client.get("/api/review").json()["items"]
    (origin,) = {each["origin"] for each in items if "hens" in each["memory"]["text"]}

    unknown = client.post("/api/review/rollback", json={"origin": "import:plums.jsonl"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "origin_not_found")
    done = client.post("/api/review/rollback", json={"origin": origin}).json()
    assert len(done["put_away"]) == 2
    assert client.get("/api/review", params={"origin": origin}).json()["items"] == []


def extracted(client: httpx.Client) -> int:
    """How many chapters the job of extraction found to be done."""
    job_id = client.post("/api/jobs/extract/run").json()["job_id"]
    return len(ended(client, job_id)["result"]["runs"])
