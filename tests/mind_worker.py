"""A process of its own in which one background job runs, so that it can be killed."""

import os
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from typing_extensions import override

from cns.ports import ModelRequest
from tests.fakes.apt import AptLLM
from tests.fakes.clock import FrozenClock
from tests.fakes.llm import Step
from tests.minding import GROWN, minded


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What the process is to do, and where.

    Attributes:
        dies_asking: the number of the model's answer before which it kills itself; 0: never.
    """

    job: str
    dsn: str
    cache_url: str
    folder: Path
    dies_asking: int = 0


class MortalLLM(AptLLM):
    """The program is killed while it waits for an answer."""

    def __init__(self, dies_asking: int) -> None:
        super().__init__()
        self._dies_asking = dies_asking

    @override
    def _next(self, request: ModelRequest) -> Step:
        self.requests.append(request)
        if len(self.requests) == self._dies_asking:
            os.kill(os.getpid(), signal.SIGKILL)
        return super()._next(request)


def work(errand: Errand, told: Connection) -> None:
    """Say `ready`, run the job when told to, say how often it asked a model."""
    llm, clock = MortalLLM(errand.dies_asking), FrozenClock()
    clock.move(GROWN)
    with minded(errand.dsn, errand.cache_url, errand.folder, llm, clock) as world:
        told.send("ready")
        told.recv()
        world.jobs[errand.job].run()
        told.send(len(llm.requests))
        told.recv()
