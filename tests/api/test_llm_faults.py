"""The fault matrix: every known failure of a model, by protocol, with and without a stream."""

import json
import random
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from threading import enumerate as enumerate_threads
from typing import Any

import pytest
from fastapi.testclient import TestClient

from adapters.chain import ChainedLLM, Patience
from adapters.providers import line_up
from cns.ports import LLM, ModelEvent, ModelRequest
from config.settings import LLMSettings
from tests.api.llm_faults import ANSWER, FAULTS, Fault
from tests.fakes.app import World, events_of, running
from tests.fakes.clock import FrozenClock
from tests.fakes.llm import Says
from tests.fakes.llm_server import Behaviour, FakeLLMServer, Stalls, closed_port_url
from tests.fakes.llm_wire import WireRequest
from tests.fakes.tls import self_signed
from tests.fakes.toolbox import FakeToolbox, done

PROTOCOLS = ("anthropic", "ollama", "openai")
MODEL = "llama3.2:latest"
NEXT = Says("All is well.")
SAMPLE = 2
PATIENCE = 10.0
READER = "model-stream"
LONGER_THAN_A_WAIT = timedelta(seconds=20)  # that a fault of the table asks for
LONGER_THAN_A_REST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a turn ended, as its client was told."""

    code: str = ""
    text: str = ""
    stop: str = "end"
    model: str = ""


class Chosen:
    """Implements `cns.ports.LLM` by whichever was chosen last; each is made when first chosen."""

    provider = "chosen"
    model = MODEL
    capable = True
    context_tokens = 32_768

    def __init__(self, make: Callable[[str], LLM]) -> None:
        self._make = make
        self._made: dict[str, LLM] = {}
        self.now = ""

    def stream(self, request: ModelRequest) -> Generator[ModelEvent]:
        if self.now not in self._made:
            self._made[self.now] = self._make(self.now)
        yield from self._made[self.now].stream(request)

    def ping(self) -> str:
        return self.now

    def close(self) -> None:
        for llm in self._made.values():
            llm.close()


@dataclass(slots=True, kw_only=True)
class Bench:
    """An application on a server that fails as it is told, over one protocol."""

    protocol: str
    server: FakeLLMServer
    clock: FrozenClock
    llm: Chosen
    pauses: list[float]
    client: TestClient

    def meet(self, where: str, does: tuple[Behaviour, ...]) -> None:
        """Meet the calls that come there like this, the last of it for all that follow."""
        self.llm.now = where
        self.llm.context_tokens += 1  # what a model refused before counts for another context
        self.clock.move(LONGER_THAN_A_WAIT)
        left = deque(does)

        def answerer(_: WireRequest) -> Behaviour:
            return left.popleft() if len(left) > 1 else left[0]

        self.server.requests.clear()
        self.pauses.clear()
        self.server.answerer = answerer

    def say(self, words: str, *, stream: bool) -> Ending:
        answer = self.client.post("/api/chat", json={"message": words, "stream": stream})
        if not stream:
            return _ending(answer.json(), failed=not answer.is_success)
        *_, (_, name, data) = events_of(answer.text)
        return _ending(data.get("error", data), failed=name == "turn_failed")

    def kept(self, words: str) -> list[tuple[str, str, str]]:
        """Role, text and status of the newest messages, from these words of the user's on."""
        found: list[tuple[str, str, str]] = []
        for item in self.client.get("/api/messages", params={"limit": 50}).json()["items"]:
            if item["role"] != "tool" and item["text"]:
                found.insert(0, (item["role"], item["text"], item["status"]))
            if item["text"] == words:
                return found
        raise AssertionError(f"{words!r} was not kept")


def _ending(data: Mapping[str, Any], *, failed: bool) -> Ending:
    if failed:
        assert {"detail", "retryable", "status", "code"} <= set(data)
        return Ending(code=data["code"])
    return Ending(text=data["text"], stop=data["stop"], model=data["model"])


def settings(protocol: str, url: str, **rest: float) -> dict[str, Any]:
    root = f"{url}/v1" if protocol == "openai" else url
    return {"provider": protocol, "base_url": root, "model": MODEL, "api_key": "key", **rest}


@contextmanager
def bench(protocol: str, folder: Path) -> Iterator[Bench]:
    """Every server that a row names, behind a chain; a `+` stands for a stand-in behind it."""
    with ExitStack() as stack:
        server, stand_in = (stack.enter_context(FakeLLMServer()) for _ in range(2))
        untrusted = stack.enter_context(FakeLLMServer(tls=self_signed(folder)))
        rows = {
            "server": settings(protocol, server.url),
            "impatient": settings(protocol, server.url, read_seconds=0.5),
            "hurried": settings(protocol, server.url, total_seconds=1.2),
            "nobody": settings(protocol, closed_port_url()),
            "unknown host": settings(protocol, "http://no-model.invalid"),
            "untrusted": settings(protocol, untrusted.url),
        }
        other = "openai" if protocol == "anthropic" else "anthropic"
        fallback = {**settings(other, stand_in.url), "model": "stand-in"}
        stand_in.answerer = lambda _: ANSWER
        world, pauses = World(toolbox=FakeToolbox(weather=lambda _: done("dry"))), list[float]()

        def made(where: str) -> LLM:
            backed = [fallback] if where.endswith("+") else []
            row = {**rows[where.removesuffix("+")], "fallbacks": backed}
            llms = line_up(LLMSettings.model_validate(row))
            patience = Patience(retries=1)
            return ChainedLLM(llms, clock=world.clock, patience=patience, sleep=pauses.append)

        world.real = chosen = stack.enter_context(closing(Chosen(made)))
        edge = stack.enter_context(running(world, folder))
        yield Bench(
            protocol=protocol,
            server=server,
            clock=world.clock,
            llm=chosen,
            pauses=pauses,
            client=edge.client,
        )


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Bench]]:
    with ExitStack() as stack:
        yield {
            protocol: stack.enter_context(bench(protocol, tmp_path_factory.mktemp(protocol)))
            for protocol in PROTOCOLS
        }


Cell = tuple[str, bool]


@pytest.fixture
def cells(request: pytest.FixtureRequest, long: bool, seed: int) -> Sequence[Cell]:
    """Protocols, with and without a stream: all of them, or two by chance."""
    every = list(product(PROTOCOLS, (True, False)))
    print(f"\nllm faults: seed {seed}")  # noqa: T201 - a run that fails can be repeated
    chance = random.Random(f"{seed} {request.node.name}")
    return every if long else chance.sample(every, SAMPLE)


@pytest.mark.campaign
@pytest.mark.parametrize("name", FAULTS)
def test_a_turn_under_these_llm_faults_ends_as_the_table_says(
    benches: Mapping[str, Bench], cells: Sequence[Cell], name: str
) -> None:
    fault = FAULTS[name]
    for protocol, stream in cells:
        at, code = benches[protocol], fault.code(protocol)
        words = f"Tell me about {name} ({stream})."
        at.meet(fault.where, fault.does)
        ending = at.say(words, stream=stream)
        assert (protocol, ending.code, ending.stop) == (protocol, code, fault.stopped(protocol))
        assert (len(at.server.requests), tuple(at.pauses)) == (fault.tries, fault.pauses)
        assert_kept(at.kept(words), words, fault, code)
        assert_next_turn_works(at, words, stream=stream)


@pytest.mark.campaign
@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.passed_on])
def test_a_stand_in_answers_under_these_llm_faults(
    benches: Mapping[str, Bench], cells: Sequence[Cell], name: str
) -> None:
    fault = FAULTS[name]
    for protocol, stream in cells[: None if len(cells) > SAMPLE else 1]:
        at = benches[protocol]
        words = f"Tell me about {name}, or let another ({stream})."
        at.clock.move(LONGER_THAN_A_REST)
        at.meet(f"{fault.where}+", fault.does)
        ending = at.say(words, stream=stream)
        assert (ending.code, ending.model, ending.text) == ("", "stand-in", ANSWER.text)
        assert len(at.server.requests) == fault.tries
        assert at.kept(words)[-1] == ("assistant", ANSWER.text, "complete")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_stopping_a_stalled_answer_keeps_its_words_and_leaves_no_thread(
    benches: Mapping[str, Bench], protocol: str
) -> None:
    at, words = benches[protocol], "Tell me, then fall silent."
    at.meet("server", (Stalls(ANSWER),))
    at.server.hung_up.clear()
    body = {"message": words, "stream": True}
    with at.client.stream("POST", "/api/chat", json=body) as answer:
        lines = answer.iter_lines()
        turn_id = json.loads(told(lines, "data: ").removeprefix("data: "))["turn_id"]
        told(lines, "event: text_delta")
        readers = [thread for thread in enumerate_threads() if thread.name.startswith(READER)]
        at.client.post(f"/api/chat/{turn_id}/cancel")
        assert told(lines, "event: turn_completed")
    for reader in readers:
        reader.join(PATIENCE)
    assert (len(readers), [reader.is_alive() for reader in readers]) == (1, [False])
    assert at.server.hung_up.wait(PATIENCE)
    (_, (role, text, status)) = at.kept(words)
    assert (role, status) == ("assistant", "interrupted")
    assert text.startswith("One two")
    assert_next_turn_works(at, words, stream=True)


def told(lines: Iterator[str], beginning: str) -> str:
    return next(line for line in lines if line.startswith(beginning))


def assert_kept(kept: list[tuple[str, str, str]], words: str, fault: Fault, code: str) -> None:
    """The user's message whole; of the answer what was said, marked when it failed."""
    heard, *said = kept
    assert heard == ("user", words, "complete")
    if fault.said == "nothing":
        assert said == []
        return
    ((role, text, status),) = said
    assert (role, status) == ("assistant", "failed" if code else "complete")
    assert text.startswith("One two")
    assert code or text == ANSWER.text


def assert_next_turn_works(at: Bench, words: str, *, stream: bool) -> None:
    at.meet("server", (NEXT,))
    assert at.say(f"And after {words}", stream=stream).text == NEXT.text
