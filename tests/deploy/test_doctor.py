"""What the doctor finds, on machines that are well and on machines that are not."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr
from typing_extensions import override

from adapters import doctor
from adapters.account import STATE, Account
from adapters.clock import SystemClock
from adapters.local_secrets import LocalSecrets
from composition.secrets import looked_up
from config.settings import (
    CHECKOUT,
    CacheSettings,
    DatabaseSettings,
    Fallback,
    LLMSettings,
    Server,
    Settings,
)
from tests.servers import temporary_folder

NOBODY = Account(name="nobody", uid=65534, gid=65534)
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as held:
        number: int = held.getsockname()[1]
        return number


@pytest.fixture
def settings(tmp_path: Path, free_port: int) -> Settings:
    """Of a machine on which nothing has been started, and no Ollama listens."""
    return Settings(
        data_dir=tmp_path / "data",
        server=Server(port=free_port),
        llm=LLMSettings(provider="local"),
    )


@contextmanager
def answering(body: object) -> Iterator[int]:
    """A web server that gives everybody the same answer; its port."""

    class Handler(BaseHTTPRequestHandler):
        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def stamped_venv(folder: Path, stamp: str) -> Path:
    folder.joinpath(".stamp-packages").write_text(stamp + "\n", encoding="ascii")
    return folder


def lock_stamp() -> str:
    found = subprocess.run(
        "cat requirements.lock requirements-torch.txt | (sha256sum || shasum -a 256)",
        shell=True,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.split()[0]


def test_every_finding_that_is_not_well_has_a_next_step(settings: Settings) -> None:
    bad = [finding for finding in doctor.diagnose(settings) if not finding.ok]
    assert all(finding.next_step for finding in bad)


def test_a_diagnosis_makes_no_folder(settings: Settings) -> None:
    doctor.diagnose(settings)
    assert not settings.data_dir.exists()


def test_the_first_thing_that_is_wrong_gives_the_next_step(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.data_dir.touch()
    with answering({"not": "mira"}) as port:
        code = doctor.run(settings.model_copy(update={"server": Server(port=port)}))
    lines = capsys.readouterr().out.splitlines()
    bad = [line for line in lines if line.startswith("bad ")]
    assert code == 1
    assert [line.split(":")[0] for line in bad][-2:] == ["bad  data directory", "bad  port"]
    assert [line for line in lines if line.startswith("Next step: ")] == lines[-1:]
    assert "MIRA_SERVER__PORT" not in lines[-1]


def test_nothing_wrong_ends_with_how_to_start(capsys: pytest.CaptureFixture[str]) -> None:
    well = doctor.Finding(name="python", ok=True, detail="there")
    assert doctor.report([lambda: well]) == 0
    assert capsys.readouterr().out == "ok   python: there\nAll is well. Start with: ./deploy.sh\n"


def test_this_python_fits() -> None:
    assert doctor.python_version().ok


def test_an_install_of_this_lock_is_well(tmp_path: Path) -> None:
    assert doctor.install(stamped_venv(tmp_path, lock_stamp()), CHECKOUT).ok


def test_an_install_of_another_lock_asks_for_setup(tmp_path: Path) -> None:
    finding = doctor.install(stamped_venv(tmp_path, "0" * 64), CHECKOUT)
    assert (finding.ok, finding.detail) == (False, "made from another requirements.lock")
    assert finding.next_step == "./deploy.sh setup"


def test_an_install_that_was_cut_short_asks_for_setup(tmp_path: Path) -> None:
    stamped_venv(tmp_path, lock_stamp()).joinpath(".unfinished").touch()
    assert not doctor.install(tmp_path, CHECKOUT).ok


def test_the_packaged_models_are_well() -> None:
    assert doctor.packaged_models().ok


def test_a_missing_exported_model_asks_for_setup(tmp_path: Path) -> None:
    finding = doctor.exported_model(tmp_path / "models")
    assert not finding.ok
    assert finding.next_step.endswith("./deploy.sh setup")


def test_a_data_directory_that_can_be_made_is_well(tmp_path: Path) -> None:
    finding = doctor.data_folder(tmp_path / "new" / "data", None)
    assert finding.ok
    assert finding.detail.endswith("(made at first start)")


def test_a_data_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.touch()
    finding = doctor.data_folder(place, None)
    assert not finding.ok
    assert str(place) in finding.detail


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers have an account of their own")
def test_a_parent_that_the_servers_cannot_enter_comes_with_its_remedy() -> None:
    with temporary_folder() as folder:
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        finding = doctor.data_folder(closed / "data", NOBODY)
    assert finding.next_step == f"chmod o+x '{closed}'"


def test_enough_room_is_well(tmp_path: Path) -> None:
    assert doctor.disk(tmp_path, enough=1).ok


def test_too_little_room_is_said(tmp_path: Path) -> None:
    finding = doctor.disk(tmp_path / "data", enough=shutil.disk_usage(tmp_path).total + 1)
    assert not finding.ok
    assert finding.next_step.startswith("Make room")


def test_servers_that_never_ran_are_well(settings: Settings) -> None:
    for finding in (
        doctor.database(settings, settings.data_dir),
        doctor.cache(settings, settings.data_dir),
    ):
        assert (finding.ok, finding.detail) == (True, "embedded, not started yet")


@pytest.mark.parametrize(
    ("last_line", "ok"),
    [
        ("LOG:  database system is shut down", True),
        ('FATAL:  could not write to file "pg_wal/xlogtemp": No space left on device', False),
    ],
)
def test_a_server_at_rest_is_judged_by_its_last_words(
    settings: Settings, last_line: str, ok: bool
) -> None:
    logs = settings.data_dir / "logs"
    logs.mkdir(parents=True)
    logs.joinpath("postgres.log").write_text(f"LOG:  starting\n{last_line}\n", encoding="utf-8")
    finding = doctor.database(settings, settings.data_dir)
    assert finding.ok is ok
    assert last_line in finding.detail
    assert str(logs / "postgres.log") in finding.next_step


@pytest.mark.skipif(sys.platform == "darwin", reason="there a process is known by its arguments")
def test_a_running_server_is_known_by_its_process(settings: Settings, tmp_path: Path) -> None:
    folder = settings.data_dir / "postgres"
    folder.mkdir(parents=True)
    program = tmp_path / "postgres"
    shutil.copy2("/bin/sleep", program)
    with subprocess.Popen([program, "60"], cwd=folder) as runs:
        folder.joinpath("postmaster.pid").write_text(f"{runs.pid}\n", encoding="ascii")
        finding = doctor.database(settings, settings.data_dir)
        runs.kill()
    assert finding.detail == f"embedded, running (process {runs.pid})"


def test_a_database_of_ones_own_that_does_not_answer_is_named(settings: Settings) -> None:
    url = SecretStr("postgresql://mira:hidden@127.0.0.1:1/mira")
    own = settings.model_copy(update={"database": DatabaseSettings(url=url)})
    finding = doctor.database(own, settings.data_dir)
    assert not finding.ok
    assert "MIRA_DATABASE__URL" in finding.next_step
    assert "hidden" not in finding.detail


@pytest.mark.postgres
def test_a_database_of_ones_own_that_answers_is_well(settings: Settings, empty_dsn: str) -> None:
    own = settings.model_copy(update={"database": DatabaseSettings(url=SecretStr(empty_dsn))})
    assert doctor.database(own, settings.data_dir).ok


def test_a_cache_of_ones_own_that_does_not_answer_is_named(settings: Settings) -> None:
    url = SecretStr("valkey://127.0.0.1:1/0")
    own = settings.model_copy(update={"cache": CacheSettings(url=url)})
    finding = doctor.cache(own, settings.data_dir)
    assert not finding.ok
    assert "MIRA_CACHE__URL" in finding.next_step


@pytest.mark.valkey
def test_a_cache_of_ones_own_that_answers_is_well(settings: Settings, valkey_url: str) -> None:
    own = settings.model_copy(update={"cache": CacheSettings(url=SecretStr(valkey_url))})
    assert doctor.cache(own, settings.data_dir).ok


def test_a_free_port_is_well(free_port: int) -> None:
    assert doctor.port("127.0.0.1", free_port).detail.endswith("is free")


def test_a_port_on_which_mira_answers_is_well() -> None:
    with answering({"status": "alive"}) as number:
        finding = doctor.port("127.0.0.1", number)
    assert (finding.ok, finding.detail) == (
        True,
        f"MIRA is running on http://127.0.0.1:{number}/",
    )


def test_a_port_on_which_something_else_answers_is_named() -> None:
    with answering("hello") as number:
        finding = doctor.port("127.0.0.1", number)
    assert not finding.ok
    assert str(number) in finding.next_step


def test_a_port_that_cannot_be_listened_on_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        finding = doctor.port(*taken.getsockname())
    assert not finding.ok
    assert "cannot be listened on" in finding.detail
    assert "MIRA_SERVER__PORT" in finding.next_step


def test_a_port_where_nothing_sensible_answers_is_not_mira() -> None:
    with socket.create_server(("127.0.0.1", 0)) as rude:

        def hang_up() -> None:
            connection, _ = rude.accept()
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        assert not doctor._is_mira(*rude.getsockname())
        thread.join()


def test_data_goes_where_it_was_chosen_to_go(settings: Settings) -> None:
    assert doctor.place_of_data(settings) == settings.data_dir


def test_data_goes_into_the_checkout_unless_the_servers_cannot_enter_it() -> None:
    assert doctor.place_of_data(Settings()) in {CHECKOUT / "data", STATE / "data"}


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (LLMSettings(anthropic_api_key=SecretStr("a key")), "anthropic, "),
        (LLMSettings(base_url=f"{NOWHERE}/v1", model="small"), "openai, small"),
        (LLMSettings(provider="local"), "the built-in model"),
        (
            LLMSettings(
                base_url=f"{NOWHERE}/v1", model="small", fallbacks=(Fallback(provider="local"),)
            ),
            "openai, small; then local, SmolLM2",
        ),
    ],
)
def test_the_language_model_that_would_be_taken_is_named(given: LLMSettings, taken: str) -> None:
    finding = doctor.provider(given)
    assert finding.ok
    assert finding.detail.startswith(taken)


def test_an_ollama_that_does_not_run_is_named() -> None:
    finding = doctor.provider(LLMSettings(provider="ollama", base_url=NOWHERE))
    assert not finding.ok
    assert NOWHERE in finding.detail
    assert finding.next_step.startswith("Start Ollama")


def test_a_fallback_without_its_key_is_named() -> None:
    fallbacks = (Fallback(provider="anthropic"),)
    finding = doctor.provider(LLMSettings(provider="local", fallbacks=fallbacks))
    assert not finding.ok
    assert "MIRA_LLM__FALLBACKS, entry 1 (anthropic)" in finding.detail


def test_a_chosen_provider_without_its_key_is_named() -> None:
    finding = doctor.provider(LLMSettings(provider="anthropic"))
    assert not finding.ok
    assert "ANTHROPIC_API_KEY" in finding.detail


def test_the_key_that_is_kept_is_the_one_that_counts(settings: Settings) -> None:
    settings.data_dir.mkdir()
    LocalSecrets(settings.data_dir, None, SystemClock()).put("anthropic_key", "the-key-itself")
    wanted = settings.model_copy(update={"llm": LLMSettings(provider="anthropic")})
    look = partial(looked_up, wanted, {})
    found = {each().name: each() for each in doctor.examinations(wanted, look)}
    assert found["secrets"].detail == f"1 in {settings.data_dir / 'secrets.enc'}"
    assert found["language model"].ok, found["language model"]
    assert "the-key-itself" not in str(found)


def test_secrets_that_cannot_be_read_are_told(settings: Settings) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "secrets.enc").write_bytes(b"damaged")
    look = partial(looked_up, settings, {})
    found = {each().name: each() for each in doctor.examinations(settings, look)}
    assert not found["secrets"].ok
    assert "secrets.key" in found["secrets"].next_step
