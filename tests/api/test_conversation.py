"""Reading back what was said: messages, chapters, jobs and traces."""

from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from cns.domain.message import Image, Message, Role, SegmentId, ToolCall, ToolResult, TurnId
from cns.errors import ModelUnavailable, Unavailable
from tests.fakes.app import Edge, World, events_of
from tests.fakes.llm import Fails, Says
from tests.fakes.store import FakeContinuumStore
from tests.values import at, mark, message, passed_over, recalled, turn_record

MESSAGE = {
    "id",
    "role",
    "text",
    "content",
    "created_at",
    "segment_id",
    "turn_id",
    "parent_id",
    "branch",
    "on_path",
    "status",
    "memory_refs",
    "emotion",
    "name",
    "external_id",
}
SEGMENT = {
    "id",
    "status",
    "title",
    "summary",
    "started_at",
    "ended_at",
    "message_count",
    "tools_used",
}


def talk(world: World, client: TestClient, *words: str) -> list[dict[str, Any]]:
    """A turn a word; what each was answered with."""
    world.llm.will(*(Says(f"You said {word}.") for word in words))
    return [
        client.post("/api/chat", json={"message": word, "stream": False}).json() for word in words
    ]


def test_messages_come_newest_first_with_all_their_fields(world: World, client: TestClient) -> None:
    (answer,) = talk(world, client, "tea")
    listed = client.get("/api/messages").json()
    assert [item["text"] for item in listed["items"]] == ["You said tea.", "tea"]
    assert listed["next_cursor"] is None
    newest = listed["items"][0]
    assert set(newest) == MESSAGE
    assert (newest["role"], newest["status"]) == ("assistant", "complete")
    assert newest["turn_id"] == answer["turn_id"]
    assert newest["branch"] == {"index": 1, "count": 1, "previous_id": None, "next_id": None}
    assert newest["created_at"] == "2026-03-02T09:30:00Z"


def test_messages_are_paged_to_their_end(world: World, client: TestClient) -> None:
    talk(world, client, "a", "b", "c")
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        query: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        listed = client.get("/api/messages", params=query).json()
        seen += [item["text"] for item in listed["items"]]
        cursor = listed["next_cursor"]
        if cursor is None:
            break
    assert seen == ["You said c.", "c", "You said b.", "b", "You said a.", "a"]


def test_messages_are_narrowed_by_a_message_an_instant_or_a_chapter(
    world: World, client: TestClient
) -> None:
    talk(world, client, "a", "b")
    items = client.get("/api/messages").json()["items"]
    oldest = items[-1]

    def shown(**query: str) -> int:
        return len(client.get("/api/messages", params=query).json()["items"])

    assert shown(after=oldest["id"]) == 3
    assert shown(before=oldest["id"]) == 0
    assert shown(before="2026-03-02T09:30:00Z") == 0
    assert shown(before="2026-03-02T10:30:01+01:00") == 4
    assert shown(segment_id=oldest["segment_id"]) == 4
    assert shown(segment_id=str(uuid4())) == 0


def test_an_instant_whose_plus_was_read_as_a_blank_is_understood(
    world: World, client: TestClient
) -> None:
    talk(world, client, "a")
    assert len(client.get("/api/messages?before=2026-03-02T10:30:01+01:00").json()["items"]) == 2


def test_a_message_and_what_was_said_next_are_read(world: World, client: TestClient) -> None:
    talk(world, client, "a", "b")
    newest_first = client.get("/api/messages").json()["items"]
    first = newest_first[-1]
    path = f"/api/messages/{first['id']}"
    assert client.get(path).json() == first
    following = client.get(f"{path}/following", params={"limit": 2}).json()
    assert following["items"] == newest_first[-2:-4:-1]
    rest = client.get(f"{path}/following", params={"cursor": following["next_cursor"]}).json()
    assert (rest["items"], rest["next_cursor"]) == ([newest_first[0]], None)


@pytest.mark.parametrize("path", ["", "/following"])
def test_an_unknown_message_is_not_found(client: TestClient, path: str) -> None:
    answer = client.get(f"/api/messages/{uuid4()}{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "message_not_found")


def test_an_unknown_message_as_anchor_is_not_found(client: TestClient) -> None:
    answer = client.get("/api/messages", params={"before": str(uuid4())})
    assert (answer.status_code, answer.json()["code"]) == (404, "message_not_found")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=1e9",
        "cursor=",
        "cursor=nonsense",
        "cursor=%00",
        "cursor=WyJhIiwiYiJd",
        "before=yesterday",
        "before=0000-01-01T00:00:00Z",
        "before=10000-01-01T00:00:00Z",
        "before=0001-01-01T00:00:00%2B14:00",
        "after=9999-12-31T23:59:59-14:00",
        "after=2026-02-30",
        "after=20",
        "segment_id=1",
        "segment=1",
    ],
)
def test_messages_refuse_what_cannot_be_asked(client: TestClient, query: str) -> None:
    answer = client.get(f"/api/messages?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")
    assert answer.json()["detail"]


def store_of(world: World, said: Message) -> FakeContinuumStore:
    user = world.store.only_user("Anna", "Europe/Berlin", at(0))
    change = world.store.load(user.id).hear(said, mark())
    world.store.commit(change, turn_record(said))
    return world.store


def test_every_kind_of_block_is_shown_in_the_anthropic_form(
    world: World, client: TestClient
) -> None:
    segment_id = SegmentId(uuid4())
    said = message("Look.", segment_id=segment_id, turn_id=TurnId(uuid4()))
    store = store_of(world, said)
    user = world.store.only_user("Anna", "Europe/Berlin", at(0))
    blocks = (
        Image(media_type="image/png", data="AAAA"),
        ToolCall(id="c", name="look", input={"at": "it"}),
    )
    asked = message(blocks, Role.ASSISTANT, segment_id=segment_id)
    seen = message(
        (ToolResult(tool_call_id="c", text="nothing", ok=False),), Role.TOOL, segment_id=segment_id
    )
    change = store.load(user.id).answer((asked, seen), mark())
    store.commit(change, turn_record(said, "completed"))
    tool, assistant, _ = client.get("/api/messages").json()["items"]
    assert assistant["content"] == [
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"},
        },
        {"type": "tool_use", "id": "c", "name": "look", "input": {"at": "it"}},
    ]
    assert tool["content"] == [
        {"type": "tool_result", "tool_use_id": "c", "content": "nothing", "is_error": True}
    ]


def test_chapters_are_listed_and_read(world: World, client: TestClient) -> None:
    talk(world, client, "tea")
    (segment,) = client.get("/api/segments").json()["items"]
    assert set(segment) == SEGMENT
    assert (segment["status"], segment["message_count"]) == ("active", 2)
    read = client.get(f"/api/segments/{segment['id']}").json()
    assert set(read) == SEGMENT | {"messages"}
    assert [item["text"] for item in read["messages"]] == ["tea", "You said tea."]


def test_an_unknown_chapter_is_not_found(client: TestClient) -> None:
    answer = client.get(f"/api/segments/{uuid4()}")
    assert (answer.status_code, answer.json()["code"]) == (404, "segment_not_found")


@pytest.mark.parametrize("path", ["/api/segments?limit=0", "/api/segments/one"])
def test_chapters_refuse_what_cannot_be_asked(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_ending_the_chapter_is_a_job_that_names_it_and_its_runs(
    world: World, client: TestClient
) -> None:
    talk(world, client, "I drink tea every morning")
    (segment,) = client.get("/api/segments").json()["items"]
    started = client.post("/api/segments/active/collapse")
    assert started.status_code == 202
    path = f"/api/jobs/{started.json()['job_id']}"
    last = events_of(client.get(f"{path}/events").text)[-1]
    assert last[1] == "job"
    assert last[2] == client.get(path).json()
    assert (last[2]["state"], last[2]["progress"]) == ("done", 1.0)
    assert last[2]["result"] == {
        "segment_id": segment["id"],
        "runs": [str(run) for run in world.runs],
    }
    (ended,) = client.get("/api/segments").json()["items"]
    assert (ended["status"], bool(ended["summary"])) == ("collapsed", True)


def test_ending_no_chapter_is_refused(client: TestClient) -> None:
    answer = client.post("/api/segments/active/collapse")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_active_segment")


def test_a_job_that_fails_says_why(edge: Edge) -> None:
    def work(_: object) -> dict[str, object]:
        raise Unavailable("The model is away. Try again.")

    job_id = edge.services.jobs.submit("collapse", work)
    (*_, (_, _, job)) = events_of(edge.client.get(f"/api/jobs/{job_id}/events").text)
    assert (job["state"], job["error"]["code"]) == ("failed", "unavailable")


def test_an_unknown_job_is_not_found(client: TestClient) -> None:
    for path in (f"/api/jobs/{uuid4()}", f"/api/jobs/{uuid4()}/events"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")


@pytest.mark.parametrize("path", ["/api/jobs/one", "/api/jobs/one/events", "/api/turns/one"])
def test_an_absurd_id_is_refused(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_the_trace_of_a_turn_says_what_its_answer_rests_on(
    world: World, client: TestClient
) -> None:
    hit, passed = recalled("Anna drinks tea."), passed_over()
    world.recall.hits, world.recall.passed_over = (hit,), (passed,)
    (answer,) = talk(world, client, "tea?")
    trace = client.get(f"/api/turns/{answer['turn_id']}").json()
    assert (trace["state"], trace["error"]) == ("completed", None)
    assert trace["considered"][0]["id"] == str(hit.id)
    assert trace["shown"] == [str(hit.id)]
    assert [each["id"] for each in trace["passed_over"]] == [str(passed.id)]
    assert trace["considered_total"] == 2
    assert trace["context"] == {"left_out": 0, "summarised": False, "opening": []}
    assert trace["started_at"].endswith("Z")
    assert trace["timings_ms"]["total"] >= trace["timings_ms"]["own"]


def test_the_trace_of_a_failed_turn_says_why(world: World, client: TestClient) -> None:
    world.llm.will(Fails(ModelUnavailable("The model is away. Try again.")))
    events = events_of(client.post("/api/chat", json={"message": "hi"}).text)
    trace = client.get(f"/api/turns/{events[0][2]['turn_id']}").json()
    assert (trace["state"], trace["error"]["code"]) == ("failed", "llm_unavailable")


def test_an_unknown_turn_is_not_found(client: TestClient) -> None:
    answer = client.get(f"/api/turns/{uuid4()}")
    assert (answer.status_code, answer.json()["code"]) == (404, "turn_not_found")
