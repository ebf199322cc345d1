"""`main.py secret`: set without an echo, listed without a value, and taken up by a running MIRA."""

import io
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from select import select

import pytest

from adapters.clock import SystemClock
from adapters.local_secrets import LocalSecrets
from cns.errors import Misconfigured
from composition import secret_command
from composition.house import Given
from config.settings import Settings
from tests.application import CHECKOUT
from tests.servers import temporary_folder

VALUE = "canary-of-the-terminal"


@pytest.fixture
def settings() -> Iterator[Settings]:
    with temporary_folder() as folder:
        yield Settings(data_dir=folder / "data")


def given_on_standard_input(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def held(settings: Settings, name: str) -> str | None:
    return LocalSecrets(settings.data_dir, None, SystemClock()).get(name)


def test_a_secret_is_read_from_standard_input(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given_on_standard_input(f"{VALUE}\n", monkeypatch)
    assert secret_command.run(settings, Given(), ["set", "kagi"]) == 0
    assert held(settings, "kagi") == VALUE
    written = capsys.readouterr()
    assert "within a minute" in written.err
    assert VALUE not in written.out + written.err


def test_an_address_is_taken_up_at_the_next_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given_on_standard_input("postgresql://h/d", monkeypatch)
    secret_command.run(settings, Given(), ["set", "database/service_url"])
    assert "next start" in capsys.readouterr().err


def test_the_list_says_where_each_is_and_no_value(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = Given(environment={"KAGI_API_KEY": VALUE})
    given_on_standard_input(VALUE, monkeypatch)
    secret_command.run(settings, given, ["set", "kagi"])
    assert "environment" in capsys.readouterr().err
    assert secret_command.run(settings, given, ["list"]) == 0
    written = capsys.readouterr().out
    lines = {line.split()[0]: line for line in written.splitlines()}
    assert "environment (over the stored one)" in lines["kagi"]
    assert lines["groq_key"].split() == ["groq_key", "none", "-"]
    assert VALUE not in written


def test_a_secret_is_deleted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given_on_standard_input(VALUE, monkeypatch)
    secret_command.run(settings, Given(), ["set", "kagi"])
    assert secret_command.run(settings, Given(), ["delete", "kagi"]) == 0
    assert held(settings, "kagi") is None
    assert "kagi is deleted" in capsys.readouterr().err
    with pytest.raises(Misconfigured, match="no stored secret"):
        secret_command.run(settings, Given(), ["delete", "kagi"])


@pytest.mark.parametrize(
    "words", [[], ["set"], ["set", "kagi", VALUE], ["show", "kagi"], ["set", f"{VALUE} "]]
)
def test_other_words_are_refused_without_repeating_them(
    words: list[str], settings: Settings
) -> None:
    with pytest.raises(Misconfigured) as caught:
        secret_command.run(settings, Given(), words)
    assert VALUE not in caught.value.detail
    assert list(settings.data_dir.glob("secrets.enc")) == []


def read_until(words: str, terminal: int) -> str:
    """What a terminal shows up to these words."""
    shown = ""
    while words not in shown:
        ready, _, _ = select([terminal], [], [], 60)
        assert ready, shown
        shown += os.read(terminal, 1000).decode()
    return shown


def test_at_a_terminal_it_asks_and_shows_nothing_of_what_is_typed(settings: Settings) -> None:
    terminal, typed = pty.openpty()
    asking = subprocess.Popen(
        [sys.executable, "main.py", "secret", "set", "kagi"],
        cwd=CHECKOUT,
        env={**os.environ, "MIRA_DATA_DIR": str(settings.data_dir)},
        stdin=typed,
        stdout=typed,
        stderr=typed,
        start_new_session=True,
    )
    try:
        shown = read_until("kagi: ", terminal)
        os.write(terminal, f"{VALUE}\n".encode())
        shown += read_until("is set", terminal)
        assert asking.wait(30) == 0
    finally:
        asking.kill()
        asking.wait()
        os.close(terminal)
        os.close(typed)
    assert VALUE not in shown
    assert held(settings, "kagi") == VALUE
