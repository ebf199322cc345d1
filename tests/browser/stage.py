"""The whole program in this process, on a model that follows a script and a clock that can be moved."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import httpx
from fastapi import FastAPI
from hypercorn.asyncio import serve
from hypercorn.config import Config
from typing_extensions import override

from api.app import create_app
from cns.domain.message import Text
from cns.ports import ModelRequest
from composition.house import Given
from config.settings import LLMSettings, Server, Settings
from main import Mira, build
from tests.fakes.llm import FakeLLM, Says, Script, Step
from tests.servers import temporary_folder

PATIENCE = 60.0


class MovableClock:
    """The machine's clock, some way off."""

    def __init__(self) -> None:
        self._off = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._off

    def set(self, at: datetime) -> None:
        self._off = at - datetime.now(UTC)

    def move(self, by: timedelta) -> None:
        self._off += by


class StageLLM(FakeLLM):
    """Follows its script, and repeats what it hears when there is none."""

    provider = "local"
    context_tokens = 32_000

    def __init__(self, script: Script = ()) -> None:
        super().__init__(script, capable=False, model="SmolLM2-135M-Instruct")

    def clear(self) -> None:
        """Forget what is left of the script."""
        self._script.clear()

    @override
    def _next(self, request: ModelRequest) -> Step:
        if not self.left:
            self.requests.append(request)
            newest = [b.text for b in request.messages[-1].content if isinstance(b, Text)]
            return Says(f"I heard: {newest[-1] if newest else ''}")
        return super()._next(request)


@dataclass(frozen=True, slots=True)
class Stage:
    """A running MIRA and what moves it."""

    url: str
    mira: Mira
    llm: StageLLM
    clock: MovableClock
    pauses: list[Event] = field(default_factory=list)

    def pause(self) -> Event:
        """An event for an answer to wait on; none outlasts the stage."""
        event = Event()
        self.pauses.append(event)
        return event

    def say(self, message: str, answer: str | None = None, key: str | None = None) -> str:
        """One turn, past the page; its id."""
        if answer is not None:
            self.llm.will(Says(answer))
        body = {"message": message, "stream": False}
        headers = {"Idempotency-Key": key} if key else {}
        with httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE) as client:
            done = client.post("/api/chat", json=body).raise_for_status()
        turn_id: str = done.json()["turn_id"]
        return turn_id

    def answer_again(self, answer: str) -> None:
        """Another answer to the latest message, past the page."""
        self.llm.will(Says(answer))
        with httpx.Client(base_url=self.url, timeout=PATIENCE) as client:
            newest = client.get("/api/messages", params={"limit": 1}).raise_for_status()
            body = {"parent_message_id": newest.json()["items"][0]["parent_id"], "stream": False}
            client.post("/api/chat", json=body).raise_for_status()

    def memories(self) -> int:
        """How many there are."""
        found = httpx.get(f"{self.url}/api/memories", params={"limit": 200}).raise_for_status()
        return len(found.json()["items"])

    def end_chapter(self) -> None:
        """Close the open chapter; on return it is summed up and its facts are noted."""
        with httpx.Client(base_url=self.url, timeout=PATIENCE) as client:
            started = client.post("/api/segments/active/collapse").raise_for_status()
            events = f"/api/jobs/{started.json()['job_id']}/events"
            with client.stream("GET", events) as stream:
                last = [line for line in stream.iter_lines() if line.startswith("data:")][-1]
            assert json.loads(last.removeprefix("data:"))["state"] == "done", last


@contextmanager
def staged(model: StageLLM | None = None) -> Iterator[Stage]:
    """A new house with nothing in it, gone afterwards."""
    with temporary_folder() as folder, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        llm, clock = model or StageLLM(), MovableClock()
        settings = Settings(
            data_dir=folder / "data",
            timezone="UTC",
            user_name="Anna",
            server=Server(port=port),
            llm=LLMSettings(provider="local"),
        )
        with build(settings, Given(llm=llm, clock=clock)) as mira:
            stage = Stage(f"http://127.0.0.1:{port}", mira, llm, clock)
            with _served(create_app(mira.services), listener):
                try:
                    yield stage
                finally:
                    for event in stage.pauses:
                        event.set()


@contextmanager
def _served(app: FastAPI, listener: socket.socket) -> Iterator[None]:
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]  # the server closes it
    config.graceful_timeout = 0.5
    config.errorlog = None
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve(app, config, shutdown_trigger=stop.wait))  # type: ignore[arg-type]  # its ASGI types are narrower
        loop.close()

    thread = Thread(target=run, name="stage", daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=10)
