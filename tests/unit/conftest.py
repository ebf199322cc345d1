"""What unit tests share; laws are tried without a stop-watch, for a busy machine is no proof.

Each run of the gate tries the same examples: a red gate then always speaks of the change.
"""

import sys
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from config.logging import log_what_breaks

settings.register_profile(
    "mira", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("mira")


@pytest.fixture
def broken_threads(monkeypatch: pytest.MonkeyPatch) -> list[type[BaseException]]:
    """The kinds of exceptions that have ended threads; wait for the one that is meant to."""
    kinds: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda hook: kinds.append(hook.exc_type))
    return kinds


@pytest.fixture
def breaks_are_logged() -> Iterator[None]:
    """As in the running program."""
    of_threads, of_program = threading.excepthook, sys.excepthook
    log_what_breaks()
    yield
    threading.excepthook, sys.excepthook = of_threads, of_program
