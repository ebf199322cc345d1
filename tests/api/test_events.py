"""The stream of domain events: what it tells, from where on, and how each event looks."""

import inspect
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from typing_extensions import override

from cns.bus import Unsubscribe
from cns.domain import events
from cns.domain.events import Event, ManifestUpdatedEvent, wire_name
from cns.domain.message import ContinuumId, MessageId, SegmentId, ToolCall, TurnId
from cns.services.activity import LENGTH, Activity, Listener
from tests.fakes.app import Edge, World, running
from tests.fakes.llm import Says
from tests.values import ANNA, START, message, segment
from tests.waiting import until

RUN = int(START.timestamp() * 1000)
ID = UUID(int=7)
MESSAGE, SEGMENT = message("Tea \u2028 or coffee?"), segment()
FIELDS: dict[str, dict[str, Any]] = {
    "SegmentOpenedEvent": {"segment": SEGMENT},
    "MessageReceivedEvent": {"message": MESSAGE},
    "PathChangedEvent": {"segment_id": ID, "left": (MessageId(ID),), "joined": ()},
    "MessagesErasedEvent": {
        "segment_id": SegmentId(ID),
        "message_ids": (MessageId(ID),),
        "turn_ids": (TurnId(ID),),
    },
    "TopicChangedEvent": {"turn_id": TurnId(ID), "topic": "tea"},
    "WorkflowDetectedEvent": {"turn_id": TurnId(ID), "tools": ("a", "b", "c")},
    "MemoriesSurfacedEvent": {"turn_id": TurnId(ID), "hit_ids": (ID, ID)},
    "ComposeSystemPromptEvent": {"sections": ("base",)},
    "UpdateTrinketEvent": {"section": "base"},
    "WorkingMemoryUpdatedEvent": {"sections": ("base",)},
    "TrinketContentEvent": {"section": "x", "cached": True, "characters": 3, "seconds": 0.5},
    "SystemPromptComposedEvent": {"cached_characters": 3, "live_characters": 4},
    "ToolCallsRequestedEvent": {
        "turn_id": TurnId(ID),
        "calls": (ToolCall(id="call-1", name="look", input={"at": ["stars"]}),),
    },
    "ToolUsedEvent": {"turn_id": TurnId(ID), "tool": "look", "ok": False, "seconds": 0.1},
    "TurnCompletedEvent": {"turn_number": 3, "messages": (MESSAGE, MESSAGE)},
    "TurnFailedEvent": {"turn_id": TurnId(ID), "user_message_id": MessageId(ID), "code": "x"},
    "SegmentTimeoutEvent": {"segment_id": SegmentId(ID), "inactive_minutes": 60, "local_hour": 9},
    "SegmentCollapsedEvent": {"segment": SEGMENT},
    "ManifestUpdatedEvent": {"segment_count": 2},
    "MemoriesExtractedEvent": {"segment_id": SegmentId(ID), "run_id": ID, "memory_ids": (ID,)},
    "SecretChangedEvent": {"name": "anthropic_key"},
}
CLASSES = [
    member
    for _, member in inspect.getmembers(events, inspect.isclass)
    if issubclass(member, Event) and member is not Event
]
each_class = pytest.mark.parametrize("kind", CLASSES, ids=wire_name)


def made(kind: type[Event], **fields: Any) -> Event:
    base: dict[str, Any] = {
        "continuum_id": ContinuumId(ID),
        "user_id": ANNA.id,
        "event_id": uuid4(),
    }
    return kind(**base, occurred_at=START, **fields)


def note(world: World, *counts: int) -> None:
    for count in counts:
        world.activity.note(made(ManifestUpdatedEvent, segment_count=count))


class Reader:
    """Reads an endless stream block by block."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines

    def block(self) -> list[str]:
        return list(iter(self._lines.__next__, ""))

    def comment(self) -> str:
        (line,) = self.block()
        assert line.startswith(": ")
        return line.removeprefix(": ")

    def event(self) -> tuple[str, str, dict[str, Any]]:
        fields = [line.split(": ", 1) for line in self.block()]
        assert [name for name, _ in fields] == ["id", "event", "data"]
        return fields[0][1], fields[1][1], json.loads(fields[2][1])

    def counts(self, number: int) -> list[int]:
        return [self.event()[2]["segment_count"] for _ in range(number)]


@contextmanager
def listening(client: TestClient, last: str | None = None, query: str = "") -> Iterator[Reader]:
    headers = {} if last is None else {"Last-Event-ID": last}
    with client.stream("GET", f"/api/events{query}", headers=headers) as stream:
        assert stream.status_code == 200, stream.read()
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield Reader(stream.iter_lines())


@each_class
def test_every_event_comes_through_as_it_is_described(
    kind: type[Event], world: World, client: TestClient
) -> None:
    event = made(kind, **FIELDS[kind.__name__])
    with listening(client) as reader:
        reader.comment()
        world.activity.note(event)
        number, name, data = reader.event()
    assert (number, name) == (f"{RUN}-1", wire_name(kind))
    assert data["type"] == name
    assert data["event_id"] == str(event.event_id)
    assert data["occurred_at"] == "2026-03-02T09:30:00Z"
    assert data.keys() == {"type", *kind.__dataclass_fields__}


@each_class
def test_every_event_is_described_in_the_openapi(kind: type[Event], edge: Edge) -> None:
    told = edge.app.openapi()["paths"]["/api/events"]["get"]["responses"]["200"]
    kinds = told["content"]["text/event-stream"]["itemSchema"]["anyOf"]
    (found,) = [one for one in kinds if one["properties"]["event"]["enum"] == [wire_name(kind)]]
    data = found["properties"]["data"]["contentSchema"]
    assert {"type", *kind.__dataclass_fields__} == data["properties"].keys()
    assert set(data["required"]) == data["properties"].keys()
    assert "$ref" not in json.dumps(data)


def test_messages_and_chapters_look_as_they_do_elsewhere(world: World, client: TestClient) -> None:
    world.llm.will(Says("Hello Anna."))
    client.post("/api/chat", json={"message": "hello", "stream": False})
    said = {item["id"]: item for item in client.get("/api/messages").json()["items"]}
    opened = client.get("/api/segments").json()["items"][0]
    with listening(client, "0") as reader:
        reader.comment()
        told = {name: data for _, name, data in (reader.event() for _ in range(3))}
    heard = told["message_received"]["message"]
    assert heard == said[heard["id"]]
    assert told["segment_opened"]["segment"].keys() == opened.keys()


def test_a_turn_is_told_from_its_message_to_its_end(world: World, client: TestClient) -> None:
    world.llm.will(Says("Hello Anna."))
    names = []
    with listening(client) as reader:
        reader.comment()
        client.post("/api/chat", json={"message": "hello", "stream": False})
        while "turn_completed" not in names:
            names.append(reader.event()[1])
    assert names[:3] == ["segment_opened", "message_received", "memories_surfaced"]


def test_only_what_comes_from_now_on_is_told(world: World, client: TestClient) -> None:
    note(world, 1, 2)
    with listening(client) as reader:
        assert reader.comment() == "what happens from now on"
        note(world, 3, 4)
        assert reader.counts(2) == [3, 4]


@pytest.mark.parametrize(("last", "query"), [("0", ""), (None, "?history=true")])
def test_the_history_comes_first_where_it_is_asked_for(
    world: World, client: TestClient, last: str | None, query: str
) -> None:
    note(world, 1, 2)
    with listening(client, last, query) as reader:
        assert reader.comment().startswith("the events that are still held")
        note(world, 3)
        assert reader.counts(3) == [1, 2, 3]


@pytest.mark.parametrize("query", ["", "?history=true", "?history=false"])
def test_listening_again_goes_on_after_the_last_event(
    world: World, client: TestClient, query: str
) -> None:
    note(world, 1, 2, 3)
    with listening(client, f"{RUN}-2", query) as reader:
        assert reader.comment() == "what came after that event"
        note(world, 4)
        assert [reader.event()[0], reader.event()[0]] == [f"{RUN}-3", f"{RUN}-4"]


def test_an_id_of_an_earlier_run_brings_all_that_is_held(world: World, client: TestClient) -> None:
    note(world, 1, 2, 3)
    with listening(client, f"{RUN - 1}-2") as reader:
        assert "restarted" in reader.comment()
        assert reader.counts(3) == [1, 2, 3]


def test_what_is_no_longer_held_is_said(world: World, client: TestClient) -> None:
    note(world, *range(1, LENGTH + 6))
    with listening(client, f"{RUN}-2") as reader:
        reader.comment()
        assert reader.comment() == "3 events before this are no longer held"
        assert reader.counts(1) == [6]


def test_a_quiet_stream_is_kept_open_by_comments(world: World, web_dir: Path) -> None:
    with running(world, web_dir, quiet_seconds=0.01) as edge, listening(edge.client) as reader:
        reader.comment()
        assert [reader.comment(), reader.comment()] == ["still here"] * 2


class Counted(Activity):
    """Counts who watches."""

    watching = 0

    @override
    def watch(self, listener: Listener, after: int | None) -> Unsubscribe:
        leave = super().watch(listener, after)
        self.watching += 1

        def left() -> None:
            self.watching -= 1
            leave()

        return left


def test_whoever_went_away_is_no_longer_told(world: World, web_dir: Path) -> None:
    activity = Counted(START)
    with running(world, web_dir, activity=activity) as edge:
        with listening(edge.client) as reader:
            reader.comment()
            assert activity.watching == 1
        until(lambda: activity.watching == 0)


@pytest.mark.parametrize("last", ["x", "-1", "1", "1.5", "1-", "-2", "1-2-3", "9" * 16 + "-1"])
def test_an_absurd_last_event_is_refused(client: TestClient, last: str) -> None:
    answer = client.get("/api/events", headers={"Last-Event-ID": last})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


@pytest.mark.parametrize("query", ["history=perhaps", "page=2"])
def test_an_unknown_wish_is_refused(client: TestClient, query: str) -> None:
    answer = client.get(f"/api/events?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")
