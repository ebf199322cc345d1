"""The HTTP edge on the real conversation, with fakes where the outside world begins."""

import json
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI
from fastapi.testclient import TestClient
from typing_extensions import override

from adapters.metered import MeteredLLM
from api.app import create_app
from api.services import Services
from cns.bus import EventBus
from cns.domain.events import Event
from cns.domain.spending import Price, Prices
from cns.ports import LLM, Job, Part, Toolbox, Turn
from cns.services.activity import Activity
from cns.services.branching import Branching
from cns.services.closing import Closing
from cns.services.gate import Gate
from cns.services.gauge import Gauge
from cns.services.jobs import JobRunner
from cns.services.purse import Purse, Tariff
from cns.services.running import RunningTurns
from cns.services.search import Search
from cns.services.secrets import SecretService
from cns.services.segments import SegmentService
from cns.services.summary import ExtractiveSummary
from cns.services.timetable import Schedule, Timetable
from cns.services.turn import TurnService
from cns.services.unkept import OffTheRecord, turns_for
from config.settings import KnowledgeSettings, TouchstoneSettings
from lt_memory.knowledge import KnowledgeService
from lt_memory.user_information import UserInformationService
from tests.conversing import BY_RULE, touchstones
from tests.fakes.alarm import FakeAlarm
from tests.fakes.cache import FakeCache
from tests.fakes.clock import FrozenClock
from tests.fakes.desk import FakeDesk
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.erasing import FakeErasing
from tests.fakes.forecast import FakeForecast
from tests.fakes.history import FakeHistory, FakeReshaping
from tests.fakes.imports import FakeImports
from tests.fakes.jobs import FakeJobStore
from tests.fakes.knowledge import FakeKnowledge
from tests.fakes.limits import FixedLimits
from tests.fakes.links import FakeLinks
from tests.fakes.llm import MODEL, FakeLLM
from tests.fakes.memories import FakeMemories
from tests.fakes.recall import FakeRecall
from tests.fakes.review import FakeReview
from tests.fakes.runs import FakeRuns
from tests.fakes.secrets import FakeSecretStore
from tests.fakes.spending import FakeSpending
from tests.fakes.store import FakeContinuumStore
from tests.fakes.toolbox import FakeToolbox
from tests.fakes.user_information import FakeUserInformation
from tests.values import ANNA, START
from working_memory.composer import PromptComposer
from working_memory.trinket import Slot, Trinket

PORT = 8765
ROOM = 200  # tokens of domain knowledge
HERE = f"http://127.0.0.1:{PORT}"
WELL = (
    Part(name="database", ok=True, detail="in memory", latency_ms=0.2, required=True),
    Part(name="cache", ok=True, detail="in memory"),
)


PRICE = Price(input=1000, output=2000, cache_read=100, cache_write=1250)
ZONE = "Europe/Berlin"


class Greeting(Trinket):
    """A section for the prompt."""

    slot = Slot.BASE_PROMPT

    @override
    def render(self, turn: Turn) -> str:
        return f"You speak with {turn.user.name}."


@dataclass(slots=True, kw_only=True)
class World:
    """What the tests hold in their hands.

    Attributes:
        real: the language model that is asked in place of the scripted one.
        parts: how the house is said to be.
        about: how turns come by what they are about.
        runs: the extraction runs that a segment is said to have.
        tariff: what the model costs, and how much of it a day bears.
    """

    clock: FrozenClock = field(default_factory=FrozenClock)
    llm: FakeLLM = field(default_factory=FakeLLM)
    real: LLM | None = None
    recall: FakeRecall = field(default_factory=FakeRecall)
    store: FakeContinuumStore = field(default_factory=FakeContinuumStore)
    embedder: FakeEmbedder = field(default_factory=FakeEmbedder)
    toolbox: Toolbox = field(default_factory=FakeToolbox)
    job_store: FakeJobStore = field(default_factory=FakeJobStore)
    desk: FakeDesk = field(default_factory=FakeDesk)
    activity: Activity = field(default_factory=lambda: Activity(START))
    secrets: SecretService = field(
        default_factory=lambda: SecretService(FakeSecretStore(), {}, {}, lambda _: None)
    )
    knowledge: FakeKnowledge = field(default_factory=FakeKnowledge)
    about_user: FakeUserInformation = field(default_factory=FakeUserInformation)
    forecast: FakeForecast = field(default_factory=FakeForecast)
    spending: FakeSpending = field(default_factory=FakeSpending)
    tariff: Tariff = field(
        default_factory=lambda: Tariff(prices=Prices(table={MODEL: PRICE}), unknown=PRICE)
    )
    parts: tuple[Part, ...] = WELL
    trinkets: tuple[Trinket, ...] = (Greeting(),)
    about: TouchstoneSettings = BY_RULE
    pool: Executor = field(default_factory=lambda: ThreadPoolExecutor(2))
    jobs: tuple[Job, ...] = ()
    runs: tuple[UUID, ...] = field(default_factory=lambda: (uuid4(),))

    @property
    def search(self) -> Search:
        return Search(embedder=self.embedder, recall=self.recall)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A running application, and a client of it."""

    app: FastAPI
    client: TestClient
    services: Services
    turns: RunningTurns
    memories: FakeMemories
    runs: FakeRuns


@contextmanager
def running(world: World, web_dir: Path, **changed: Any) -> Iterator[Edge]:
    """The application on this world; `changed` replaces fields of its `Services`."""
    memories, runs = FakeMemories(world.clock), FakeRuns()
    with JobRunner(world.job_store, world.clock) as jobs:
        bus, gate = EventBus(), Gate()
        purse = Purse(world.spending, world.clock, ANNA, lambda: world.tariff)
        llm = MeteredLLM(world.real or world.llm, purse)
        turn_service, segments = _turns_and_segments(world, llm, bus, gate)
        incognito = OffTheRecord(turns=turn_service, search=world.search, toolbox=world.toolbox)
        turns = RunningTurns(turns_for(turn_service, incognito), world.store, world.clock)
        services = Services(
            turns=turns,
            store=world.store,
            branching=Branching(
                store=world.store,
                gate=gate,
                bus=bus,
                clock=world.clock,
                user=turn_service.user,
            ),
            erasing=FakeErasing(store=world.store, gate=gate),
            segments=segments,
            search=world.search,
            memories=memories,
            links=FakeLinks(memories),
            history=FakeHistory(memories),
            reshaping=FakeReshaping(memories),
            review=FakeReview(memories),
            runs=runs,
            knowledge=KnowledgeService(
                store=world.knowledge,
                llm=llm,
                clock=world.clock,
                figures=KnowledgeSettings,
                room=lambda: ROOM,
            ),
            user_information=UserInformationService(
                store=world.about_user,
                llm=llm,
                prompt="Say who it is.",
                clock=world.clock,
                figures=KnowledgeSettings,
            ),
            imports=FakeImports(jobs),
            jobs=jobs,
            schedule=Schedule(Timetable(world.jobs, jobs), FakeAlarm(), world.job_store),
            activity=world.activity,
            secrets=world.secrets,
            desk=world.desk,
            spending=purse,
            forecast=world.forecast,
            runs_of=lambda _: world.runs,
            prompt=turn_service.preview,
            about=lambda: {"model": {"provider": "fake", "name": world.llm.model}},
            parts=lambda: world.parts,
            version="0.0.0",
            web_dir=web_dir,
            port=PORT,
        )
        app = create_app(replace(services, **changed))
        with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
            yield Edge(
                app=app,
                client=client,
                services=services,
                turns=turns,
                memories=memories,
                runs=runs,
            )
        turns.settle(timedelta(seconds=10))


def _turns_and_segments(
    world: World, llm: LLM, bus: EventBus, gate: Gate
) -> tuple[TurnService, SegmentService]:
    bus.subscribe(Event, world.activity.note)
    user = world.store.only_user("Anna", ZONE, world.clock.now())
    turns = TurnService(
        store=world.store,
        search=world.search,
        composer=PromptComposer(world.trinkets),
        touchstones=touchstones(llm, world.store, lambda: world.about, world.pool),
        llm=llm,
        toolbox=world.toolbox,
        gauge=Gauge(cache=FakeCache()),
        closing=Closing(store=world.store, bus=bus, clock=world.clock),
        clock=world.clock,
        gate=gate,
        user=user,
        limits=FixedLimits(),
    )
    segments = SegmentService(
        store=world.store,
        gate=gate,
        first=ExtractiveSummary(),
        final=ExtractiveSummary(),
        embedder=world.embedder,
        bus=bus,
        clock=world.clock,
        user=user,
        timeout=timedelta(hours=1),
    )
    return turns, segments


def events_of(stream: str) -> list[tuple[int, str, dict[str, Any]]]:
    """The events of a finished stream: number, name and data; comments are passed over."""
    blocks = [block for block in stream.split("\n\n") if block and not block.startswith(":")]
    return [_event(block) for block in blocks]


def _event(block: str) -> tuple[int, str, dict[str, Any]]:
    fields = dict(line.split(": ", 1) for line in block.split("\n"))
    return int(fields["id"]), fields["event"], json.loads(fields["data"])
