"""MIRA as `main.py` runs it, with the tools of `tests/fakes/tools`, started without its imports.

A start takes some seconds, nearly all of it for imports. Here a process that has imported
everything is forked: what runs is the whole program in a process of its own, ready much sooner.
"""

import importlib
import multiprocessing
import os
import pkgutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from typing_extensions import override

import api.routes
import lt_memory.jobs
import tools.implementations
import working_memory.trinkets
from main import main
from tests.application import Application

if (TOOLS := str(Path(__file__).parent / "fakes" / "tools")) not in tools.implementations.__path__:
    tools.implementations.__path__.append(TOOLS)
for package in (api.routes, lt_memory.jobs, tools.implementations, working_memory.trinkets):
    for found in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{found.name}")


@dataclass(frozen=True, slots=True)
class Child:
    """A process that was forked, as `subprocess.Popen` shows one."""

    process: ForkServerProcess

    def poll(self) -> int | None:
        return self.process.exitcode

    def terminate(self) -> None:
        self.process.terminate()

    def send_signal(self, number: int) -> None:
        if self.process.pid is not None and self.process.exitcode is None:
            os.kill(self.process.pid, number)

    def wait(self, timeout: float) -> int:
        self.process.join(timeout)
        code = self.process.exitcode
        if code is None:
            raise TimeoutError(f"the program did not end within {timeout} s")
        return code


@dataclass(slots=True)
class SlowHouse(Application):
    """MIRA with slow tools and a quick start."""

    @override
    def spawned(self, environment: Mapping[str, str]) -> Child:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        process = context.Process(target=_live, args=(dict(environment), self.log))
        process.start()
        return Child(process)


def _live(environment: Mapping[str, str], log: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(environment)
    with log.open("ab") as words:
        os.dup2(words.fileno(), 1)
        os.dup2(words.fileno(), 2)
    sys.exit(main(()))
