"""The supervisor with small programs in place of servers."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from adapters import supervisor
from adapters.supervisor import Program, Supervisor, is_process_of, last_words, written_pid
from cns.errors import StoreUnavailable
from tests.waiting import until

SERVE = "echo $$ > pid; echo up; exec sleep 60"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A shell that writes its pid, then becomes `sleep`."""
    return Program(
        name="a server",
        command=("/bin/sh", "-c", SERVE),
        folder=tmp_path,
        pid_file=tmp_path / "pid",
        log=tmp_path / "server.log",
        account=None,
        stop=((signal.SIGTERM, 5.0),),
        ready=lambda: written_pid(tmp_path / "pid") is not None,
    )


@pytest.fixture
def running(program: Program) -> Iterator[Supervisor]:
    supervised = Supervisor(program)
    supervised.start()
    yield supervised
    supervised.stop()


def pid_of(supervised: Supervisor) -> int:
    assert supervised.pid is not None
    return supervised.pid


def test_a_killed_server_is_started_again(running: Supervisor) -> None:
    before = pid_of(running)
    os.kill(before, signal.SIGKILL)
    until(lambda: running.restarts == 1 and pid_of(running) != before and running.ping().ok)


def test_a_stopped_server_stays_down(program: Program) -> None:
    supervised = Supervisor(program)
    supervised.start()
    pid = pid_of(supervised)
    supervised.stop()
    assert not Path(f"/proc/{pid}").exists()
    assert not supervised.ping().ok


def test_a_server_deaf_to_the_polite_signal_is_ended(program: Program) -> None:
    deaf = ("/bin/sh", "-c", "trap '' TERM; echo $$ > pid; while :; do sleep 0.1; done")
    supervised = Supervisor(replace(program, command=deaf, stop=((signal.SIGTERM, 0.1),)))
    supervised.start()
    supervised.stop()
    assert not supervised.ping().ok


def test_a_server_that_never_starts_is_an_error_with_its_last_words(program: Program) -> None:
    failing = replace(program, command=("/bin/sh", "-c", "echo the disk is on fire; exit 1"))
    with pytest.raises(StoreUnavailable, match="the disk is on fire"):
        Supervisor(failing, patience=0).start()


def test_a_missing_binary_is_an_error_that_names_it(program: Program) -> None:
    with pytest.raises(StoreUnavailable, match="no-such-binary"):
        Supervisor(replace(program, command=("/no-such-binary",)), patience=0).start()


def test_a_server_that_is_not_required_is_tried_on_in_the_background(program: Program) -> None:
    third = "echo x >> tries; [ $(wc -l < tries) -ge 3 ] || exit 1; " + SERVE
    supervised = Supervisor(
        replace(program, command=("/bin/sh", "-c", third)), patience=0, required=False
    )
    supervised.start()
    until(lambda: supervised.ping().ok and program.pid_file.exists())
    supervised.stop()


def test_a_server_that_keeps_failing_is_mended_and_reported(
    program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    mended: list[int] = []
    failing = replace(program, command=("/bin/sh", "-c", "exit 1"), mend=lambda: mended.append(1))
    supervised = Supervisor(failing, patience=0, required=False)
    supervised.start()
    until(lambda: "a server does not start; trying on" in caplog.messages)
    supervised.stop()
    assert mended == [1]


def test_stopping_ends_a_server_that_never_answers(program: Program) -> None:
    mute = Supervisor(replace(program, ready=lambda: False))
    starting = Thread(target=mute.start)
    starting.start()
    until(program.pid_file.exists)
    mute.stop()
    starting.join()
    until(lambda: not mute.ping().ok)


def test_waiting_for_a_slow_server_is_said(
    program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    slow = replace(program, ready=lambda: "waiting for a server to come up" in caplog.messages)
    caplog.set_level(logging.INFO)
    supervised = Supervisor(slow, say_every=0.05)
    supervised.start()
    supervised.stop()


def test_a_server_of_an_earlier_run_is_ended_first(program: Program) -> None:
    sleeping = replace(program, command=("/bin/sleep", "60"))
    with subprocess.Popen(program.command, cwd=program.folder, start_new_session=True) as earlier:
        until(lambda: is_process_of(sleeping, earlier.pid))
        second = Supervisor(sleeping)
        second.start()
        assert earlier.wait() == -signal.SIGTERM
    second.stop()


def test_a_server_just_born_is_waited_for_though_it_has_no_pid_file_yet(
    program: Program, tmp_path: Path
) -> None:
    newborn = Supervisor(replace(program, ready=lambda: True))
    newborn.start()
    with pytest.raises(StoreUnavailable, match="a process of an earlier run still holds"):
        Supervisor(replace(program, pid_file=tmp_path / "none"), patience=0).start()
    newborn.stop()
    second = Supervisor(program)
    second.start()
    second.stop()


def test_a_foreign_process_is_never_taken_for_ours(program: Program, tmp_path: Path) -> None:
    here = replace(program, command=(str(Path(sys.executable).resolve()),), folder=Path.cwd())
    assert is_process_of(here, os.getpid())
    assert not is_process_of(replace(here, folder=tmp_path), os.getpid())
    assert not is_process_of(replace(here, command=("postgres",)), os.getpid())


def test_without_proc_the_arguments_tell_whose_a_process_is(
    program: Program, tmp_path: Path
) -> None:
    folder = tmp_path / "a-server"
    folder.mkdir()
    serving = replace(
        program, command=("/bin/sh", "-c", f"echo $$ > pid; read x < {folder}/pipe"), folder=folder
    )
    os.mkfifo(folder / "pipe")
    supervised = Supervisor(replace(serving, pid_file=folder / "pid", ready=lambda: True))
    supervised.start()
    assert supervisor.is_named(serving, pid_of(supervised))
    assert not supervisor.is_named(serving, os.getpid())
    supervised.stop()


def test_a_pid_file_with_nonsense_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text("not a number")
    assert written_pid(tmp_path / "pid") is None


def test_a_long_log_is_set_aside(program: Program) -> None:
    with program.log.open("wb") as log:
        log.truncate(supervisor.LOG_BYTES + 1)
    supervised = Supervisor(program)
    supervised.start()
    until(lambda: last_words(program.log) == "up")
    supervised.stop()
    assert program.log.with_suffix(".1.log").exists()


def test_a_missing_log_has_no_last_words(tmp_path: Path) -> None:
    assert last_words(tmp_path / "none.log") == "(no log)"


def test_keys_in_the_environment_stay_with_mira(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    supervised = Supervisor(replace(program, command=("/bin/sh", "-c", f"env; {SERVE}")))
    supervised.start()
    until(lambda: "up" in last_words(program.log, 50))
    supervised.stop()
    assert "secret" not in last_words(program.log, 50)
