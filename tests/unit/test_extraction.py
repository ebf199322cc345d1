"""From a finished segment to memories, on stores in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from typing_extensions import override

from cns.domain.events import Event, MemoriesExtractedEvent, SegmentCollapsedEvent
from cns.domain.message import Message, Role, SegmentId, TurnId
from cns.domain.segment import Summary
from cns.errors import ContextExceeded, MiraError, ModelUnavailable, NotFound, SpendingCeiling
from cns.ports import Page, User
from config.settings import MemorySettings
from lt_memory.deduplication import Thresholds
from lt_memory.domain.memory import Candidate, Evidence, Kind, Memory, MemoryId, RunId
from lt_memory.domain.run import Run
from lt_memory.extraction import ATTEMPTS, Extraction, Sources
from lt_memory.extractors import Extractors, chosen_extractors
from lt_memory.jobs.extract import ExtractPending
from lt_memory.keeping import kept
from lt_memory.memories import MemoryService
from lt_memory.model_extraction import Asking
from lt_memory.ports import Embedded, Extracted, MemoryFilter, Near
from lt_memory.reader import Reader
from lt_memory.storing import Origin
from lt_memory.unusable import UnusableAnswer
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.llm import USAGE, Fails, FakeLLM, document
from tests.fakes.memory_store import FakeMemoryStore, FakeMemoryWork
from tests.fakes.names import FakeNames
from tests.fakes.store import FakeContinuumStore
from tests.values import START, mark, message, turn_record

SUMMARY = Summary(title="Talk", text="They talked.", complexity=1)
THRESHOLDS = Thresholds(cosine=0.92, ratio=0.95)
LOST = ModelUnavailable("The model is away.")
SPOILT = UnusableAnswer("The notes are not JSON.", usage=USAGE, cost_usd=0.25)


@dataclass(slots=True)
class ScriptedExtractor:
    """An extractor that makes every user message a fact, or fails as often as it is told to."""

    label: str = "scripted"
    failures: int = 0
    asked: int = 0
    error: MiraError = LOST
    refused: tuple[str, ...] = ()

    def extract(self, messages: Sequence[Message]) -> Extracted:
        self.asked += 1
        if self.failures:
            self.failures -= 1
            raise self.error
        candidates = tuple(
            Candidate(
                text=m.text,
                evidence=(Evidence(message_id=m.id, start=0, end=len(m.text)),),
                kind=Kind.EXPERIENCE,
            )
            for m in messages
            if m.role is Role.USER
        )
        return Extracted(candidates=candidates, refused=self.refused)


@dataclass(slots=True)
class World:
    conversation: FakeContinuumStore
    memories: FakeMemoryStore
    extractor: ScriptedExtractor
    rules: ScriptedExtractor
    embedder: FakeEmbedder
    clock: FrozenClock
    user: User
    spoken: int = field(default=0)
    told: list[Event] = field(default_factory=list)

    def extraction(self, *, off: bool = False) -> Extraction:
        extractors = Extractors(first=None if off else self.extractor, fallback=self.rules)
        reader = Reader(FakeNames(), self.embedder)
        sources = Sources(
            conversation=self.conversation, extractors=lambda: extractors, reader=reader
        )
        return Extraction(sources, self.memories, self.clock, MemorySettings())

    def job(self) -> ExtractPending:
        return ExtractPending(self.extraction(), self.user, self.told.extend)

    def collapse(self, *texts: str) -> SegmentCollapsedEvent:
        """Say these in a segment and end it."""
        segment_id = SegmentId(uuid4())
        for text in texts:
            self.spoken += 1
            said = message(
                text, segment_id=segment_id, minutes=self.spoken, turn_id=TurnId(uuid4())
            )
            change = self.conversation.load(self.user.id).hear(said, mark(self.spoken))
            self.conversation.commit(change, turn_record(said))
        change = self.conversation.load(self.user.id).collapse(SUMMARY, mark(self.spoken))
        self.conversation.close_segment(change)
        self.conversation.finish_segment(segment_id, SUMMARY, None, "fake")
        (event,) = change.events
        assert isinstance(event, SegmentCollapsedEvent)
        return event

    def kept(self) -> Sequence[Memory]:
        """Oldest first."""
        found, _ = self.memories.list(MemoryFilter(), Page())
        return sorted(found, key=lambda each: each.text)

    def run(self, run_id: RunId | None) -> Run:
        assert run_id is not None
        return self.memories.run(run_id)


@pytest.fixture
def world() -> World:
    conversation = FakeContinuumStore()
    user = conversation.only_user("Anna", "Europe/Berlin", START)
    return World(
        conversation=conversation,
        memories=FakeMemoryStore(conversation),
        extractor=ScriptedExtractor(),
        rules=ScriptedExtractor(label="rules"),
        embedder=FakeEmbedder(),
        clock=FrozenClock(),
        user=user,
    )


def test_a_segment_s_facts_are_kept_with_evidence_and_vector(world: World) -> None:
    event = world.collapse("I have a dog.")
    world.extraction().extract(event.segment.id)
    (kept,) = world.kept()
    said = world.conversation.segment_messages(event.segment.id)[0]
    assert kept.evidence == (Evidence(message_id=said.id, start=0, end=13),)
    assert (kept.text, kept.kind, kept.segment_id) == (
        "I have a dog.",
        Kind.EXPERIENCE,
        event.segment.id,
    )
    vector = world.memories.vector_of(kept.id)
    assert vector is not None
    assert vector.model == "fake"


def test_a_run_says_what_was_decided_and_never_in_words_of_a_memory(world: World) -> None:
    world.extractor.refused = ("proposal 2: it quotes nothing",)
    event = world.collapse("I have a dog.", "I have a dog.")
    run = world.run(world.extraction().extract(event.segment.id))
    (kept,) = world.kept()
    assert [decision["decision"] for decision in run.decisions] == ["stored", "repeat", "refused"]
    assert (run.job, run.state, run.model) == ("extract", "done", "scripted")
    assert run.summary == "1 stored, 1 known, 1 refused"
    assert kept.text not in str(run)


def test_a_segment_is_extracted_once(world: World) -> None:
    event = world.collapse("I have a dog.")
    extraction = world.extraction()
    first = extraction.extract(event.segment.id)
    assert extraction.extract(event.segment.id) is None
    assert extraction.runs_of(event.segment.id) == [first]
    assert (len(world.kept()), world.extractor.asked) == (1, 1)


def test_an_unknown_segment_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        world.extraction().extract(SegmentId(uuid4()))


def test_nothing_is_extracted_while_extraction_is_off(world: World) -> None:
    event = world.collapse("I have a dog.")
    extraction = world.extraction(off=True)
    assert extraction.extract(event.segment.id) is None
    assert extraction.waiting(9) == ()
    assert list(world.extraction().waiting(9)) == [event.segment.id]


def test_a_collapse_is_followed_by_what_was_extracted(world: World) -> None:
    event = world.collapse("I have a dog.")
    (extracted,) = world.extraction().on_collapsed(event)
    assert isinstance(extracted, MemoriesExtractedEvent)
    assert extracted.segment_id == event.segment.id
    assert extracted.memory_ids == tuple(m.id for m in world.kept())


def test_a_collapse_that_was_extracted_already_is_followed_by_nothing(world: World) -> None:
    event = world.collapse("I have a dog.")
    extraction = world.extraction()
    extraction.extract(event.segment.id)
    assert extraction.on_collapsed(event) == ()


def test_a_spoilt_answer_leaves_a_failed_run_and_the_segment_for_later(world: World) -> None:
    world.extractor.failures, world.extractor.error = 1, SPOILT
    event = world.collapse("I have a dog.")
    extraction = world.extraction()
    assert extraction.on_collapsed(event) == ()
    (failed,) = world.memories.runs_of(event.segment.id, "failed")
    run = world.run(failed)
    assert (run.summary, run.usage, run.cost_usd) == (SPOILT.detail, USAGE, 0.25)
    assert list(extraction.waiting(9)) == [event.segment.id]


@pytest.mark.parametrize(
    "error",
    [
        SPOILT,
        ContextExceeded("The chapter is too long."),
        ModelUnavailable("It was refused as malformed.", code="llm_bad_request"),
        ModelUnavailable("It had not ended in time.", code="llm_too_long"),
    ],
    ids=lambda error: error.code,
)
def test_after_three_answers_of_no_use_the_rules_take_over(
    world: World, error: ModelUnavailable
) -> None:
    world.extractor.failures, world.extractor.error = 99, error
    event = world.collapse("I have a dog.")
    extraction = world.extraction()
    for _ in range(ATTEMPTS):
        with pytest.raises(ModelUnavailable):
            extraction.extract(event.segment.id)
    run = world.run(extraction.extract(event.segment.id))
    assert (run.model, len(world.kept())) == ("rules", 1)


@pytest.mark.parametrize(
    "code", ["llm_unreachable", "llm_rate_limited", "llm_refused_key", "llm_overloaded"]
)
def test_a_model_that_cannot_be_asked_is_waited_for_and_never_counted(
    world: World, code: str
) -> None:
    world.extractor.error = ModelUnavailable("The model is away.", code=code)
    world.extractor.failures = 3 * ATTEMPTS
    event = world.collapse("I have a dog.")
    for _ in range(3 * ATTEMPTS):
        assert world.job().run()["runs"] == []
    assert world.memories.runs_of(event.segment.id, "failed") == []
    assert len(world.job().run()["runs"]) == 1  # type: ignore[arg-type]  # a list of ids
    assert (len(world.kept()), world.rules.asked) == (1, 0)


def test_a_lost_embedder_costs_the_vector_and_not_the_memory(world: World) -> None:
    world.embedder.lost = True
    event = world.collapse("I have a dog.")
    world.extraction().extract(event.segment.id)
    (kept,) = world.kept()
    assert world.memories.vector_of(kept.id) is None


def test_a_repeat_adds_its_evidence_to_what_is_known(world: World) -> None:
    extraction = world.extraction()
    for text in ("I have a dog.", "i have a DOG"):
        extraction.extract(world.collapse(text).segment.id)
    (kept,) = world.kept()
    assert (len(kept.evidence), kept.revision) == (2, 2)
    assert [r.change for r in world.memories.history(kept.id)] == ["created", "said again"]


def test_a_repeat_is_seen_without_vectors_too(world: World) -> None:
    world.embedder.lost = True
    extraction = world.extraction()
    for text in ("I'm allergic to peanuts.", "I'm allergic to peanuts"):
        extraction.extract(world.collapse(text).segment.id)
    assert len(world.kept()) == 1


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("I take 20 mg of citalopram.", "I take 40 mg of citalopram.", "conflicts"),
        ("I take 20 mg of citalopram.", "I take 40 mg of citalopram now.", "supersedes"),
        ("I'm allergic to peanuts.", "I'm not allergic to peanuts.", "conflicts"),
    ],
)
def test_one_fact_apart_is_kept_and_linked(world: World, old: str, new: str, kind: str) -> None:
    extraction = world.extraction()
    for text in (old, new):
        extraction.extract(world.collapse(text).segment.id)
    kept = {memory.text: memory for memory in world.kept()}
    assert [(link.kind, link.direction, link.other_text) for link in kept[new].links] == [
        (kind, "out", old)
    ]


def delete_all(world: World) -> None:
    service = MemoryService(world.memories, Reader(FakeNames(), world.embedder), world.clock)
    for each in world.kept():
        service.delete(each.id, dry_run=False)


def test_what_was_deleted_does_not_come_back_from_what_was_said_before(world: World) -> None:
    extraction = world.extraction()
    first, second = world.collapse("I have a dog."), world.collapse("i have a dog")
    extraction.extract(first.segment.id)
    world.clock.move(timedelta(hours=1))
    delete_all(world)
    run = world.run(extraction.extract(second.segment.id))
    assert (list(run.decisions), world.kept()) == ([{"decision": "deleted_before"}], [])


def test_what_is_said_anew_after_its_deletion_is_learnt_anew(world: World) -> None:
    extraction = world.extraction()
    extraction.extract(world.collapse("I have a dog.").segment.id)
    delete_all(world)
    extraction.extract(world.collapse("i have a dog").segment.id)
    assert [each.text for each in world.kept()] == ["i have a dog"]


class Haunted(FakeMemoryWork):
    """Still sees a memory near that someone has deleted in the meantime."""

    @override
    def near(
        self, text: str, vector: Embedded | None, limit: int, *, put_away: bool = False
    ) -> Sequence[Near]:
        return [Near(id=MemoryId(uuid4()), text=text, cosine=1.0)]


def test_what_repeats_a_memory_that_has_just_gone_is_news(world: World) -> None:
    event = world.collapse("I have a dog.")
    said = world.conversation.segment_messages(event.segment.id)
    origin = Origin(run_id=RunId(uuid4()), segment_id=event.segment.id, at=START)
    (candidate,) = ScriptedExtractor().extract(said).candidates
    with world.memories.work() as work:
        assert isinstance(work, FakeMemoryWork)
        haunted = Haunted(work.tables, world.conversation)
        (decision,) = kept(haunted, origin, THRESHOLDS, [(candidate, None)])
    assert decision["decision"] == "stored"


def test_the_same_evidence_again_is_no_revision(world: World) -> None:
    event = world.collapse("I have a dog.")
    said = world.conversation.segment_messages(event.segment.id)
    origin = Origin(run_id=RunId(uuid4()), segment_id=event.segment.id, at=START)
    (candidate,) = ScriptedExtractor().extract(said).candidates
    with world.memories.work() as work:
        first, second = kept(work, origin, THRESHOLDS, [(candidate, None), (candidate, None)])
    assert (first["decision"], second["decision"]) == ("stored", "repeat")
    assert [memory.revision for memory in world.kept()] == [1]


def test_the_job_finishes_what_was_left(world: World) -> None:
    segments = [world.collapse(f"I have {n} dogs.").segment.id for n in (2, 3)]
    job = world.job()
    outcome = job.run()
    runs = outcome["runs"]
    assert isinstance(runs, list)
    assert [world.run(RunId(UUID(r))).inputs["segment_id"] for r in runs] == [
        str(segment) for segment in segments
    ]
    assert (job.name, job.interval.total_seconds()) == ("extract", 600)


def test_what_the_job_extracts_is_told_as_after_a_collapse(world: World) -> None:
    world.extractor.failures = 1
    event = world.collapse("I have a dog.")
    assert world.extraction().on_collapsed(event) == ()
    outcome = world.job().run()
    (told,) = world.told
    assert isinstance(told, MemoriesExtractedEvent)
    assert (told.segment_id, outcome) == (event.segment.id, {"runs": [str(told.run_id)]})
    assert (told.continuum_id, told.user_id) == (event.continuum_id, event.user_id)
    assert told.memory_ids == tuple(m.id for m in world.kept())


def test_what_another_has_extracted_meanwhile_the_job_does_not_tell(world: World) -> None:
    event = world.collapse("I have a dog.")
    extraction = world.extraction()
    extraction.extract(event.segment.id)
    assert extraction.late(event.segment.id, world.user.id) is None


def test_the_job_waits_for_its_next_round_when_the_model_is_lost(world: World) -> None:
    world.extractor.failures = 1
    for n in (2, 3):
        world.collapse(f"I have {n} dogs.")
    told = world.job().run()
    assert told == {"runs": [], "put_off": LOST.detail, "chapters_without_facts": 2}
    assert world.extractor.asked == 1


@pytest.mark.parametrize(
    ("setting", "capable", "label"),
    [
        ("auto", True, "fake-model"),
        ("auto", False, "rules"),
        ("immediate", False, "fake-model"),
        ("rules", True, "rules"),
        ("off", True, None),
    ],
)
def test_who_extracts_is_a_matter_of_setting_and_model(
    setting: str, capable: bool, label: str | None
) -> None:
    settings = MemorySettings.model_validate({"extraction": setting})
    chosen = chosen_extractors(
        settings, FakeLLM(capable=capable), Asking(prompt="prompt"), FakeNames()
    )
    assert chosen.first is None or chosen.first.label == label
    assert chosen.fallback.label.endswith("rules")


def test_a_model_s_proposals_become_memories(world: World) -> None:
    proposal = {
        "text": "I have a dog.",
        "kind": "fact",
        "confidence": 90,
        "evidence": [{"message": 1, "quote": "have a dog"}],
        "happens_at": None,
        "expires_at": None,
    }
    llm = FakeLLM([Fails(LOST), document({"memories": [proposal]})])
    extractors = chosen_extractors(MemorySettings(), llm, Asking(prompt="prompt"), FakeNames())
    reader = Reader(FakeNames(), world.embedder)
    sources = Sources(conversation=world.conversation, extractors=lambda: extractors, reader=reader)
    extraction = Extraction(sources, world.memories, world.clock, MemorySettings())
    event = world.collapse("Well, I have a dog.")
    with pytest.raises(ModelUnavailable):
        extraction.extract(event.segment.id)
    run = world.run(extraction.extract(event.segment.id))
    (kept,) = world.kept()
    assert (kept.evidence[0].start, kept.evidence[0].end) == (8, 18)
    assert (run.model, run.usage.input_tokens) == ("fake-model", 20)


def test_a_day_s_ceiling_is_no_failure_and_brings_no_rules_on(world: World) -> None:
    event = world.collapse("I have a dog.")
    world.extractor.error = SpendingCeiling("Background work rests until tomorrow.")
    world.extractor.failures = ATTEMPTS + 2
    job = world.job()
    for _ in range(ATTEMPTS + 1):
        assert job.run()["put_off"] == "Background work rests until tomorrow."
    assert tuple(world.extraction().on_collapsed(event)) == ()
    assert world.memories.runs_of(event.segment.id, "failed") == []
    assert len(job.run()["runs"]) == 1  # type: ignore[arg-type]  # a list of ids
    assert (world.extractor.asked, world.rules.asked) == (ATTEMPTS + 3, 0)
