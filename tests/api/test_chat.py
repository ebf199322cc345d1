"""Saying something, hearing the answer, stopping it and trying again."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event, active_count
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from api.schemas.chat import DOCUMENT_MAX
from cns.domain.message import Document, Image, MessageStatus, Role
from cns.errors import ModelUnavailable
from cns.ports import Page
from tests.fakes.app import Edge, World, events_of, running
from tests.fakes.llm import Calls, Fails, Says
from tests.fakes.toolbox import FakeToolbox, done
from tests.values import recalled
from tests.waiting import until

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\x00" * 20).decode()
PDF = base64.b64encode(b"%PDF-1.7\n%%EOF").decode()
SECRET: dict[str, Any] = {"incognito": True}
SAID = {"role": "user", "content": "My cat is called Miso."}
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + b"\x00" * 20).decode()


def say(client: TestClient, message: object = "hello", **rest: object) -> Any:
    return client.post("/api/chat", json={"message": message, **rest})


@pytest.fixture
def held(world: World) -> Iterator[Event]:
    """An answer that stops after its first word until the event is set."""
    event = Event()
    world.llm.will(Says("one two three", wait=event))
    yield event
    event.set()


def started(edge: Edge, stack: ExitStack) -> tuple[str, Iterator[str]]:
    """A turn under way: its id, and the lines that follow its first event."""
    body = {"message": "hello", "stream": True}
    stream = stack.enter_context(edge.client.stream("POST", "/api/chat", json=body))
    lines = stream.iter_lines()
    first = [next(lines) for _ in range(4)]
    (_, _, data) = events_of("\n".join(first) + "\n")[0]
    return str(data["turn_id"]), lines


def test_a_stream_tells_the_turn_in_order(world: World, client: TestClient) -> None:
    world.llm.will(Says("Hello Anna.", thinking="hm"))
    world.recall.hits = (recalled(),)
    answer = say(client, stream=True)
    names = [name for _, name, _ in events_of(answer.text)]
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert names[:3] == ["turn_started", "touchstone", "memories_surfaced"]
    assert names[3:-1] == ["thinking_delta", "text_delta", "text_delta"]
    assert names[-1] == "turn_completed"


def test_the_events_of_a_stream_are_numbered_from_one(world: World, client: TestClient) -> None:
    world.llm.will(Says("Hello."))
    numbers = [number for number, _, _ in events_of(say(client, stream=True).text)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_each_event_carries_what_the_contract_says(world: World, client: TestClient) -> None:
    hit = recalled("Anna has a cat.")
    world.recall.hits = (hit,)
    world.llm.will(Says("You have a cat."))
    events = {name: data for _, name, data in events_of(say(client, stream=True).text)}
    assert set(events["turn_started"]) == {"turn_id", "user_message_id", "segment_id", "retry_of"}
    assert set(events["touchstone"]) == {"text"}
    surfaced = events["memories_surfaced"]["memories"][0]
    assert surfaced["id"] == str(hit.id)
    assert set(surfaced["reasons"]) == {"vector", "text", "entity", "time", "links", "importance"}
    assert surfaced["created_at"].endswith("Z")
    completed = events["turn_completed"]
    assert completed["text"] == "You have a cat."
    assert completed["usage"]["input_tokens"] > 0
    assert set(completed["timings_ms"]) == {
        "touchstone",
        "embed",
        "surface",
        "compose",
        "first_token",
        "total",
        "own",
    }


def test_tool_calls_are_told_as_they_happen(web_dir: Path) -> None:
    world = World(toolbox=FakeToolbox(look=lambda _: done("found")))
    world.llm.will(Calls("look", {"at": "stars"}), Says("There they are."))
    with running(world, web_dir) as edge:
        events = {name: data for _, name, data in events_of(say(edge.client).text)}
    assert events["tool_started"]["input"] == {"at": "stars"}
    assert events["tool_finished"]["ok"] is True
    assert events["turn_completed"]["tools_used"] == ["look"]


def test_an_answer_at_once_is_the_completed_turn(world: World, client: TestClient) -> None:
    world.llm.will(Says("Hello Anna."))
    answer = say(client, stream=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["text"] == "Hello Anna."


@pytest.mark.parametrize(
    ("accept", "streamed"),
    [
        ("application/json", False),
        ("application/json; q=0.9", False),
        ("*/*", True),
        ("text/event-stream", True),
        ("application/json, text/event-stream", True),
    ],
)
def test_only_accepting_json_alone_means_no_stream(
    world: World, client: TestClient, accept: str, streamed: bool
) -> None:
    world.llm.will(Says("Hello."))
    answer = client.post("/api/chat", json={"message": "hi"}, headers={"accept": accept})
    assert answer.headers["content-type"].startswith("text/event-stream") is streamed


def test_a_failed_turn_answered_at_once_is_its_problem(world: World, client: TestClient) -> None:
    world.llm.will(Fails(ModelUnavailable("The model is away. Try again.")))
    answer = say(client, stream=False)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "llm_unavailable"
    assert answer.json()["retryable"] is True


def test_how_long_to_wait_for_the_model_is_told_in_the_header_too(
    world: World, client: TestClient
) -> None:
    world.llm.will(Fails(ModelUnavailable("Later.", extra={"retry_after": 16.2})))
    answer = say(client, stream=False)
    assert (answer.headers["retry-after"], answer.json()["retry_after"]) == ("17", 16.2)


def test_a_failed_turn_ends_its_stream_with_the_problem(world: World, client: TestClient) -> None:
    world.llm.will(Fails(ModelUnavailable("The model is away. Try again."), after="I was"))
    _, name, data = events_of(say(client, stream=True).text)[-1]
    assert name == "turn_failed"
    assert data["error"]["code"] == "llm_unavailable"
    assert data["error"]["status"] == 503


def test_a_failed_turn_can_be_tried_again(world: World, client: TestClient) -> None:
    world.llm.will(Fails(ModelUnavailable("The model is away. Try again.")), Says("Here I am."))
    failed = events_of(say(client, stream=True).text)[-1][2]["turn_id"]
    events = events_of(client.post(f"/api/chat/{failed}/retry").text)
    assert events[0][2]["retry_of"] == failed
    assert events[-1][2]["text"] == "Here I am."


def test_a_retry_can_be_answered_at_once(world: World, client: TestClient) -> None:
    world.llm.will(Fails(ModelUnavailable("The model is away. Try again.")), Says("Here I am."))
    failed = events_of(say(client, stream=True).text)[-1][2]["turn_id"]
    answer = client.post(f"/api/chat/{failed}/retry", json={"stream": False})
    assert answer.json()["text"] == "Here I am."


def test_an_answered_turn_is_not_tried_again(world: World, client: TestClient) -> None:
    world.llm.will(Says("Hello."))
    turn_id = say(client, stream=False).json()["turn_id"]
    answer = client.post(f"/api/chat/{turn_id}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_trying_an_unknown_turn_again_finds_nothing(client: TestClient) -> None:
    answer = client.post(f"/api/chat/{uuid4()}/retry")
    assert (answer.status_code, answer.json()["code"]) == (404, "turn_not_found")


def test_a_second_message_while_a_turn_runs_is_refused(edge: Edge, held: Event) -> None:
    with ExitStack() as stack:
        turn_id, _ = started(edge, stack)
        answer = say(edge.client)
        held.set()
    assert answer.status_code == 409
    assert answer.json()["code"] == "turn_in_progress"
    assert answer.json()["turn_id"] == turn_id


@pytest.mark.usefixtures("held")
def test_a_stopped_turn_keeps_what_was_said(edge: Edge) -> None:
    with ExitStack() as stack:
        turn_id, lines = started(edge, stack)
        until(lambda: "text_delta" in next(lines))
        answer = edge.client.post(f"/api/chat/{turn_id}/cancel")
        rest = [line for line in lines if line.startswith("data")]
    assert (answer.status_code, answer.json()) == (202, {"turn_id": turn_id})
    assert '"status": "interrupted"' in rest[-1]


def test_stopping_a_turn_that_does_not_run_finds_nothing(client: TestClient) -> None:
    answer = client.post(f"/api/chat/{uuid4()}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (404, "turn_not_running")


def test_a_turn_goes_on_when_its_reader_goes_away(world: World, edge: Edge, held: Event) -> None:
    with ExitStack() as stack:
        started(edge, stack)
    held.set()
    until(lambda: len(world.store.messages(Page())[0]) == 2)
    said = world.store.messages(Page())[0][0]
    assert (said.role, said.text) == (Role.ASSISTANT, "one two three")
    assert said.status is MessageStatus.COMPLETE


def test_listening_again_replays_what_was_missed(world: World, client: TestClient) -> None:
    world.llm.will(Says("one two"))
    events = events_of(say(client, stream=True).text)
    turn_id = events[0][2]["turn_id"]
    path = f"/api/chat/{turn_id}/events"
    assert events_of(client.get(path).text) == events
    later = client.get(path, headers={"Last-Event-ID": "3"})
    assert events_of(later.text) == events[3:]


def test_listening_again_after_the_last_event_ends_at_once(
    world: World, client: TestClient
) -> None:
    world.llm.will(Says("one"))
    events = events_of(say(client, stream=True).text)
    path = f"/api/chat/{events[0][2]['turn_id']}/events"
    for heard in (str(events[-1][0]), "999999"):
        assert client.get(path, headers={"Last-Event-ID": heard}).text == ""


@pytest.mark.parametrize("streamed", [True, False])
def test_the_same_key_after_a_restart_hears_the_stored_outcome(
    world: World, web_dir: Path, streamed: bool
) -> None:
    world.llm.will(Says("One two."))
    asked = {"json": {"message": "hi", "stream": streamed}, "headers": {"Idempotency-Key": "k1"}}
    told = []
    for _ in range(2):
        with running(world, web_dir) as edge:
            answer = edge.client.post("/api/chat", **asked)  # type: ignore[arg-type]  # two shapes
            told.append(events_of(answer.text)[-1][2] if streamed else answer.json())
    first, again = ({**completed, "timings_ms": None} for completed in told)
    assert again == first
    assert again["text"] == "One two."


def test_a_failed_turn_heard_again_after_a_restart_is_its_problem(
    world: World, web_dir: Path
) -> None:
    world.llm.will(Fails(ModelUnavailable("The model is away. Try again.")))
    asked = {"json": {"message": "hi", "stream": False}, "headers": {"Idempotency-Key": "k1"}}
    told = []
    for _ in range(2):
        with running(world, web_dir) as edge:
            answer = edge.client.post("/api/chat", **asked)  # type: ignore[arg-type]  # two shapes
            told.append((answer.status_code, answer.json()))
    assert told[0] == told[1]
    assert told[1][1]["code"] == "llm_unavailable"


def test_one_who_lost_a_turn_midway_hears_its_end_after_a_restart(
    world: World, web_dir: Path
) -> None:
    world.llm.will(Says("one two three"))
    with running(world, web_dir) as edge:
        turn_id = say(edge.client, stream=False).json()["turn_id"]
    with running(world, web_dir) as edge:
        answer = edge.client.get(f"/api/chat/{turn_id}/events", headers={"Last-Event-ID": "5"})
    ((_, name, data),) = events_of(answer.text)
    assert (name, data["text"]) == ("turn_completed", "one two three")


def test_listening_to_an_unknown_turn_finds_nothing(client: TestClient) -> None:
    answer = client.get(f"/api/chat/{uuid4()}/events")
    assert (answer.status_code, answer.json()["code"]) == (404, "turn_not_found")


@pytest.mark.parametrize("number", ["-1", "x", "1.5", "99999999999999"])
def test_an_absurd_last_event_is_refused(client: TestClient, number: str) -> None:
    answer = client.get(f"/api/chat/{uuid4()}/events", headers={"Last-Event-ID": number})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_fifty_idle_streams_cost_no_threads_and_leave_room(edge: Edge, held: Event) -> None:
    with ExitStack() as stack:
        turn_id, _ = started(edge, stack)
        before = active_count()
        streams = [
            stack.enter_context(edge.client.stream("GET", f"/api/chat/{turn_id}/events"))
            for _ in range(50)
        ]
        assert all(next(stream.iter_lines()) == "id: 1" for stream in streams)
        assert active_count() - before < 10
        assert edge.client.get("/health/live").status_code == 200
        assert edge.client.get("/health/ready").status_code == 200
        held.set()


def test_a_quiet_stream_is_kept_open_by_comments(world: World, web_dir: Path, held: Event) -> None:
    with running(world, web_dir, quiet_seconds=0.01) as edge, ExitStack() as stack:
        _, lines = started(edge, stack)
        until(lambda: next(lines).startswith(":"))
        held.set()


def test_pictures_reach_the_turn(world: World, client: TestClient) -> None:
    world.llm.will(Says("A star."))
    blocks = [
        {"type": "text", "text": "What is this?"},
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": PNG},
        },
    ]
    say(client, blocks, stream=False)
    heard = world.llm.requests[0].messages[-1]
    assert Image(media_type="image/png", data=PNG) in heard.content


def test_what_a_turn_is_asked_for_reaches_the_model(world: World, client: TestClient) -> None:
    world.llm.will(Says("Yes."))
    left_out = uuid4()
    say(client, thinking=2048, model="other", exclude_memory_ids=[str(left_out)], stream=False)
    assert (world.llm.requests[0].thinking, world.llm.requests[0].model) == (2048, "other")
    assert world.recall.asked[0].exclude_memories == {left_out}


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({}, "validation_failed", "message"),
        ({"message": ""}, "validation_failed", "message"),
        ({"message": " \n "}, "validation_failed", "blank"),
        ({"message": 7}, "validation_failed", "message"),
        ({"message": []}, "validation_failed", "message"),
        ({"message": [{"type": "text", "text": " "}]}, "validation_failed", "empty"),
        ({"message": [{"type": "song"}]}, "validation_failed", "song"),
        ({"message": ["hello"]}, "validation_failed", "message"),
        ({"message": "a\x00b"}, "validation_failed", "NUL"),
        ({"message": "x" * 200_001}, "validation_failed", "200000"),
        ({"message": [{"type": "text", "text": "x" * 150_000}] * 2}, "validation_failed", "200000"),
        ({"message": "hi", "thinking": -1}, "validation_failed", "thinking"),
        ({"message": "hi", "thinking": "much"}, "validation_failed", "thinking"),
        ({"message": "hi", "stream": "yes"}, "validation_failed", "stream"),
        ({"message": "hi", "modell": "x"}, "validation_failed", "modell"),
        ({"message": "hi", "model": ""}, "validation_failed", "model"),
        ({"message": "hi", "exclude_memory_ids": ["x"]}, "validation_failed", "UUID"),
        ({"message": "hi", "incognito": "yes"}, "validation_failed", "incognito"),
        ({"message": "hi", "incognito_history": [SAID]}, "validation_failed", "incognito: true"),
        (
            {"message": "hi", **SECRET, "incognito_history": [SAID] * 201},
            "validation_failed",
            "200",
        ),
        (
            {"message": "hi", **SECRET, "incognito_history": [{**SAID, "role": "tool"}]},
            "validation_failed",
            "role",
        ),
        (
            {
                "message": "hi",
                **SECRET,
                "incognito_history": [{"role": "user", "content": "x" * 150_000}] * 2,
            },
            "validation_failed",
            "200000",
        ),
        (
            {"message": "hi", **SECRET, "parent_message_id": str(uuid4())},
            "validation_failed",
            "incognito",
        ),
        ({"message": [{"type": "document", "source": {}}]}, "validation_failed", "media_type"),
        ([1, 2], "validation_failed", "body"),
        (None, "validation_failed", "body"),
    ],
)
def test_a_chat_that_cannot_be_used_is_refused_and_not_stored(
    world: World, client: TestClient, body: object, code: str, words: str
) -> None:
    answer = client.post("/api/chat", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert words in answer.json()["detail"]
    assert world.store.messages(Page())[0] == []


@pytest.mark.parametrize(
    ("media_type", "data", "words"),
    [
        ("image/png", "%%%", "base64"),
        ("image/png", JPEG, "png"),
        ("image/webp", PNG, "webp"),
        ("image/gif", PNG, "gif"),
        ("image/tiff", PNG, "media_type"),
        ("image/png", "", "data"),
        ("image/png", "A" * 7_000_000, "data"),
    ],
)
def test_a_picture_that_is_none_is_refused(
    client: TestClient, media_type: str, data: str, words: str
) -> None:
    source = {"type": "base64", "media_type": media_type, "data": data}
    answer = say(client, [{"type": "image", "source": source}])
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("media_type", "first"),
    [
        ("image/jpeg", b"\xff\xd8\xff\xe0"),
        ("image/gif", b"GIF89a"),
        ("image/webp", b"RIFF\x10\x00\x00\x00WEBP"),
    ],
)
def test_the_four_kinds_of_picture_are_taken(
    world: World, client: TestClient, media_type: str, first: bytes
) -> None:
    world.llm.will(Says("Nice."))
    data = base64.b64encode(first + b"\x00" * 20).decode()
    source = {"type": "base64", "media_type": media_type, "data": data}
    assert say(client, [{"type": "image", "source": source}], stream=False).status_code == 200


def document(data: str, title: str | None = None) -> dict[str, object]:
    source = {"type": "base64", "media_type": "application/pdf", "data": data}
    return {"type": "document", "source": source, "title": title}


def test_a_document_reaches_the_turn_and_is_kept(world: World, client: TestClient) -> None:
    world.llm.will(Says("In May."))
    blocks = [document(PDF, "Lease"), {"type": "text", "text": "When does it end?"}]
    assert say(client, blocks, stream=False).status_code == 200
    heard = world.llm.requests[0].messages[-1]
    assert Document(media_type="application/pdf", data=PDF, title="Lease") in heard.content
    _, question = client.get("/api/messages").json()["items"]
    assert (question["content"], question["text"]) == (blocks, "When does it end?")


def test_a_document_needs_neither_title_nor_words(world: World, client: TestClient) -> None:
    world.llm.will(Says("A lease."))
    assert say(client, [document(PDF)], stream=False).status_code == 200
    _, question = client.get("/api/messages").json()["items"]
    assert "title" not in question["content"][0]


@pytest.mark.parametrize(
    ("data", "title", "words"),
    [
        ("%%%", None, "not base64"),
        (PNG, None, "no PDF"),
        ("", None, "data"),
        ("A" * 13_981_016, None, "at most 10485760 bytes"),
        ("A" * 13_981_020, None, "at most 10485760 bytes"),
        ("A" * 15_000_000, None, "at most 10485760 bytes"),
        (PDF, " ", "blank"),
        (PDF, "x" * 201, "200"),
        (PDF, "a\x00b", "NUL"),
    ],
)
def test_a_document_that_is_none_is_refused_and_not_stored(
    world: World, client: TestClient, data: str, title: str | None, words: str
) -> None:
    answer = say(client, [document(data, title)])
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")
    assert words in answer.json()["detail"]
    assert world.store.messages(Page())[0] == []


def test_the_largest_document_fits_into_a_body(world: World, client: TestClient) -> None:
    world.llm.will(Says("Long."))
    largest = base64.b64encode(b"%PDF-1.7\n".ljust(DOCUMENT_MAX, b"\n")).decode()
    assert say(client, [document(largest)], stream=False).status_code == 200


def test_a_lost_database_refuses_the_message(world: World, client: TestClient) -> None:
    world.store.away = 1
    answer = say(client)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert answer.json()["retryable"] is True


# --- incognito ------------------------------------------------------------------


def test_an_incognito_turn_is_answered_and_gone(world: World, client: TestClient) -> None:
    world.llm.will(Says("A fine name."))
    answer = say(client, "My cat is called Miso.", stream=False, incognito=True)
    assert answer.json()["text"] == "A fine name."
    assert world.store.messages(Page())[0] == []
    turn_id = answer.json()["turn_id"]
    for gone in (f"/api/turns/{turn_id}", f"/api/chat/{turn_id}/events"):
        assert client.get(gone).status_code == 404
    for undone in ("cancel", "retry"):
        assert client.post(f"/api/chat/{turn_id}/{undone}").status_code == 404


def test_an_incognito_turn_is_streamed_and_gone(world: World, client: TestClient) -> None:
    world.llm.will(Says("A fine name."))
    events = events_of(say(client, stream=True, incognito=True).text)
    assert [name for _, name, _ in events][-1] == "turn_completed"
    again = client.get(f"/api/chat/{events[0][2]['turn_id']}/events")
    assert again.status_code == 404


def test_an_incognito_message_knows_what_was_said_before_it(
    world: World, client: TestClient
) -> None:
    world.llm.will(Says("Miso."))
    history = [SAID, {"role": "assistant", "content": [{"type": "text", "text": "A fine name."}]}]
    say(client, "What is my cat called?", stream=False, incognito=True, incognito_history=history)
    assert [message.text for message in world.llm.requests[0].messages] == [
        "My cat is called Miso.",
        "A fine name.",
        "What is my cat called?",
    ]
