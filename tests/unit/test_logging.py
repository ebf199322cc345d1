"""Log lines, for people and for machines."""

import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from config.logging import configure
from config.redaction import IN_ITS_PLACE, Redaction


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Puts the root logger and the hooks back."""
    root, hooks = logging.getLogger(), (threading.excepthook, sys.excepthook)
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    threading.excepthook, sys.excepthook = hooks


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def knowing(secret: str) -> Redaction:
    redaction = Redaction()
    redaction.learn(secret)
    return redaction


def fall() -> None:
    raise LookupError("no such thing")


def failed(logger: logging.Logger) -> None:
    try:
        fall()
    except LookupError:
        logger.exception("it broke", extra={"action": "broken"})


def test_a_line_for_people_has_its_fields_behind(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "text")
    logging.getLogger("cns.x").info("turn done", extra={"action": "turn", "turn": 3})
    (line,) = lines(capsys)
    assert line.endswith("INFO    cns.x: turn done  action=turn turn=3")


def test_a_line_without_fields_ends_with_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "text")
    logging.getLogger("cns.x").warning("turn done")
    assert lines(capsys)[0].endswith("WARNING cns.x: turn done")


def test_a_line_for_people_shows_where_it_broke(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "text")
    failed(logging.getLogger("cns.x"))
    assert "LookupError: no such thing" in "\n".join(lines(capsys))


def test_a_line_for_machines_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")
    logging.getLogger("cns.x").info("t\u00fcr\n", extra={"action": "turn", "at_all": {1}})
    (line,) = lines(capsys)
    shown = json.loads(line)
    assert shown.pop("at").endswith("+00:00")
    assert shown == {
        "level": "info",
        "logger": "cns.x",
        "message": "t\u00fcr\n",
        "action": "turn",
        "at_all": "{1}",
    }


def test_a_line_for_machines_carries_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")
    failed(logging.getLogger("cns.x"))
    (line,) = lines(capsys)
    assert "LookupError: no such thing" in json.loads(line)["exception"]


def test_below_the_level_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure("warning", "text")
    logging.getLogger("cns.x").info("turn done")
    assert lines(capsys) == []


def test_chatty_libraries_are_kept_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    configure("debug", "text")
    logging.getLogger("httpx").info("GET /")
    assert lines(capsys) == []


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_secret_is_hidden_wherever_a_line_holds_it(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    redaction = Redaction()
    configure("debug", form, redaction)
    redaction.learn('the-"key"-itself')
    logger = logging.getLogger("cns.x")
    broke = LookupError('in a trace: the-"key"-itself')
    logger.error('said the-"key"-itself', exc_info=broke, extra={"field": 'the-"key"-itself'})
    logger.info("as %s", ['the-"key"-itself'])
    written = capsys.readouterr().err
    assert written.count(IN_ITS_PLACE) >= 4
    assert "itself" not in written


def test_what_breaks_a_thread_is_told_without_the_secrets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure("info", "text", knowing("sk-a-secret"))

    def fall_with_it() -> None:
        raise LookupError("the key sk-a-secret was refused")

    thread = threading.Thread(target=fall_with_it)
    thread.start()
    thread.join()
    told = capsys.readouterr().err
    assert f"LookupError: the key {IN_ITS_PLACE} was refused" in told
    assert "action=thread_broke" in told


def test_what_breaks_the_program_is_told_without_the_secrets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure("info", "text", knowing("sk-a-secret"))
    sys.excepthook(LookupError, LookupError("sk-a-secret"), None)
    told = capsys.readouterr().err
    assert f"LookupError: {IN_ITS_PLACE}" in told
    assert "the program broke" in told


def test_an_interruption_is_no_breakage(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "text")
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert "the program broke" not in capsys.readouterr().err
