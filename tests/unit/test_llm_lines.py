"""Calls that are hung up, and calls whose time is over: the server and the thread are let go."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import httpx2
import pytest

from adapters.anthropic import AnthropicLLM
from adapters.lines import Lines
from adapters.llm_errors import STOPPED, TOO_LONG, Broken
from adapters.ollama import OllamaLLM
from adapters.openai_compatible import OpenAICompatibleLLM
from cns.errors import ModelUnavailable
from cns.ports import LLM, ModelRequest
from cns.services.pump import Stop
from config.settings import LLMSettings
from tests.fakes.llm import Says
from tests.fakes.llm_server import Behaviour, FakeLLMServer, Stalls, Trickles, Waits
from tests.fakes.tls import self_signed
from tests.values import message

ANSWER = Says("One two three four five six seven.")
PATIENCE = 10.0
Build = Callable[[str, float], LLM]


def settings(provider: str, url: str, total_seconds: float) -> LLMSettings:
    given = {"provider": provider, "base_url": url, "model": "llama3.2:latest", "api_key": "key"}
    return LLMSettings.model_validate({**given, "total_seconds": total_seconds})


BUILDS: dict[str, Build] = {
    "anthropic": lambda url, most: AnthropicLLM.from_settings(settings("anthropic", url, most)),
    "ollama": lambda url, most: OllamaLLM.from_settings(settings("ollama", url, most)),
    "openai": lambda url, most: OpenAICompatibleLLM.from_settings(
        settings("openai", f"{url}/v1", most)
    ),
}


@pytest.fixture
def server() -> Iterator[FakeLLMServer]:
    with FakeLLMServer() as running:
        yield running


@pytest.fixture(params=sorted(BUILDS))
def build(request: pytest.FixtureRequest) -> Build:
    return BUILDS[request.param]


class Caller:
    """A call in a thread of its own; `heard` once the first event came."""

    def __init__(self, llm: LLM, stop: Stop) -> None:
        self.heard = Event()
        self.code = ""
        request = ModelRequest(system=(), messages=(message("hello"),), stop=stop)

        def call() -> None:
            try:
                for _ in llm.stream(request):
                    self.heard.set()
            except ModelUnavailable as error:
                self.code = error.code

        self.thread = Thread(target=call)
        self.thread.start()

    def ended(self) -> str:
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        return self.code


def test_a_stop_hangs_up_on_a_server_that_has_fallen_silent(
    build: Build, server: FakeLLMServer
) -> None:
    stop = Stop()
    server.will(Stalls(ANSWER))
    with closing(build(server.url, 600)) as llm:
        caller = Caller(llm, stop)
        assert caller.heard.wait(PATIENCE)
        stop.wish()
        assert caller.ended() == "llm_stopped"
        assert server.hung_up.wait(PATIENCE)
        assert llm.ping()


def test_a_stop_hangs_up_on_a_server_that_never_begins(build: Build, server: FakeLLMServer) -> None:
    stop, asked = Stop(), Event()

    def answerer(_: object) -> Behaviour:
        asked.set()
        return Waits(Event(), ANSWER)

    server.answerer = answerer
    with closing(build(server.url, 600)) as llm:
        caller = Caller(llm, stop)
        assert asked.wait(PATIENCE)
        stop.wish()
        assert caller.ended() == "llm_stopped"
        assert server.hung_up.wait(PATIENCE)


def test_closing_hangs_up_every_call(build: Build, server: FakeLLMServer) -> None:
    server.will(Stalls(ANSWER), Stalls(ANSWER))
    llm = build(server.url, 600)
    callers = [Caller(llm, Stop()) for _ in range(2)]
    assert all(caller.heard.wait(PATIENCE) for caller in callers)
    llm.close()
    assert [caller.ended() for caller in callers] == ["llm_stopped"] * 2


def test_a_stop_hangs_up_beneath_tls(tmp_path: Path) -> None:
    stop, lines = Stop(), Lines(600)
    with FakeLLMServer(tls=self_signed(tmp_path)) as guarded:
        guarded.will(Stalls(ANSWER))
        trusting = ssl.create_default_context(cafile=tmp_path / "server.pem")
        with lines.serve(httpx2.Client(base_url=guarded.url, verify=trusting)) as client:
            with pytest.raises(Broken, match=STOPPED.code):
                read_until_stopped(client, lines, stop)
            assert guarded.hung_up.wait(PATIENCE)


def read_until_stopped(client: httpx2.Client, lines: Lines, stop: Stop) -> None:
    asked = client.stream("POST", "/api/chat", json={"model": "m", "messages": []})
    with lines.call(stop), asked as answer:
        for _ in answer.iter_bytes():
            Thread(target=stop.wish).start()


def test_a_call_after_the_close_asks_nobody(server: FakeLLMServer) -> None:
    lines = Lines(600)
    lines.close()
    with (
        lines.serve(httpx2.Client()) as client,
        pytest.raises(Broken, match=STOPPED.code),
        lines.call(None),
    ):
        client.get(server.url)


def test_hanging_up_on_a_line_that_is_gone_does_no_harm() -> None:
    here, there = socket.socketpair()
    here.close()
    there.close()
    call = Lines(600).call(None)
    with call.waiting_on(here):
        call.hang_up()


def test_a_call_after_a_stop_asks_nobody(build: Build, server: FakeLLMServer) -> None:
    stop = Stop()
    with closing(build(server.url, 600)) as llm:
        stop.wish()
        assert Caller(llm, stop).ended() == "llm_stopped"
    assert server.requests == []


def test_an_answer_that_trickles_on_ends_when_its_time_is_over(
    build: Build, server: FakeLLMServer
) -> None:
    server.will(Trickles(ANSWER))
    with closing(build(server.url, 1.0)) as llm:
        caller = Caller(llm, Stop())
        assert caller.ended() == "llm_too_long"
    assert caller.heard.is_set()
    assert server.hung_up.wait(PATIENCE)


def test_lines_that_no_call_is_made_on_serve_as_any_others(server: FakeLLMServer) -> None:
    lines = Lines(600)
    with lines.serve(httpx2.Client()) as client:
        assert client.get(f"{server.url}/api/tags").is_success


def test_a_proxy_is_reached_by_the_same_lines(
    server: FakeLLMServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    stop = Stop()
    stop.wish()
    lines = Lines(600)
    with (
        lines.serve(httpx2.Client()) as client,
        pytest.raises(Broken, match=STOPPED.code),
        lines.call(stop),
    ):
        client.get("http://elsewhere.invalid/api/tags")


def test_a_mistake_of_ours_in_a_call_is_not_taken_for_its_end() -> None:
    with pytest.raises(LookupError), Lines(600).call(None):
        raise LookupError


def test_a_call_that_runs_out_of_time_before_it_connects_says_so(server: FakeLLMServer) -> None:
    lines = Lines(-1)
    with (
        lines.serve(httpx2.Client()) as client,
        pytest.raises(Broken, match=TOO_LONG.code),
        lines.call(None),
    ):
        client.get(server.url)
