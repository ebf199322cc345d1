"""Extraction and editing on a real PostgreSQL: races, crashes, and what a deletion leaves."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from adapters.postgres import Postgres
from cns.domain.message import Message, MessageId, SegmentId, TurnId
from cns.ports import Page, User
from cns.postgres import PostgresContinuumStore
from config.settings import MemorySettings
from lt_memory.bidding import ImmediateBidding
from lt_memory.deduplication import thresholds_of
from lt_memory.domain.memory import Memory, RunId, State
from lt_memory.entities import RuleNames
from lt_memory.extraction import Extraction, Sources
from lt_memory.extractors import Extractors
from lt_memory.memories import MemoryService, NewMemory
from lt_memory.ports import Extracted, Extractor, MemoryFilter
from lt_memory.postgres import PostgresMemories
from lt_memory.reader import Reader
from lt_memory.rules.extractor import RulesExtractor
from tests.chapters import ended
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.values import START, mark, message, turn_record

pytestmark = pytest.mark.postgres
SAID = (
    "Hi! I'm allergic to peanuts and my sister Anna lives in Leeds.",
    "I have two cats, Miso and Tofu. What should I feed them?",
)


class Meeting:
    """An extractor that waits till another extracts too, so that both come to keep at once."""

    label = "rules"

    def __init__(self, parties: int) -> None:
        self._barrier = Barrier(parties)
        self._rules = RulesExtractor(RuleNames())

    def extract(self, messages: Sequence[Message]) -> Extracted:
        found = self._rules.extract(messages)
        self._barrier.wait(timeout=30)
        return found


class World:
    """The real store under the services."""

    def __init__(self, database: Postgres) -> None:
        self.database = database
        self.conversation = PostgresContinuumStore(database)
        self.user: User = self.conversation.only_user("Anna", "Europe/Berlin", START)
        self.memories = PostgresMemories(database, self.user.id)
        self.reader = Reader(RuleNames(), FakeEmbedder())
        self.service = MemoryService(self.memories, self.reader, FrozenClock())

    def extraction(self, extractor: Extractor | None = None) -> Extraction:
        rules = RulesExtractor(RuleNames())
        extractors = Extractors(first=extractor or rules, fallback=rules)
        sources = Sources(
            conversation=self.conversation, extractors=lambda: extractors, reader=self.reader
        )
        return Extraction(sources, self.memories, FrozenClock(), MemorySettings())

    def ended(self, *texts: str) -> SegmentId:
        return ended(self.conversation, self.user, *texts)

    def kept(self) -> Sequence[Memory]:
        found, _ = self.memories.list(MemoryFilter(), Page())
        return sorted(found, key=lambda each: each.text)

    def rows(self, text: str) -> int:
        """How many rows of any table of the memories still hold these words."""
        tables = ("memories", "memory_revisions", "memory_links", "memory_evidence", "entities",
                  "memory_tombstones", "runs")  # fmt: skip
        with self.database.transaction() as tx:
            return sum(
                int(tx.one(
                    f"SELECT count(*) FROM {table} t WHERE t::text ILIKE %(like)s",
                    like=f"%{text}%",
                )["count"])
                for table in tables
            )  # fmt: skip


@pytest.fixture
def world(database: Postgres) -> World:
    return World(database)


def quoted(world: World, memory: Memory) -> list[str]:
    return [
        world.conversation.message(MessageId(piece.message_id)).text[piece.start : piece.end]
        for piece in memory.evidence
    ]


def test_plain_facts_come_back_with_the_words_that_they_rest_on(world: World) -> None:
    world.extraction().extract(world.ended(*SAID))
    assert {memory.text: quoted(world, memory) for memory in world.kept()} == {
        "I'm allergic to peanuts.": ["I'm allergic to peanuts"],
        "My sister Anna lives in Leeds.": ["my sister Anna lives in Leeds"],
        "I have two cats, Miso and Tofu.": ["I have two cats, Miso and Tofu"],
    }


def test_of_two_who_extract_at_once_one_keeps(world: World) -> None:
    segment_id = world.ended(*SAID)
    extraction = world.extraction(Meeting(2))
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(extraction.extract, [segment_id, segment_id]))
    assert sorted(run is None for run in runs) == [False, True]
    assert len(world.kept()) == 3
    assert list(extraction.runs_of(segment_id)) == [run for run in runs if run]


def test_the_same_said_in_two_segments_at_once_is_one_memory(world: World) -> None:
    segments = [world.ended("I'm allergic to peanuts."), world.ended("I'm allergic to peanuts")]
    extraction = world.extraction(Meeting(2))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(extraction.extract, segments))
    (kept,) = world.kept()
    assert len(kept.evidence) == 2


CRASHING = """
import os, signal, sys
from uuid import UUID
from adapters.postgres import Postgres
from config.settings import DatabaseSettings

from tests.integration.test_memories import World

world = World(Postgres(sys.argv[1], DatabaseSettings(pool_min=1)))
steps = iter(range(int(sys.argv[3])))

class Dying:
    def __init__(self, work): self.work = work
    def __getattr__(self, name):
        if next(steps, None) is None: os.kill(os.getpid(), signal.SIGKILL)
        return getattr(self.work, name)

from contextlib import contextmanager
real = world.memories.work
@contextmanager
def work():
    with real() as begun:
        yield Dying(begun)
world.memories.work = work
world.extraction().extract(UUID(sys.argv[2]))
"""


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8, 13])
def test_a_kill_in_the_middle_leaves_nothing_and_is_made_good_later(
    world: World, dsn: str, steps: int
) -> None:
    segment_id = world.ended(*SAID)
    died = subprocess.run(
        [sys.executable, "-c", CRASHING, dsn, str(segment_id), str(steps)],
        env={**os.environ, "PYTHONPATH": os.curdir},
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert (world.kept(), world.extraction().runs_of(segment_id)) == ([], [])
    assert list(world.extraction().waiting(9)) == [segment_id]
    run: RunId | None = world.extraction().extract(segment_id)
    assert list(world.extraction().runs_of(segment_id)) == [run]
    assert len(world.kept()) == 3


def test_a_deletion_leaves_no_word_behind(world: World) -> None:
    kept = world.service.add(NewMemory(text="I have a parrot called Zebedee."))
    world.service.edit(kept.id, {"text": "I have a macaw called Zebedee."})
    assert world.rows("zebedee") > 0
    receipt = world.service.delete(kept.id, dry_run=False)
    assert receipt.removed["memory_revisions"] == 2
    assert (world.rows("zebedee"), world.rows("parrot")) == (0, 0)


def test_a_deletion_reaches_the_traces_that_quote_the_memory(world: World) -> None:
    kept = world.service.add(NewMemory(text="I have a parrot called Zebedee."))
    said = message("What is my parrot called?", turn_id=TurnId(uuid4()))
    change = world.conversation.load(world.user.id).hear(said, mark())
    hits = [{"id": str(kept.id), "text": kept.text}, {"id": "other", "text": "x"}]
    record = turn_record(said, "completed", trace={"considered": hits, "shown": [str(kept.id)]})
    world.conversation.commit(change, record)
    receipt = world.service.delete(kept.id, dry_run=False)
    assert receipt.removed["turn_traces"] == 1
    assert world.conversation.turn(record.id).trace == {
        "considered": [{**hits[0], "text": "(deleted)"}, hits[1]],
        "shown": [str(kept.id)],
    }


def test_a_deletion_leaves_traces_alone_that_only_passed_the_memory_over(world: World) -> None:
    kept = world.service.add(NewMemory(text="I have a parrot called Zebedee."))
    said = message("What is for dinner?", turn_id=TurnId(uuid4()))
    passed = {"id": str(kept.id), "shown": False}
    shown = {"id": "other", "text": "x", "shown": True}
    record = turn_record(said, "completed", trace={"considered": [shown, passed]})
    change = world.conversation.load(world.user.id).hear(said, mark())
    world.conversation.commit(change, record)
    assert not world.service.delete(kept.id, dry_run=False).removed.get("turn_traces")
    assert world.conversation.turn(record.id).trace == {"considered": [shown, passed]}


def test_edits_at_once_are_revisions_one_after_the_other(world: World) -> None:
    kept = world.service.add(NewMemory(text="I have a dog."))
    texts = [f"I have {number} dogs." for number in range(2, 8)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda text: world.service.edit(kept.id, {"text": text}), texts))
    history = world.service.history(kept.id)
    assert [revision.revision for revision in history] == list(range(1, 8))
    for before, after in pairwise(history[1:]):
        assert before.after is not None
        assert after.before is not None
        assert before.after["text"] == after.before["text"]


def test_a_deletion_reaches_a_turn_that_was_stored_after_it(world: World) -> None:
    said = message("What opens the safe?")
    kept = world.service.add(NewMemory(text="The safe opens with 4711."))
    hits = [{"id": str(kept.id), "kind": "memory", "text": kept.text}]
    world.service.delete(kept.id, dry_run=False)
    record = turn_record(said, "completed", trace={"considered": hits, "shown": [str(kept.id)]})
    world.conversation.record(record)

    world.service.record_surfaced([kept.id])

    assert world.rows("4711") == 0
    trace = world.conversation.turn(record.id).trace
    assert trace is not None
    assert trace["considered"] == [{**hits[0], "text": "(deleted)"}]


def test_orders_are_followed_in_the_real_store_and_can_be_undone(world: World) -> None:
    bidding = ImmediateBidding(
        store=world.memories,
        conversation=world.conversation,
        reader=world.reader,
        clock=FrozenClock(),
        zone=ZoneInfo("Europe/Berlin"),
        thresholds=thresholds_of(MemorySettings()),
    )
    segment_id = SegmentId(uuid4())
    kinds = []
    for text in ("Remember that I'm vegan.", "Forget that I'm vegan.", "Forget that I'm vegan."):
        said = message(text, segment_id=segment_id, minutes=1, turn_id=TurnId(uuid4()))
        change = world.conversation.load(world.user.id).hear(said, mark())
        world.conversation.commit(change, turn_record(said))
        kinds += [deed.kind.value for deed in bidding.obey(said)]
    (kept,) = world.kept()
    assert (kinds[:2], kept.state) == (["remembered", "forgotten"], State.ARCHIVED)
    assert quoted(world, kept) == ["I'm vegan"]
    assert world.service.edit(kept.id, {"archived": False}).state is State.ACTIVE


def test_what_a_correction_retires_holds_until_then(world: World) -> None:
    for text in ("I take 20 mg of citalopram.", "I take 40 mg of citalopram, not 20 mg."):
        world.extraction().extract(world.ended(text))
    new, old = sorted(world.kept(), key=lambda each: each.valid_until is not None)
    assert old.text == "I take 20 mg of citalopram."
    assert old.valid_until == START
    assert [(link.kind, link.other_id) for link in new.links] == [("supersedes", old.id)]
    assert world.memories.history(old.id)[-1].change == "superseded"
