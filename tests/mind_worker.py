"""A process of its own in which one background job runs, so that it can be killed."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from pydantic import SecretStr
from typing_extensions import override

from adapters.providers import made
from cns.ports import ModelRequest
from config.settings import LLMSettings
from tests.fakes.apt import TidyLLM
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.llm import Step
from tests.minding import GROWN, OLD, TIDY, Minded, Outside, minded


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What the process is to do, and where.

    Attributes:
        embedder: the name of the wanted one.
        later: since the world of `grow` was there.
        provider: the address of one that has batches; blank: models answer without a wire.
        dies_asking: the number of the model's answer before which it kills itself; 0: never.
    """

    job: str
    dsn: str
    cache_url: str
    folder: Path
    embedder: str = OLD
    later: timedelta = timedelta()
    provider: str = ""
    dies_asking: int = 0


class MortalLLM(TidyLLM):
    """The program is killed while it waits for an answer; 0: never."""

    def __init__(self, dies_asking: int = 0) -> None:
        super().__init__()
        self._dies_asking = dies_asking

    @override
    def _next(self, request: ModelRequest) -> Step:
        self.requests.append(request)
        if len(self.requests) == self._dies_asking:
            os.kill(os.getpid(), signal.SIGKILL)
        return super()._next(request)


@contextmanager
def begun(errand: Errand, llm: MortalLLM) -> Iterator[Minded]:
    """The program as the errand finds it; `llm` answers where there is no provider."""
    clock = FrozenClock()
    clock.move(GROWN + errand.later)
    with ExitStack() as stack:
        outside = Outside(llm=llm, clock=clock, embedder=FakeEmbedder(errand.embedder))
        if errand.provider:
            asked = made("anthropic", _settings(errand.provider))
            stack.callback(asked.close)
            outside = Outside(llm=asked, clock=clock)
        yield stack.enter_context(
            minded(errand.dsn, errand.cache_url, errand.folder, outside, memory=TIDY)
        )


def _settings(url: str) -> LLMSettings:
    return LLMSettings(
        provider="anthropic",
        base_url=url,
        api_key=SecretStr("key"),
        model="slow",
        fast_model="quick",
        retries=0,
    )


def work(errand: Errand, told: Connection) -> None:
    """Say `ready`, run the job when told to, say when it is done."""
    with begun(errand, MortalLLM(errand.dies_asking)) as world:
        told.send("ready")
        told.recv()
        world.work(errand.job)
        told.send("done")
        told.recv()
