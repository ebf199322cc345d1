"""A conversation on fakes: everything that a turn needs, and nothing that a machine has."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event as Signal
from uuid import uuid4

from cns.bus import EventBus
from cns.domain.events import Event
from cns.domain.message import Message, Text, TurnId
from cns.domain.segment import Night
from cns.domain.stream import TextDelta, TurnCompleted, TurnEvent, TurnFailed, TurnStarted
from cns.ports import LLM, ContinuumStore, ModelRequest, Page, Prompt, Section, Turn, User
from cns.services.branching import Branching
from cns.services.closing import Closing
from cns.services.gate import Gate
from cns.services.gauge import Gauge
from cns.services.jobs import JobRunner
from cns.services.pump import Stop
from cns.services.request import TurnRequest
from cns.services.running import RunningTurns
from cns.services.search import Search
from cns.services.segments import SegmentService
from cns.services.summary import ExtractiveSummary, Summariser
from cns.services.touchstone import Touchstones
from cns.services.touchstone_model import Asking
from cns.services.turn import TurnService
from cns.services.unkept import OffTheRecord, turns_for
from config.settings import TouchstoneSettings
from tests.fakes.cache import FakeCache
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.jobs import FakeJobStore
from tests.fakes.limits import FixedLimits
from tests.fakes.llm import FakeLLM, Step
from tests.fakes.recall import FakeRecall
from tests.fakes.store import FakeContinuumStore
from tests.fakes.toolbox import FakeToolbox
from tests.values import START

QUICK = (0.001, 0.001)
BY_RULE = TouchstoneSettings(maker="rules")


class TwoSections:
    """Implements `cns.ports.Composer`; keeps the turns that it saw."""

    def __init__(self) -> None:
        self.seen: list[Turn] = []

    def compose(self, turn: Turn) -> Prompt:
        self.seen.append(turn)
        base = Section(name="base_prompt", content="You are MIRA.", cached=True, seconds=0.0)
        live = Section(name="datetime_section", content="It is noon.", cached=False, seconds=0.0)
        failed = ("relevant_memories", LookupError("broken"))
        return Prompt(sections=(base, live), failures=(failed,))


class Watcher:
    """Listens to a turn."""

    def __init__(self) -> None:
        self.told: list[tuple[int, TurnEvent]] = []
        self.ended = Signal()

    def __call__(self, number: int, event: TurnEvent) -> None:
        self.told.append((number, event))
        if isinstance(event, TurnCompleted | TurnFailed):
            self.ended.set()

    @property
    def events(self) -> list[TurnEvent]:
        return [event for _, event in self.told]


@dataclass(kw_only=True)
class Conversation:
    """The services of one conversation over fakes that a test can reach."""

    llm: FakeLLM = field(default_factory=FakeLLM)
    store: FakeContinuumStore = field(default_factory=FakeContinuumStore)
    clock: FrozenClock = field(default_factory=FrozenClock)
    recall: FakeRecall = field(default_factory=FakeRecall)
    embedder: FakeEmbedder = field(default_factory=FakeEmbedder)
    composer: TwoSections = field(default_factory=TwoSections)
    toolbox: FakeToolbox = field(default_factory=FakeToolbox)
    final: Summariser = field(default_factory=ExtractiveSummary)
    patience: Sequence[float] = QUICK
    tool_rounds: int = 3
    night: Night | None = None
    about: TouchstoneSettings = BY_RULE
    pool: Executor = field(default_factory=lambda: ThreadPoolExecutor(2))
    heard: list[Event] = field(default_factory=list)
    gauge: Gauge = field(default_factory=lambda: Gauge(cache=FakeCache()))

    def __post_init__(self) -> None:
        self.bus = EventBus()
        self.bus.subscribe(Event, self.heard.append)
        self.gate = Gate(patience_seconds=2)
        self.user: User = self.store.only_user("Anna", "Europe/Berlin", START)
        self.turns = self._turns()
        incognito = OffTheRecord(
            turns=self.turns, search=self.turns.search, toolbox=self.turns.toolbox
        )
        self.running = RunningTurns(turns_for(self.turns, incognito), self.store, self.clock)
        self.segments = self._segments()
        self.branching = Branching(
            store=self.store, gate=self.gate, bus=self.bus, clock=self.clock, user=self.user
        )

    def turn(self, request: TurnRequest, stop: Stop | None = None) -> list[TurnEvent]:
        """A turn in this thread, to its end."""
        return list(self.turns.run(TurnId(uuid4()), request, stop or Stop()))

    def say(self, text: str = "My cat is called Miso.") -> list[TurnEvent]:
        return self.turn(saying(text))

    def start(self, text: str = "My cat is called Miso.") -> tuple[TurnId, Watcher]:
        """A turn in a thread of its own, watched from its beginning."""
        turn_id, watcher = self.running.start(saying(text)), Watcher()
        self.running.watch(turn_id, watcher)
        return turn_id, watcher

    def retry(self, turn_id: TurnId) -> tuple[TurnId, Watcher]:
        again, watcher = self.running.retry(turn_id), Watcher()
        self.running.watch(again, watcher)
        return again, watcher

    def stored(self) -> list[Message]:
        """Oldest first."""
        newest_first, _ = self.store.messages(Page(limit=200))
        return list(reversed(newest_first))

    def told_names(self) -> list[str]:
        return [type(event).__name__.removesuffix("Event") for event in self.heard]

    def _turns(self) -> TurnService:
        return TurnService(
            store=self.store,
            search=Search(embedder=self.embedder, recall=self.recall),
            touchstones=touchstones(self.llm, self.store, lambda: self.about, self.pool),
            composer=self.composer,
            llm=self.llm,
            toolbox=self.toolbox,
            gauge=self.gauge,
            closing=Closing(
                store=self.store, bus=self.bus, clock=self.clock, patience=self.patience
            ),
            clock=self.clock,
            gate=self.gate,
            user=self.user,
            limits=FixedLimits(
                surfaced=10, floor=0.3, max_tokens=4096, tool_rounds=self.tool_rounds
            ),
        )

    def _segments(self) -> SegmentService:
        return SegmentService(
            store=self.store,
            gate=self.gate,
            first=ExtractiveSummary(),
            final=self.final,
            embedder=self.embedder,
            bus=self.bus,
            clock=self.clock,
            user=self.user,
            timeout=timedelta(minutes=60),
            night=self.night,
        )


def touchstones(
    llm: LLM,
    store: ContinuumStore,
    figures: Callable[[], TouchstoneSettings],
    pool: Executor,
) -> Touchstones:
    """Makes touchstones with this model, or by rule, as the figures say."""
    return Touchstones(
        llm=llm,
        store=store,
        asking=Asking(prompt="Say what it is about.", timezone="Europe/Berlin"),
        pool=pool,
        attempt=JobRunner(FakeJobStore(), FrozenClock()).attempt,
        figures=figures,
    )


def saying(text: str) -> TurnRequest:
    return TurnRequest(content=(Text(text=text),))


def conversation(*script: Step | Callable[[ModelRequest], Step]) -> Conversation:
    """One whose model follows the script."""
    return Conversation(llm=FakeLLM(script))


def started(events: Sequence[TurnEvent]) -> TurnStarted:
    assert isinstance(events[0], TurnStarted)
    return events[0]


def completed(events: Sequence[TurnEvent]) -> TurnCompleted:
    assert isinstance(events[-1], TurnCompleted)
    return events[-1]


def failed(events: Sequence[TurnEvent]) -> TurnFailed:
    assert isinstance(events[-1], TurnFailed)
    return events[-1]


def words(events: Sequence[TurnEvent]) -> str:
    """What was streamed."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))
