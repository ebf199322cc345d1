"""A secret that was set is found nowhere: in no answer, prompt, log, file or child process."""

import os
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import httpx
import pytest

from adapters.clock import SystemClock
from adapters.local_secrets import LocalSecrets
from tests.application import Application, wired
from tests.fakes.llm import Calls, Says
from tests.fakes.llm_server import Behaviour, ErrorEvent, FakeLLMServer, Status
from tests.servers import temporary_folder

pytestmark = [pytest.mark.postgres, pytest.mark.valkey]

KEY = "canary-of-the-store-71d2"
TOOL_KEY = "canary-of-a-tool-0b9e"
OF_ENVIRONMENT = "canary-of-the-environment-55aa"
OTHER_TOKEN = "canary-of-another-program-9c1c"
NEW_KEY = "canary-set-anew-e82f"
CANARIES = (KEY, NEW_KEY, TOOL_KEY, OF_ENVIRONMENT, OTHER_TOKEN)
SEARCH = Calls("continuumsearch_tool", {"query": "weather"}, text="I look.")
UNKNOWN = Calls("no_such_tool", {})
REFUSED = Status(401, message=f"invalid x-api-key: {KEY}", code="authentication")
ASKED = (
    *("/api/about", "/api/secrets", "/api/settings", "/api/prompt", "/api/messages"),
    *("/api/memories", "/api/segments", "/health/ready", "/openapi.json"),
)


@pytest.fixture(scope="module")
def llm() -> Iterator[FakeLLMServer]:
    with FakeLLMServer() as server:
        yield server


@pytest.fixture(scope="module")
def app(llm: FakeLLMServer) -> Iterator[Application]:
    """With a key in the store, others in the environment, and every line logged."""
    wiring = {name: value for name, value in wired(llm, "anthropic").items() if "KEY" not in name}
    settings = {
        **wiring,
        "MIRA_LOG__LEVEL": "debug",
        "MIRA_LLM__RETRIES": "0",
        "OPENAI_API_KEY": OF_ENVIRONMENT,
        "SOME_OTHER_TOKEN": OTHER_TOKEN,
    }
    with temporary_folder() as folder:
        data_dir = folder / "data"
        data_dir.mkdir()
        LocalSecrets(data_dir, None, SystemClock()).put("anthropic_key", KEY)
        app = Application(data_dir, settings)
        try:
            app.start()
            with app.client() as client:
                client.put("/api/secrets/weather/key", json={"value": TOOL_KEY}).raise_for_status()
            yield app
        finally:
            app.stop()


def found(text: str | bytes) -> list[str]:
    content = text if isinstance(text, bytes) else text.encode()
    return [canary for canary in CANARIES if canary.encode() in content]


def children_of(pid: int) -> list[Path]:
    """Every process below this one."""
    below = [
        process
        for process in Path("/proc").iterdir()
        if process.name.isdecimal() and f"PPid:\t{pid}\n" in _status(process)
    ]
    return below + [child for process in below for child in children_of(int(process.name))]


def _status(process: Path) -> str:
    try:
        return (process / "status").read_text(encoding="utf-8")
    except OSError:
        return ""


def test_the_key_of_the_store_is_what_the_model_is_asked_with(
    app: Application, llm: FakeLLMServer
) -> None:
    app.turn("Hello?")
    assert llm.requests[-1].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "behaviours",
    [
        (SEARCH, Says("Nothing.")),
        (UNKNOWN, Says("No such tool.")),
        (REFUSED,),
        (Status(500, message=f"cannot use {KEY}"),),
        (ErrorEvent(Says("Some")),),
    ],
    ids=["tool", "unknown tool", "refused key", "server error", "broken stream"],
)
def test_a_turn_tells_no_secret(
    behaviours: tuple[Behaviour, ...], app: Application, llm: FakeLLMServer
) -> None:
    llm.will(*behaviours)
    told = app.turn("What is the weather like?")
    assert found(str(told)) == []
    trace = httpx.get(f"{app.url}/api/turns/{told[0].data['turn_id']}", timeout=30)
    assert trace.status_code == 200
    assert found(trace.text) == []
    assert not llm.queue
    assert found(b"".join(request.raw for request in llm.requests)) == []


def test_a_key_that_is_set_anew_is_the_one_that_is_asked_with(
    app: Application, llm: FakeLLMServer
) -> None:
    with app.client() as client:
        client.put("/api/secrets/anthropic_key", json={"value": NEW_KEY}).raise_for_status()
    app.turn("Hello again?")
    assert llm.requests[-1].headers["authorization"] == f"Bearer {NEW_KEY}"
    llm.will(Status(401, message=f"invalid x-api-key: {NEW_KEY}", code="authentication"))
    assert found(str(app.turn("And again?"))) == []


def test_that_it_was_set_is_an_event_without_its_value(app: Application) -> None:
    with (
        app.client() as client,
        client.stream("GET", "/api/events", params={"history": True}) as stream,
    ):
        lines = stream.iter_lines()
        before = list(takewhile(lambda line: line != "event: secret_changed", lines))
        told = next(lines)
    assert found(told + str(before)) == []
    assert '"weather/key"' in told


@pytest.mark.parametrize("path", ASKED)
def test_nothing_that_can_be_asked_tells_a_secret(path: str, app: Application) -> None:
    answer = httpx.get(f"{app.url}{path}", timeout=30)
    assert answer.text
    assert found(answer.text) == []


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the system shows no processes")
def test_no_child_process_has_a_secret_or_leaves_a_core(app: Application) -> None:
    children = children_of(int((app.data_dir / "mira.lock").read_text(encoding="ascii")))
    assert len(children) >= 2, "the database and the cache"
    for child in children:
        try:
            assert found((child / "environ").read_bytes()) == []
            limits = (child / "limits").read_text(encoding="utf-8")
        except FileNotFoundError:  # it has ended
            continue
        (core,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
        assert core.split()[4] == "0"


def test_no_file_holds_a_secret_once_it_has_run(app: Application) -> None:
    app.stop()
    files = [path for path in app.data_dir.parent.rglob("*") if path.is_file()]
    assert any(path.name == "secrets.enc" for path in files)
    assert os.stat(app.log).st_size > 0  # noqa: PTH116 - the log alone
    told = {path.name: found(path.read_bytes()) for path in files if path.exists()}
    assert {name: canaries for name, canaries in told.items() if canaries} == {}
