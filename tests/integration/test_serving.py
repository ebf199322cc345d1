"""The program as a process: listeners, questions and work do not stand in each other's way."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import httpx
import pytest

from tests.application import Said, stream_events, wired
from tests.fakes.llm import Calls, Says
from tests.fakes.llm_server import Behaviour, FakeLLMServer, Stalls, Waits
from tests.fakes.llm_wire import WireRequest
from tests.servers import temporary_folder
from tests.slow_house import SlowHouse

pytestmark = [pytest.mark.postgres, pytest.mark.valkey]

LISTENERS = {"/api/events": 20, "/api/chat/{turn_id}/events": 20, "/api/jobs/{job_id}/events": 10}
PROBES = ("/health/live", "/health/ready", "/api/messages") * 5
SILENCE = Stalls(Says("One two three four five six seven."))


@dataclass(slots=True)
class Stage:
    """A running program, and a model that stops where it is told to.

    Attributes:
        door: a tool waits until this file stands.
        asked: set when the model is asked for its last word.
        release: the model's last word comes once it is set, a summary once the other is.
    """

    app: SlowHouse
    server: FakeLLMServer
    door: Path
    asked: Event = field(default_factory=Event)
    release: Event = field(default_factory=Event)
    summed_up: Event = field(default_factory=Event)

    def slowly(self, request: WireRequest) -> Behaviour:
        if not request.body.get("tools"):
            return Waits(self.summed_up, Says("They talked."))
        if any(message["role"] == "tool" for message in request.messages):
            self.asked.set()
            return Waits(self.release, Says("I am through."))
        return Calls("doorway_tool", {"path": str(self.door)})

    def let_all_go(self) -> None:
        self.door.touch()
        self.release.set()
        self.summed_up.set()


@pytest.fixture
def stage() -> Iterator[Stage]:
    with temporary_folder() as folder, FakeLLMServer() as server:
        settings = {**wired(server, "openai"), "MIRA_MEMORY__EXTRACTION": "off"}
        app = SlowHouse(folder / "data", settings)
        stage = Stage(app, server, folder / "door")
        try:
            app.start()
            yield stage
        finally:
            stage.let_all_go()
            app.stop()


@contextmanager
def listening(client: httpx.Client, path: str) -> Iterator[Iterator[str]]:
    with client.stream("GET", path) as answer:
        assert answer.status_code == 200
        yield answer.iter_lines()


def begun(lines: Iterator[str]) -> Said:
    return next(stream_events(lines))


def probe(client: httpx.Client) -> None:
    for path in PROBES:
        assert client.get(path).status_code == 200


def until_told(lines: Iterator[str], what: str) -> bool:
    return any(what in line for line in lines)


def test_fifty_idle_streams_a_stalled_model_and_a_slow_tool_keep_no_probe_waiting(
    stage: Stage,
) -> None:
    stage.app.turn("Hello.")
    stage.server.answerer = stage.slowly
    with ExitStack() as stack:
        client = stack.enter_context(stage.app.client())
        job_id = client.post("/api/segments/active/collapse").json()["job_id"]
        body = {"message": "Go through the door.", "stream": True}
        chat = stack.enter_context(client.stream("POST", "/api/chat", json=body)).iter_lines()
        turn_id = begun(chat).data["turn_id"]
        listeners = {
            path: [
                stack.enter_context(listening(client, path.format(turn_id=turn_id, job_id=job_id)))
                for _ in range(number)
            ]
            for path, number in LISTENERS.items()
        }

        assert until_told(chat, "event: tool_started")
        probe(client)
        stage.door.touch()
        assert until_told(chat, "event: tool_finished")
        assert stage.asked.wait(60)
        probe(client)
        assert client.get(f"/api/jobs/{job_id}").json()["state"] == "running"
        stage.release.set()
        assert until_told(chat, "event: turn_completed")
        stage.summed_up.set()

        events, turns, jobs = listeners.values()
        assert all(until_told(lines, "event: turn_completed") for lines in (*events, *turns))
        assert all(until_told(lines, '"state": "done"') for lines in jobs)


def test_told_to_stop_it_lets_listeners_go_and_hangs_up_on_a_stalled_model(stage: Stage) -> None:
    stage.server.answerer = lambda _: SILENCE
    with ExitStack() as stack:
        client = stack.enter_context(stage.app.client())
        open_for_ever = [stack.enter_context(listening(client, "/api/events")) for _ in range(5)]
        body = {"message": "hello", "stream": True}
        chat = stack.enter_context(client.stream("POST", "/api/chat", json=body)).iter_lines()
        assert until_told(chat, "event: text_delta")
        assert stage.app.stop() == 0
        for lines in (*open_for_ever, chat):
            list(lines)  # raises where a stream was cut off rather than ended
    assert stage.server.hung_up.wait(10)
    assert "Traceback" not in stage.app.words()
