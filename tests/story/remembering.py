"""A conversation lived through by the real parts of long-term memory, chapter by chapter."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from adapters.postgres import Postgres
from cns.domain.message import Role, SegmentId, UserId
from cns.ports import Embedder, Page
from cns.postgres import PostgresContinuumStore
from config.settings import MemorySettings
from lt_memory.entities import RuleNames
from lt_memory.extraction import Extraction, Sources
from lt_memory.extractors import Extractors
from lt_memory.ports import Extractor, MemoryFilter
from lt_memory.postgres import PostgresMemories
from lt_memory.reader import Reader
from tests.fakes.clock import FrozenClock
from tests.fakes.llm import document
from tests.fakes.llm_server import Behaviour
from tests.fakes.llm_wire import WireRequest
from tests.seeding import Line, Seeds
from tests.story.judged import Bond, Judge, Kept, Verdict
from tests.story.talks import Chapter, Saying
from tests.values import message

ZONE = ZoneInfo("Europe/Rome")
MOST = 1000  # memories of one conversation


@dataclass
class Life:
    """One person's conversation, and the memory of it."""

    database: Postgres
    embedder: Embedder
    extractors: Extractors
    said: dict[UUID, Saying] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.seeds = Seeds(self.database)
        self.seeds.user()
        self.clock = FrozenClock()
        self.store = PostgresMemories(self.database, UserId(self.seeds.user_id))
        sources = Sources(
            conversation=PostgresContinuumStore(self.database),
            extractors=lambda: self.extractors,
            reader=Reader(RuleNames(), self.embedder),
            zone=ZONE,
        )
        self.extraction = Extraction(sources, self.store, self.clock, MemorySettings())

    def live(self, chapters: Sequence[Chapter]) -> Verdict:
        """Tell them all, each remembered before the next begins."""
        for chapter in chapters:
            lines = [Line(text=each.text, role=each.role, at=each.at) for each in chapter.said]
            segment_id, ids = self.seeds.segment(
                lines, began=chapter.said[0].at, summary=chapter.title
            )
            self.said |= dict(zip(ids, chapter.said, strict=True))
            self.clock.move(chapter.said[-1].at - self.clock.now())
            assert self.extraction.extract(SegmentId(segment_id)) is not None
        return Judge(self.said, self._bonds()).judged(self._kept())

    def _kept(self) -> list[Kept]:
        newest_first, cursor = self.store.list(MemoryFilter(), Page(limit=MOST))
        assert cursor is None
        return [
            Kept(id=memory.id, text=memory.text, evidence=memory.evidence)
            for memory in reversed(newest_first)
        ]

    def _bonds(self) -> list[Bond]:
        with self.database.transaction() as transaction:
            rows = transaction.all("SELECT kind, source_id, target_id FROM memory_links")
        return [Bond(row["kind"], row["source_id"], row["target_id"]) for row in rows]


def drawn(extractor: Extractor, chapters: Sequence[Chapter]) -> Verdict:
    """What an extractor makes of each chapter, before anything is compared or stored."""
    said: dict[UUID, Saying] = {}
    kept: list[Kept] = []
    for chapter in chapters:
        messages = [
            replace(message(each.text, Role(each.role)), created_at=each.at)
            for each in chapter.said
        ]
        said |= {m.id: each for m, each in zip(messages, chapter.said, strict=True)}
        found = extractor.extract(messages).candidates
        kept += [Kept(id=uuid4(), text=c.text, evidence=c.evidence) for c in found]
    return Judge(said).judged(kept)


def noting(
    chapters: Sequence[Chapter], answers: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Callable[[WireRequest], Behaviour]:
    """A model that has its notes on each chapter ready."""
    titles = {chapter.said[0].text: chapter.title for chapter in chapters}

    def answer(request: WireRequest) -> Behaviour:
        title = next(t for first, t in titles.items() if first in request.newest_text)
        return document({"memories": [_proposal(note) for note in answers[title]]})

    return answer


def _proposal(note: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in note.items() if name != "corrects"}
