"""Logging that quotes nothing while something goes on off the record."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb
from types import TracebackType

from typing_extensions import override


class _Quiet(logging.Filter):
    """Leaves of a record what broke and where; its words may be somebody's own."""

    def __init__(self, thread: str) -> None:
        super().__init__()
        self._thread = thread

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        if not any(each.name.endswith(self._thread) for each in threading.enumerate()):
            return True
        record.args = ()
        vars(record).pop("detail", None)
        if record.exc_info:
            kind, _, trace = record.exc_info
            vars(record)["broke"] = kind.__name__ if kind else ""
            vars(record)["at"] = _places(trace)
            record.exc_info, record.exc_text = None, None
        return True


@contextmanager
def discreet(thread: str) -> Iterator[None]:
    """While a thread lives whose name ends so, no line quotes an exception's words or a detail."""
    quiet, handlers = _Quiet(thread), logging.getLogger().handlers[:]
    for handler in handlers:
        handler.addFilter(quiet)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(quiet)


def _places(trace: TracebackType | None) -> str:
    return " ".join(
        f"{Path(frame.f_code.co_filename).name}:{line}" for frame, line in walk_tb(trace)
    )
