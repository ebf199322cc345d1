"""A person who tells chapters, and what is remembered of them: in memory, by the real rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from cns.domain.message import Message, SegmentId, TurnId
from cns.domain.segment import Summary
from cns.ports import Page
from config.settings import MemorySettings
from lt_memory.deduplication import thresholds_of
from lt_memory.domain.memory import Memory
from lt_memory.keeping import kept
from lt_memory.ports import Extractor, MemoryFilter
from lt_memory.reader import Reader
from lt_memory.rules.extractor import RulesExtractor
from lt_memory.settling import settled
from lt_memory.storing import Decision, Origin
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.memory_store import FakeMemoryStore
from tests.fakes.names import FakeNames
from tests.fakes.store import FakeContinuumStore
from tests.values import START, mark, message, turn_record

BERLIN = ZoneInfo("Europe/Berlin")
THRESHOLDS = thresholds_of(MemorySettings())


@dataclass(slots=True)
class World:
    conversation: FakeContinuumStore = field(default_factory=FakeContinuumStore)
    clock: FrozenClock = field(default_factory=FrozenClock)
    segment_id: SegmentId = field(default_factory=lambda: SegmentId(uuid4()))
    memories: FakeMemoryStore = field(init=False)
    decisions: Sequence[Decision] = ()
    embedder: FakeEmbedder = field(default_factory=FakeEmbedder)

    def __post_init__(self) -> None:
        self.memories = FakeMemoryStore(self.conversation)

    def said(self, text: str) -> Message:
        user = self.conversation.only_user("Anna", "Europe/Berlin", START)
        self.clock.move(timedelta(hours=1))
        said = message(text, segment_id=self.segment_id, turn_id=TurnId(uuid4()))
        said = replace(said, created_at=self.clock.now())
        change = self.conversation.load(user.id).hear(said, mark())
        self.conversation.commit(change, turn_record(said))
        return said

    def next_chapter(self) -> None:
        user = self.conversation.only_user("Anna", "Europe/Berlin", START)
        ended = self.conversation.load(user.id).collapse(Summary(title="", text=""), mark())
        self.conversation.close_segment(ended)
        self.segment_id = SegmentId(uuid4())

    def tell(self, *texts: str, extractor: Extractor | None = None) -> None:
        """Say these, and remember them as at the end of a chapter."""
        said = [self.said(text) for text in texts]
        reading = extractor or RulesExtractor(FakeNames({"Anna": "person"}))
        found = settled(reading.extract(said), said, BERLIN).candidates
        vectors = Reader(FakeNames(), self.embedder).vectors([each.text for each in found])
        origin = Origin(run_id=None, segment_id=self.segment_id, at=self.clock.now(), zone=BERLIN)
        with self.memories.work() as work:
            self.decisions = kept(work, origin, THRESHOLDS, list(zip(found, vectors, strict=True)))

    def all(self) -> dict[str, Memory]:
        found, _ = self.memories.list(MemoryFilter(), Page())
        return {memory.text: memory for memory in found}

    def holding(self) -> list[str]:
        return sorted(m.text for m in self.all().values() if m.valid_until is None)
