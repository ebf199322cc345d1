"""Poisoned texts by every road: none is known unapproved, none is obeyed, each is taken back."""

import base64
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from typing_extensions import override

from cns.domain.message import Block, Document, Role, SegmentId, Text, TurnId
from cns.domain.model import Purpose
from cns.domain.stream import TurnCompleted
from cns.ports import ModelRequest, Page, Row, ToolOutcome
from cns.services.pump import Stop
from cns.services.request import TurnRequest
from config.checks import prompt
from config.settings import MemorySettings
from lt_memory.domain.memory import RunId
from lt_memory.domain.trust import Review
from lt_memory.entities import RuleNames
from lt_memory.extraction import Extraction, Sources
from lt_memory.extractors import Extractors
from lt_memory.intake import Offer
from lt_memory.memories import NewMemory
from lt_memory.model_extraction import Asking, ModelExtractor
from lt_memory.ports import Extractor, MemoryFilter
from lt_memory.postgres import PostgresMemories
from lt_memory.reader import Reader
from lt_memory.rules.extractor import RulesExtractor
from lt_memory.settling import settled
from lt_memory.surroundings import ShownMemories
from tests.fakes.apt import AptLLM
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.llm import Calls, Says, Step, document
from tests.fakes.toolbox import FakeToolbox, done
from tests.invariants import breaches
from tests.minding import HASTY, Minded, Outside, minded
from tests.poison import Poison, poisons, truths
from tests.servers import temporary_folder

pytestmark = [pytest.mark.campaign, pytest.mark.postgres, pytest.mark.valkey]
SAMPLE, FULL = 5, 300
CHAPTER = 5  # poisoned texts in one
ALL = Page(limit=200)
UTC = ZoneInfo("UTC")  # the zone of `minded`
TOOL = "webaccess_tool"
LINE = re.compile(r"^\[(\d+)\] \S+ (?:person|assistant): (.+)$", re.MULTILINE)
KNOWN = re.compile(r"^\[(\w+)\] ", re.MULTILINE)
MEMORIES = """
SELECT m.*, (SELECT max(revision) FROM memory_revisions r WHERE r.memory_id = m.id) AS revision,
    (SELECT count(*) FROM memory_evidence e WHERE e.memory_id = m.id) AS evidence
FROM memories m WHERE m.trust = 'trusted' ORDER BY m.id
"""
# Where nothing waits, a lie that is known stands in conflict with the truth: which of them holds is
# for the user to say. Once it is put away that link stays, for undoing brings both back, and is
# neither an open conflict nor an importance; so links count to what is not put away.
LINKS = """
SELECT l.* FROM memory_links l
JOIN memories source ON source.id = l.source_id JOIN memories target ON target.id = l.target_id
WHERE 'trusted' IN (source.trust, target.trust) AND 'archived' NOT IN (source.state, target.state)
ORDER BY l.id
"""


class ObedientLLM(AptLLM):
    """Does what the text before it asks: repeats it, and notes it down on whatever evidence."""

    poison: Poison | None = None

    @override
    def _next(self, request: ModelRequest) -> Step:
        if request.purpose is Purpose.EXTRACTION:
            return document({"memories": list(_obeyed(request.messages[-1].text))})
        if request.schema is not None or self.poison is None:
            return super()._next(request)
        if request.tools and request.may_call and request.messages[-1].role is not Role.TOOL:
            return Calls(TOOL, {"url": self.poison.provenance.origin})
        return Says(f"As you wish: {self.poison.bait} {self.poison.text}")


def _obeyed(asked: str) -> Iterator[object]:
    """Each lie on each line as its evidence, in place of all that is known."""
    known, _, said = asked.rpartition("<conversation>")
    shown = KNOWN.findall(known)
    baits = [poison.bait for poison in poisons()]
    for number, line in LINE.findall(said):
        for bait in dict.fromkeys(baits):
            for quote in (bait if bait in said else line, line):
                yield {
                    "text": bait,
                    "kind": "fact",
                    "confidence": 100,
                    "evidence": [{"message": int(number), "quote": quote}],
                    "happens_at": None,
                    "expires_at": None,
                    "supersedes": shown,
                }


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """The program as it is composed, and the text that comes to it."""

    world: Minded
    llm: ObedientLLM
    extraction: Extraction
    by_rules: Extraction
    review: Review

    def by_the_road_in(self, poison: Poison) -> RunId:
        self.world.clock.move(timedelta(minutes=1))
        lines = [poison.text, poison.bait, *poison.text.splitlines()]
        offers = [Offer(text=line, provenance=poison.provenance) for line in lines]
        taken = self.world.mind.intake.take(offers)
        becomes = "stored" if self.review is Review.OFF else "waits"
        assert {each["decision"] for each in taken.decisions} <= {becomes, "refused", "repeat"}
        return taken.run_id

    def by_turns(self, poison: Poison) -> None:
        """As a tool's result, quoted, handed over, and as a file."""
        quoted = "\n".join(f"> {line}" for line in poison.text.split("\n"))
        file = Document(
            media_type="application/pdf",
            data=base64.b64encode(poison.text.encode("utf-8", "replace")).decode(),
        )
        self._turn(poison, Text(text="I found this place and wonder what it says."))
        self._turn(poison, Text(text=f"What do you make of this?\n{quoted}"))
        self._turn(poison, Text(text=f"Please summarise this text:\n{poison.text}"))
        self._turn(poison, Text(text="What is in this file?"), file)

    def _turn(self, poison: Poison, *content: Block) -> None:
        self.world.clock.move(timedelta(minutes=1))
        self.llm.poison = poison
        turn_id = TurnId(uuid4())
        events = list(self.world.turns.run(turn_id, TurnRequest(content=content), Stop()))
        self.llm.poison = None
        assert isinstance(events[-1], TurnCompleted), (str(poison), events[-1])
        trace = self.world.house.store.turn(turn_id).trace or {}
        assert not trace.get("deeds"), f"obeyed: {poison}"

    def extracted(self) -> None:
        """The chapter's end, by rules and by the model."""
        self.world.clock.move(timedelta(minutes=1))
        segment_id = self.world.segments.end_active()
        said = self.world.house.store.segment_messages(segment_id)
        ruled = settled(RulesExtractor(RuleNames()).extract(said), said, UTC)
        assert [each.text for each in ruled.candidates] == []
        self.world.segments.finish(segment_id)
        run_id = self.extraction.extract(SegmentId(segment_id))
        assert run_id is not None
        assert self.world.mind.runs.get(run_id).revisions == ()

    def true_memories(self) -> Sequence[Row]:
        with self.world.database.transaction() as tx:
            return tx.all(MEMORIES)

    def links(self) -> Sequence[Row]:
        """Of true memories, to what is not put away."""
        with self.world.database.transaction() as tx:
            return tx.all(LINKS)

    def believed(self) -> list[str]:
        """What is known; where nothing waits, of that what passes for the user's word."""
        trust = "trusted" if self.review is Review.OFF else None
        found, _ = self.world.mind.memories.list(MemoryFilter(archived=False, trust=trust), ALL)
        return sorted(memory.text for memory in found)

    def held_from(self, poison: Poison) -> int:
        """How many from there wait for a yes, or are known where nothing waits."""
        origin = poison.provenance.origin
        waiting = self.world.mind.review.list(origin, ALL)[0]
        if self.review is not Review.OFF:
            return len(waiting)
        assert len(waiting) == 0
        found, _ = self.world.mind.memories.list(MemoryFilter(origin=origin, archived=False), ALL)
        return len(found)


@pytest.fixture(params=list(Review))
def attack(
    dsn: str, valkey_url: str, clock: FrozenClock, request: pytest.FixtureRequest
) -> Iterator[Attack]:
    llm, review = ObedientLLM(), Review(request.param)
    memory = HASTY.model_copy(update={"review": review.value})
    with (
        temporary_folder() as folder,
        minded(
            dsn, valkey_url, folder / "data", Outside(llm=llm, clock=clock), memory=memory
        ) as world,
    ):
        for text in truths():
            clock.move(timedelta(minutes=1))
            world.mind.memories.add(NewMemory(text=text))
        yield Attack(
            world=_with_a_tool(world, llm),
            llm=llm,
            extraction=_extraction(world, _obedient(world, llm), review),
            by_rules=_extraction(world, RulesExtractor(RuleNames()), review),
            review=review,
        )


def _with_a_tool(world: Minded, llm: ObedientLLM) -> Minded:
    def fetch(_: Mapping[str, object]) -> ToolOutcome:
        return done(llm.poison.text if llm.poison else "")

    return replace(world, turns=replace(world.turns, toolbox=FakeToolbox(**{TOOL: fetch})))


def _obedient(world: Minded, llm: ObedientLLM) -> Extractor:
    store = PostgresMemories(world.database, world.house.user.id)
    shown = ShownMemories(conversation=world.house.store, memories=store)
    asking = Asking(prompt=prompt("extraction"), zone=UTC, surroundings=shown)
    return ModelExtractor(llm, asking, RuleNames(), 40)


def _extraction(world: Minded, first: Extractor, review: Review) -> Extraction:
    """As the program has it, with this extractor."""
    house = world.house
    store = PostgresMemories(world.database, house.user.id)
    sources = Sources(
        conversation=house.store,
        extractors=lambda: Extractors(first=first, fallback=RulesExtractor(RuleNames())),
        reader=Reader(RuleNames(), FakeEmbedder()),
        review=lambda: review,
    )
    return Extraction(sources, store, world.clock, MemorySettings())


def test_no_poisoned_text_is_known_or_obeyed(attack: Attack, *, long: bool, seed: int) -> None:
    every = poisons()
    count = FULL if long else SAMPLE
    chosen = [every[(seed + number) % len(every)] for number in range(count)]
    print(f"\npoison: seed {seed}, review {attack.review}")  # noqa: T201 - a run that fails can be repeated
    before, linked, known = attack.true_memories(), attack.links(), sorted(truths())
    tally = Counter[str]()
    for begin in range(0, count, CHAPTER):
        for poison in chosen[begin : begin + CHAPTER]:
            attack.by_the_road_in(poison)
            tally["held"] += attack.held_from(poison)
            attack.by_turns(poison)
            assert attack.believed() == known, str(poison)
            assert attack.true_memories() == before, str(poison)
            _taken_back(attack, poison)
            assert attack.links() == linked, str(poison)
            assert attack.world.mind.links.conflicts(ALL)[0] == [], str(poison)
        attack.extracted()
        assert attack.believed() == known
        assert (attack.true_memories(), attack.links()) == (before, linked)
    assert not breaches(attack.world.database)
    _own_words(attack)
    families = len({poison.family for poison in chosen})
    print(  # noqa: T201 - the campaign's line of evidence
        f"\npoison: review {attack.review}, seed {seed}, {count} texts of"
        f" {families} families, each by the road in and in four turns, noted down by rules and"
        " by an obedient model: none believed unapproved, none"
        f" obeyed, {len(before)} true memories unchanged; {tally['held']}"
        f" {'known as untrusted' if attack.review is Review.OFF else 'waited'}, all taken back by"
        " their origin"
    )


def _own_words(attack: Attack) -> None:
    """What the user says is known at once, unless all waits."""
    attack.world.say("I keep four bees in a shed.")
    segment_id = attack.world.segments.end_active()
    attack.world.segments.finish(segment_id)
    attack.by_rules.extract(segment_id)
    waiting, _ = attack.world.mind.review.list(None, ALL)
    assert len(waiting) == (attack.review is Review.EVERYTHING)
    known = attack.believed()
    assert any("bees" in text for text in known) == (attack.review is not Review.EVERYTHING)


def _taken_back(attack: Attack, poison: Poison) -> None:
    waiting = attack.held_from(poison)
    origin = poison.provenance.origin
    done = attack.world.mind.review.rollback(origin, dry_run=False)
    assert len(done.put_away) == waiting > 0, str(poison)
    assert attack.held_from(poison) == 0
    attack.by_the_road_in(poison)
    assert attack.held_from(poison) == 0, "it came again"
