"""The program as it is put together: on its own servers, on external ones, refusing politely."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from queue import SimpleQueue
from time import sleep

import httpx
import pytest
import schemathesis
from pydantic import SecretStr

import main
from adapters.clock import SystemClock
from adapters.local_llm import LocalLLM
from adapters.providers import choose_llm
from api import serve
from api.about import TRIAL
from cns.domain.message import Text
from cns.domain.stream import TurnCompleted, TurnEvent, TurnFailed
from cns.errors import Misconfigured
from cns.services.request import TurnRequest
from composition.house import Given
from config.settings import CacheSettings, DatabaseSettings, LLMSettings, Server, Settings
from tests.api.campaign import configured, failures
from tests.application import CHECKOUT, application, free_port, wired
from tests.browser.stage import Stage, staged
from tests.fakes.llm import Calls, FakeLLM, Says
from tests.fakes.llm_server import FakeLLMServer
from tests.servers import temporary_folder

pytestmark = [pytest.mark.postgres, pytest.mark.valkey]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as running:
        yield running


def told(path: str, stage: Stage) -> dict[str, object]:
    answer: dict[str, object] = httpx.get(f"{stage.url}{path}").raise_for_status().json()
    return answer


def test_every_part_is_well_once_it_stands(stage: Stage) -> None:
    ready = told("/health/ready", stage)

    assert ready["status"] == "ready", ready
    assert isinstance(ready["parts"], dict)
    assert {"database", "cache", "text index", "embeddings", "names"} <= ready["parts"].keys()


def test_about_says_that_the_built_in_model_is_for_trying_out(stage: Stage) -> None:
    about = told("/api/about", stage)

    assert about["model"] == {
        "provider": "local",
        "name": "SmolLM2-135M-Instruct",
        "capable": False,
        "note": TRIAL,
    }
    assert about["parts"] == {"database": "embedded", "cache": "embedded", "text_index": "embedded"}


def test_what_was_surfaced_and_cited_is_counted(stage: Stage) -> None:
    made = httpx.post(f"{stage.url}/api/memories", json={"text": "The spare key is at Petra's."})
    memory_id = made.raise_for_status().json()["id"]
    stage.say("Where is the spare key?", f'At Petra\'s. <mira:memory_ref="{memory_id[:8]}" />')

    count = 0
    for _ in range(100):
        count = httpx.get(f"{stage.url}/api/memories/{memory_id}").json()["access_count"]
        if count == 2:
            break
        sleep(0.05)

    assert count == 2, "surfaced once and cited once"


def test_a_capable_model_searches_the_past_with_its_tool() -> None:
    llm = FakeLLM(
        [
            Says("Noted."),
            Calls("continuumsearch_tool", {"query": "heron at the weir"}, text="Let me look."),
            Says("You saw it at the weir."),
        ]
    )
    with temporary_folder() as folder:
        settings = Settings(data_dir=folder / "data", llm=LLMSettings(provider="local"))
        with main.build(settings, Given(llm=llm)) as mira:
            said = [answered(mira, "I saw a heron at the weir."), answered(mira, "What was it?")]

    assert said == ["Noted.", "Let me look.\n\nYou saw it at the weir."]
    assert "heron" in str(llm.requests[-1].messages)


def answered(mira: main.Mira, text: str) -> str:
    """One turn to its end; what was said."""
    over: SimpleQueue[TurnCompleted | TurnFailed] = SimpleQueue()

    def listen(_: int, event: TurnEvent) -> None:
        if isinstance(event, TurnCompleted | TurnFailed):
            over.put(event)

    turns = mira.services.turns
    turns.watch(turns.start(TurnRequest(content=(Text(text=text),))), listen)
    ended = over.get(timeout=60)
    assert isinstance(ended, TurnCompleted), ended
    return ended.text


def test_it_stands_on_external_servers_as_on_its_own(dsn: str, valkey_url: str) -> None:
    with temporary_folder() as folder:
        settings = Settings(
            data_dir=folder / "data",
            database=DatabaseSettings(url=SecretStr(dsn)),
            cache=CacheSettings(url=SecretStr(valkey_url)),
            llm=LLMSettings(provider="local"),
        )
        with main.build(settings, Given(llm=FakeLLM([Says("Hello.")]))) as mira:
            assert answered(mira, "Hello?") == "Hello."
            parts = {part.name for part in mira.services.parts()}

    assert {"database", "cache"} <= parts
    assert "embedded PostgreSQL" not in parts
    assert not (folder / "data" / "postgres").exists()


def test_it_ends_with_zero_when_told_to_stop_and_frees_its_data() -> None:
    with application(MIRA_LLM__PROVIDER="local") as app:
        assert app.stop() == 0
        app.start()
        assert app.stop() == 0


def test_sigterm_before_the_server_stands_ends_it_with_zero() -> None:
    before = signal.getsignal(signal.SIGTERM)
    serve.leave_on_sigterm()
    with pytest.raises(SystemExit) as left:
        signal.raise_signal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, before)
    assert left.value.code == 0


@pytest.mark.parametrize(
    ("words", "variables", "said"),
    [
        (["dance"], {}, "There is no command 'dance'"),
        (["backup", "file"], {}, "Backups come with a later version"),
        ([], {"MIRA_SERVER__HOST": "0.0.0.0"}, "there is no login yet"),
        ([], {"MIRA_SERVER__PRT": "1"}, "Did you mean MIRA_SERVER__PORT?"),
        ([], {"MIRA_LLM__PROVIDER": "openai"}, "OPENAI_API_KEY"),
    ],
)
def test_a_configuration_that_does_not_fit_ends_with_two_and_one_line(
    words: list[str], variables: dict[str, str], said: str
) -> None:
    kept = {"PATH": os.environ["PATH"], "MIRA_SERVER__PORT": str(free_port())}
    with temporary_folder() as folder:
        ended = subprocess.run(
            [sys.executable, "main.py", *words],
            cwd=CHECKOUT,
            env={**kept, "MIRA_DATA_DIR": str(folder / "data"), **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.count("\n") == 1
    assert said in ended.stderr


def test_a_port_that_is_taken_is_said_before_anything_is_started() -> None:
    with temporary_folder() as folder, socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = Settings(data_dir=folder / "data", server=Server(port=port))
        before, mask = signal.getsignal(signal.SIGTERM), os.umask(0o022)

        with pytest.raises(Misconfigured, match="set another port"):
            main.run(settings, Given())

        signal.signal(signal.SIGTERM, before)
        os.umask(mask)
        assert not (folder / "data").exists()


def test_auto_takes_the_first_provider_that_is_configured() -> None:
    given = LLMSettings(base_url="http://127.0.0.1:9/v1", model="m")

    with closing(choose_llm(given, SystemClock())) as chosen:
        assert (chosen.provider, chosen.model) == ("openai", "m")
    with closing(choose_llm(LLMSettings(provider="local"), SystemClock())) as chosen:
        assert type(chosen) is LocalLLM


def test_a_key_without_its_owner_is_refused() -> None:
    with pytest.raises(Misconfigured, match="not whose key"):
        choose_llm(LLMSettings(api_key=SecretStr("k")), SystemClock())


@pytest.mark.campaign
def test_the_real_program_keeps_to_its_schema(long: bool) -> None:
    with FakeLLMServer() as server, application(**wired(server, "openai")) as app:
        schema = schemathesis.openapi.from_url(
            f"{app.url}/openapi.json", config=configured(long=long, real=True)
        )
        assert failures(schema) == []
