"""Log lines on standard error, for people or for machines."""

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType

from typing_extensions import override

from config.redaction import Redact, Redaction

logger = logging.getLogger(__name__)
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _Text(logging.Formatter):
    @override
    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        extra = " ".join(f"{name}={value}" for name, value in _extra(record).items())
        return f"{line}  {extra}" if extra else line


class _Json(logging.Formatter):
    @override
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class _Redacted(logging.Formatter):
    """Another formatter's lines, fields and traces included, without the secrets."""

    def __init__(self, inner: logging.Formatter, redact: Redact) -> None:
        super().__init__()
        self._inner = inner
        self._redact = redact

    @override
    def format(self, record: logging.LogRecord) -> str:
        return self._redact(self._inner.format(record))


def configure(level: str, form: str, redact: Redact | None = None) -> None:
    """Send every log record of this process to standard error, without the secrets.

    What breaks a thread or the program goes the same way.
    """
    log_what_breaks()
    handler = logging.StreamHandler(sys.stderr)
    text = _Text("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")
    inner = _Json() if form == "json" else text
    handler.setFormatter(_Redacted(inner, redact or Redaction()))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in ("httpx", "httpcore", "httpx2", "apscheduler", "openai", "anthropic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def log_what_breaks() -> None:
    """What nobody caught is logged like all else; the interpreter would print it as it is."""
    threading.excepthook = _thread_broke
    sys.excepthook = _program_broke


def _thread_broke(hook: threading.ExceptHookArgs) -> None:
    if hook.exc_value is None or isinstance(hook.exc_value, SystemExit):
        return
    broke = (hook.exc_type, hook.exc_value, hook.exc_traceback)
    logger.error("a thread broke", exc_info=broke, extra={"action": "thread_broke"})


def _program_broke(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    broke = (kind, error, trace)
    logger.critical("the program broke", exc_info=broke, extra={"action": "program_broke"})


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in STANDARD}
