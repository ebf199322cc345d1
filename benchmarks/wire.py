"""Turns of the whole program over HTTP beside direct calls of the same model by the same SDK."""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import httpx
import openai
from openai.types.chat import ChatCompletionChunk

from benchmarks.processes import family, pss
from tests.application import Application, stream_events, wired
from tests.fakes.llm_server import FakeLLMServer

WARM = 20


@dataclass(slots=True)
class Times:
    """Milliseconds from the request to its first word, and to its end."""

    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)

    def add(self, taken: tuple[float, float]) -> None:
        self.first.append(taken[0])
        self.whole.append(taken[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Taken in pairs, one of each after the other.

    Attributes:
        own: what the program says that it took itself.
    """

    ours: Times
    direct: Times
    own: Sequence[float]

    @property
    def later(self) -> tuple[float, float]:
        """Milliseconds by which ours is later at the median of the pairs: first word, end."""
        first, whole = (
            [a - b for a, b in zip(ours, direct, strict=True)]
            for ours, direct in (
                (self.ours.first, self.direct.first),
                (self.ours.whole, self.direct.whole),
            )
        )
        return statistics.median(first), statistics.median(whole)


@dataclass(frozen=True, slots=True)
class Wired:
    """The program on a data directory, and the server that stands for its model."""

    app: Application
    server: FakeLLMServer
    client: httpx.Client

    def turn(self, message: str) -> tuple[float, float, float]:
        """Its first word, its end, and what it says to have taken itself, in ms."""
        begun, first, last = time.perf_counter(), 0.0, None
        with self.client.stream("POST", "/api/chat", json={"message": message}) as answer:
            for event in stream_events(answer.iter_lines()):
                if not first and event.name == "text_delta":
                    first = time.perf_counter() - begun
                last = event
        if last is None or last.name != "turn_completed":
            raise SystemExit(f"a turn did not end: {last}")
        own = float(last.data["timings_ms"]["own"])
        return first * 1000, (time.perf_counter() - begun) * 1000, own

    def direct(self, client: openai.OpenAI) -> tuple[float, float]:
        """The request that the last turn made, made again."""
        body = self.server.requests[-1].body
        begun, first = time.perf_counter(), 0.0
        stream = client.chat.completions.create(**body)
        for chunk in cast("openai.Stream[ChatCompletionChunk]", stream):
            if not first and chunk.choices and chunk.choices[0].delta.content:
                first = time.perf_counter() - begun
        return first * 1000, (time.perf_counter() - begun) * 1000

    def pss(self) -> tuple[float, float]:
        """MiB of the program's process, and of all that it has started too."""
        pid = int((self.app.data_dir / "mira.lock").read_text(encoding="ascii"))
        return pss(pid), sum(pss(one) for one in family(pid))


@contextmanager
def served(folder: Path) -> Iterator[Wired]:
    with FakeLLMServer() as server:
        app = Application(folder, wired(server, "openai"))
        app.start()
        try:
            with app.client() as client:
                yield Wired(app, server, client)
        finally:
            app.stop()


def compared(house: Wired, questions: Sequence[str]) -> Turns:
    """A turn and a direct call each, after some that are not counted."""
    ours, direct, own = Times(), Times(), []
    with openai.OpenAI(api_key="test-key", base_url=house.server.openai_url) as client:
        for number, question in enumerate(questions):
            first, whole, said = house.turn(question)
            called = house.direct(client)
            if number >= WARM:
                ours.add((first, whole))
                direct.add(called)
                own.append(said)
            house.server.requests.clear()
    return Turns(ours=ours, direct=direct, own=own)


def cold_start(folder: Path, question: str) -> float:
    """Seconds from the start of the process to the first answer out of what is stored.

    The program has run before, so that Python need not compile it.
    """
    app = Application(folder, {"MIRA_LLM__PROVIDER": "local"})
    app.start()
    app.stop()
    begun = time.perf_counter()
    app.start(ready=False)
    try:
        while True:
            try:
                found = httpx.get(f"{app.url}/api/search", params={"q": question}, timeout=30)
                if found.status_code == httpx.codes.OK and found.json()["items"]:
                    return time.perf_counter() - begun
            except httpx.TransportError:
                pass
            time.sleep(0.02)
    finally:
        app.stop()
