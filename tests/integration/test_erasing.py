"""Erasing what was said, on a real PostgreSQL: no word is left, and what is left is sound."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from adapters.postgres import Postgres
from cns.domain.branches import START
from cns.domain.message import Message, MessageId, Role, Text, TurnId
from cns.domain.touchstone import Touchstone
from cns.errors import Conflict, NotFound
from cns.ports import Page
from cns.postgres import PostgresContinuumStore
from cns.services.request import TurnRequest
from cns.services.summary import ExtractiveSummary
from config.settings import MemorySettings
from lt_memory.deduplication import thresholds_of
from lt_memory.domain.knowledge import Block
from lt_memory.domain.linking import LinkAlias, LinkKind
from lt_memory.domain.memory import Actor, Candidate, Evidence, Memory, MemoryId, RunId, State
from lt_memory.domain.revision import changed
from lt_memory.domain.run import Run
from lt_memory.erasing import Erased, ErasingService
from lt_memory.forgetting import Touched
from lt_memory.keeping import kept
from lt_memory.knowledge import NewBlock
from lt_memory.knowledge_postgres import PostgresKnowledge
from lt_memory.linking import LinkService
from lt_memory.linking_postgres import PostgresLinks
from lt_memory.memories import MemoryService
from lt_memory.ports import Birth, NewLink, Rewrite
from lt_memory.postgres import PostgresMemories
from lt_memory.reader import Reader
from lt_memory.reshaping import ReshapingService
from lt_memory.runs_postgres import PostgresRuns
from lt_memory.storing import Origin
from tests.conversing import Conversation, completed
from tests.erased import Everywhere
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.llm import Calls, FakeLLM, Says
from tests.fakes.names import FakeNames
from tests.fakes.toolbox import FakeToolbox, done
from tests.invariants import breaches
from tests.values import at

pytestmark = pytest.mark.postgres
SAMPLE, FULL = 40, 3000


class World:
    """A real conversation, its memories, and the hand that erases."""

    def __init__(self, database: Postgres) -> None:
        self.database = database
        self.everywhere = Everywhere(database)
        self.found = "found"
        self.store = PostgresContinuumStore(database)
        self.talk = Conversation(
            llm=FakeLLM(),
            store=self.store,  # type: ignore[arg-type]  # the real one
            toolbox=FakeToolbox(look=lambda _: replace(done(self.found), summary="found")),
        )
        user, clock = self.talk.user, self.talk.clock
        self.memories = PostgresMemories(database, user.id)
        reader = Reader(FakeNames(), FakeEmbedder())
        self.service = MemoryService(self.memories, reader, clock)
        self.reshaping = ReshapingService(self.memories, reader, clock)
        self.runs = PostgresRuns(database)
        self.erasing = ErasingService(
            store=self.memories,
            conversation=self.store,
            summariser=ExtractiveSummary(),
            gate=self.talk.gate,
            bus=self.talk.bus,
            clock=clock,
            user=user,
        )

    def say(self, text: str, answer: str = "I see.", below: MessageId | None = None) -> Message:
        """One exchange; the user's message."""
        self.talk.llm.will(Says(answer))
        request = TurnRequest(content=(Text(text=text),), parent_id=below)
        told = completed(self.talk.turn(request))
        parent_id = self.store.message(told.assistant_message_id).parent_id
        assert parent_id is not None
        return self.store.message(parent_id)

    def end(self) -> None:
        self.talk.segments.finish(self.talk.segments.end_active())

    def erase(self, message: Message, *, dry_run: bool = False) -> Erased:
        return self.erasing.erase(message.id, dry_run=dry_run)

    def said(self, *, off_path: bool = True) -> list[Message]:
        """All of it, oldest first."""
        found: list[Message] = []
        cursor: str | None = None
        while True:
            page, cursor = self.store.messages(Page(limit=200, cursor=cursor), off_path=off_path)
            found += page
            if cursor is None:
                return found[::-1]


@pytest.fixture
def world(database: Postgres) -> Iterator[World]:
    world = World(database)
    yield world
    assert not breaches(database)


def texts(messages: Sequence[Message]) -> list[str]:
    return [message.text for message in messages]


# --- the conversation ---------------------------------------------------------


def test_an_exchange_goes_with_every_answer(world: World) -> None:
    world.say("Q1")
    gone = world.say("Q2", "A2")
    world.talk.llm.will(Says("A2, better"))
    world.talk.turn(TurnRequest(parent_id=gone.id))
    world.say("Q3")

    erased = world.erase(gone)

    assert (erased.removed["messages"], erased.removed["turns"]) == (3, 2)
    assert texts(world.said()) == ["Q1", "I see.", "Q3", "I see."]


def test_an_answer_names_its_exchange(world: World) -> None:
    world.say("Q1")
    both = tuple(each.id for each in world.said())
    assert world.erase(world.said()[-1]).message_ids == both
    assert world.said() == []


def test_tools_and_what_they_found_go_too(world: World) -> None:
    world.talk.llm.will(Calls("look", {"for": "keys"}), Says("There."))
    world.talk.say("Where are my keys?")
    erased = world.erase(world.said()[0])
    assert erased.removed["messages"] == 4
    assert world.said() == []


def test_what_followed_follows_what_was_before(world: World) -> None:
    world.say("Q1")
    gone = world.say("Q2")
    world.say("Q3")
    world.erase(gone)
    first, third = (each for each in world.said() if each.role is Role.USER)
    assert third.parent_id == world.said()[1].id
    assert first.parent_id is None


def test_the_conversation_goes_on_after_its_last_exchange_went(world: World) -> None:
    world.say("Q1")
    world.erase(world.say("Q2"))
    world.say("Q3")
    assert texts(world.said()) == ["Q1", "I see.", "Q3", "I see."]


def test_the_conversation_begins_anew_after_its_only_exchange_went(world: World) -> None:
    erased = world.erase(world.say("Q1"))
    assert erased.removed["segments"] == 1
    assert world.store.load(world.talk.user.id).segment is None
    world.say("Q2")
    assert texts(world.said()) == ["Q2", "I see."]


def test_another_version_of_the_message_is_the_conversation_when_nothing_else_is(
    world: World,
) -> None:
    world.say("Q1")
    gone = world.say("Q1, better", below=START)
    world.erase(gone)
    assert texts(world.said(off_path=False)) == ["Q1", "I see."]
    world.end()


def test_a_chapter_is_summed_up_from_what_is_left(world: World) -> None:
    gone = world.say("My parrot is called Zebedee.")
    world.say("The tomatoes grow well in the garden.")
    world.end()
    world.erase(gone)
    (segment,), _ = world.store.segments(Page())
    assert segment.summary == "The tomatoes grow well in the garden."
    assert segment.message_count == 2
    assert list(world.store.unfinished_segments()) == [segment.id]


def test_a_chapter_without_a_word_left_goes_too(world: World) -> None:
    gone = world.say("My parrot is called Zebedee.")
    world.end()
    removed = world.erase(gone).removed
    assert (removed["segments"], removed["summaries"]) == (1, 1)
    assert world.store.segments(Page()) == ([], None)


def test_a_preview_counts_the_same_and_changes_nothing(world: World) -> None:
    gone = world.say("My parrot is called Zebedee.")
    world.say("The tomatoes grow well in the garden.")
    remember(world, "The user has a parrot.", gone)
    world.end()
    before = world.everywhere.rows("zebedee")
    preview = world.erase(gone, dry_run=True)
    assert world.everywhere.rows("zebedee") == before
    assert preview.dry_run
    assert world.erase(gone).removed == preview.removed
    assert "MessagesErased" in world.talk.told_names()


def test_an_unknown_message_is_not_found(world: World) -> None:
    with pytest.raises(NotFound, match="There is no message"):
        world.erasing.erase(MessageId(uuid4()), dry_run=False)


def test_nothing_is_erased_under_a_running_turn(world: World) -> None:
    gone = world.say("Q1")
    with world.talk.gate.turn(TurnId(uuid4())), pytest.raises(Conflict):
        world.erase(gone)
    assert len(world.said()) == 2


# --- the memories -------------------------------------------------------------


def remember(
    world: World, text: str, *said: Message, run_id: RunId | None = None, together: bool = True
) -> MemoryId:
    """A memory that rests on these messages: on all of them, or on each by itself."""
    memory = Memory(
        id=MemoryId(uuid4()),
        text=text,
        created_at=at(0),
        updated_at=at(0),
        segment_id=said[0].segment_id,
        evidence=tuple(whole(each) for each in (said if together else said[:1])),
    )
    with world.memories.work() as work:
        if run_id is not None:
            work.record(a_run(run_id))
        work.add(Birth(memory=memory, actor=Actor.EXTRACTION, run_id=run_id))
        for each in () if together else said[1:]:
            old = work.memory(memory.id)
            new = replace(old, evidence=(*old.evidence, whole(each)))
            revision = changed(old, new, Actor.EXTRACTION, "said again")
            assert revision is not None
            work.support(memory.id, [whole(each)])
            work.rewrite(Rewrite(memory=new, revision=revision))
    return memory.id


def whole(message: Message) -> Evidence:
    return Evidence(message_id=message.id, start=0, end=len(message.text))


def a_run(run_id: RunId) -> Run:
    return Run(
        id=run_id,
        job="extract",
        state="done",
        summary="",
        started_at=at(0),
        finished_at=at(0),
        model="rules",
        inputs={},
    )


def is_there(world: World, memory_id: MemoryId) -> bool:
    try:
        return world.memories.get(memory_id) is not None
    except NotFound:
        return False


def test_a_memory_of_these_words_alone_goes(world: World) -> None:
    gone, other = world.say("My parrot is called Zebedee."), world.say("I grow tomatoes.")
    bird, garden = remember(world, "A parrot.", gone), remember(world, "Tomatoes.", other)
    removed = world.erase(gone).removed
    assert (is_there(world, bird), is_there(world, garden)) == (False, True)
    assert (removed["memories"], removed["memory_evidence"]) == (1, 1)
    with world.memories.work() as work:
        assert work.buried("A parrot.")


def test_a_memory_that_was_said_again_elsewhere_stays_and_rests_there(world: World) -> None:
    gone, again = world.say("My parrot is Zebedee."), world.say("Zebedee is my parrot.")
    bird = remember(world, "A parrot.", gone, again, together=False)
    world.erase(gone)
    assert [e.message_id for e in world.memories.get(bird).evidence] == [again.id]
    world.erase(again)
    assert not is_there(world, bird)


def test_a_memory_that_needed_both_messages_goes_with_either(world: World) -> None:
    one, other = world.say("The train on Thursday."), world.say("No, on Tuesday.")
    train = remember(world, "The train is on Tuesday.", one, other)
    world.erase(other)
    assert not is_there(world, train)


def test_a_merge_goes_with_one_of_its_sources_and_the_other_is_there_again(world: World) -> None:
    gone, other = world.say("My parrot is called Zebedee."), world.say("I grow tomatoes.")
    bird = remember(world, "A parrot called Zebedee.", gone)
    garden = remember(world, "Tomatoes.", other)
    (merged,) = world.reshaping.merge([bird, garden], "Zebedee, and tomatoes.").memories
    world.erase(gone)
    assert not is_there(world, merged.id)
    assert world.memories.get(garden).state is State.ACTIVE
    assert world.everywhere.rows("zebedee") == {}


def test_a_merge_of_what_was_said_elsewhere_too_stays(world: World) -> None:
    gone, again = world.say("My parrot is Zebedee."), world.say("Zebedee is my parrot.")
    other = world.say("I grow tomatoes.")
    bird = remember(world, "A parrot.", gone, again, together=False)
    garden = remember(world, "Tomatoes.", other)
    (merged,) = world.reshaping.merge([bird, garden], "A parrot, and tomatoes.").memories
    world.erase(gone)
    assert {e.message_id for e in world.memories.get(merged.id).evidence} == {again.id, other.id}


def test_a_memory_whose_place_was_taken_holds_again(world: World) -> None:
    first, gone = world.say("I live in Leeds."), world.say("We moved to York.")
    old, new = remember(world, "Lives in Leeds.", first), remember(world, "Lives in York.", gone)
    with world.memories.work() as work:
        was = work.memory(old)
        ended = replace(was, valid_until=at(1))
        revision = changed(was, ended, Actor.EXTRACTION, "superseded")
        assert revision is not None
        work.rewrite(Rewrite(memory=ended, revision=revision))
        work.link(NewLink(
            id=uuid4(), source_id=new, target_id=old, kind="supersedes", reason="", at=at(1)
        ))  # fmt: skip
    world.erase(gone)
    assert world.memories.get(old).valid_until is None


def test_a_run_can_be_undone_and_done_again_after_its_evidence_went(world: World) -> None:
    gone, again = world.say("My parrot is Zebedee."), world.say("Zebedee is my parrot.")
    run_id = RunId(uuid4())
    bird = remember(world, "A parrot.", gone, again, run_id=run_id, together=False)
    world.erase(gone)
    world.runs.undo(run_id, at(9))
    world.runs.redo(run_id, at(10))
    assert [e.message_id for e in world.memories.get(bird).evidence] == [again.id]


def test_an_undone_memory_is_erased_from_the_journal_too(world: World) -> None:
    gone = world.say("My bird sings.")
    run_id = RunId(uuid4())
    remember(world, "The bird is called Zebedee.", gone, run_id=run_id)
    world.runs.undo(run_id, at(9))
    assert world.everywhere.rows("zebedee")
    world.erase(gone)
    assert world.everywhere.rows("zebedee") == {}
    world.runs.redo(run_id, at(10))
    assert world.everywhere.rows("zebedee") == {}


def test_a_run_can_be_done_again_after_its_chapter_went(world: World) -> None:
    gone = world.say("My parrot is Zebedee.")
    world.end()
    again = world.say("Zebedee is my parrot.")
    run_id = RunId(uuid4())
    bird = remember(world, "A parrot.", gone, again, run_id=run_id, together=False)
    world.erase(gone)
    assert world.memories.get(bird).segment_id is None
    world.runs.undo(run_id, at(9))
    world.runs.redo(run_id, at(10))
    assert is_there(world, bird)


def test_what_was_drawn_from_words_that_were_erased_meanwhile_is_not_kept(world: World) -> None:
    gone, other = world.say("My parrot is called Zebedee."), world.say("I grow tomatoes.")
    bird = Candidate(text="A parrot.", evidence=(whole(gone),))
    garden = Candidate(text="Tomatoes.", evidence=(whole(other),))
    world.erase(gone)
    origin = Origin(run_id=None, segment_id=other.segment_id, at=at(9))
    with world.memories.work() as work:
        decisions = kept(
            work, origin, thresholds_of(MemorySettings()), [(bird, None), (garden, None)]
        )
    assert [each["decision"] for each in decisions] == ["refused", "stored"]


def effects(memories: Sequence[Touched]) -> dict[MemoryId, tuple[str, str | None]]:
    return {each.id: (each.effect.value, each.text) for each in memories}


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_erasure_names_every_memory_that_it_touches(world: World, *, dry_run: bool) -> None:
    gone, again = world.say("My parrot is Zebedee."), world.say("Zebedee is my parrot.")
    other = world.say("I grow tomatoes.")
    name = remember(world, "It is called Zebedee.", gone)
    bird = remember(world, "A parrot.", gone, again, together=False)
    garden = remember(world, "Tomatoes.", other)
    (merged,) = world.reshaping.merge([name, garden], "Zebedee, and tomatoes.").memories
    old = remember(world, "No pets.", other)
    links = LinkService(world.memories, PostgresLinks(world.database), world.talk.clock)
    links.link(merged.id, old, LinkKind.SUPERSEDES)

    told = effects(world.erase(gone, dry_run=dry_run).memories)

    def words(text: str) -> str | None:
        return text if dry_run else None

    assert told == {
        name: ("erased", words("It is called Zebedee.")),
        merged.id: ("erased", words("Zebedee, and tomatoes.")),
        garden: ("brought_back", words("Tomatoes.")),
        old: ("valid_again", words("No pets.")),
        bird: ("evidence_lost", words("A parrot.")),
    }


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_deletion_names_every_memory_that_it_touches(world: World, *, dry_run: bool) -> None:
    said = [world.say(text) for text in ("My bird sings.", "I grow tomatoes.")]
    bird, garden = (remember(world, each.text, each) for each in said)
    (merged,) = world.reshaping.merge([bird, garden], "A bird, and tomatoes.").memories
    told = effects(world.service.delete(bird, dry_run=dry_run).memories)
    assert {each: effect for each, (effect, _) in told.items()} == {
        bird: "erased",
        merged.id: "erased",
        garden: "brought_back",
    }
    assert {text is not None for _, text in told.values()} == {dry_run}


def test_an_erasure_names_what_an_undone_run_had_made_without_its_words(world: World) -> None:
    gone, run_id = world.say("My bird sings."), RunId(uuid4())
    bird = remember(world, "The bird is called Zebedee.", gone, run_id=run_id)
    world.runs.undo(run_id, at(9))
    assert effects(world.erase(gone, dry_run=True).memories) == {bird: ("erased", None)}


# --- what is known, and what others noted -------------------------------------


def block_run(before: Block, up_to: int, turns: int) -> Run:
    return replace(
        a_run(RunId(uuid4())),
        job="domain_knowledge",
        inputs={
            "block_id": str(before.id),
            "turns": turns,
            "after": before.taken_up_to,
            "up_to": up_to,
        },
        decisions=({"decision": "rewritten"},),
    )


def test_a_block_goes_back_to_before_it_was_written_with_it_in_hand(world: World) -> None:
    knowledge = PostgresKnowledge(world.database)
    early = world.say("I grow tomatoes.")
    for label in ("birds", "garden"):
        knowledge.add(NewBlock(label=label, name=label), at(0))
    gone = world.say("My parrot is called Zebedee.")
    block = knowledge.block("birds")
    place = knowledge.waiting(block, 9)[-1].place
    run = block_run(block, place, turns=1)
    assert knowledge.advance(block, block.rewritten("A parrot.", place, at(1)), run)
    world.say("It sings.")
    written(knowledge, "birds", "A parrot that sings.")
    knowledge.edit("birds", {"content": "A parrot that sings well."}, at(3))
    assert world.erase(early).knowledge_blocks == ()
    assert world.erase(gone, dry_run=True).knowledge_blocks == ("birds",)
    erased = world.erase(gone)
    assert (erased.knowledge_blocks, erased.removed["knowledge_versions"]) == (("birds",), 3)
    assert knowledge.block("birds").content == ""
    assert [each.said for each in knowledge.waiting(knowledge.block("birds"), 9)] == ["It sings."]
    assert world.everywhere.rows("parrot") == {}
    with pytest.raises(Conflict) as refused:
        world.runs.undo(run.id, at(9))
    assert refused.value.code == "run_final"


def written(knowledge: PostgresKnowledge, label: str, content: str) -> Run:
    """A model's rewriting of the block from all that waits."""
    block = knowledge.block(label)
    waiting = knowledge.waiting(block, 9)
    run = block_run(block, waiting[-1].place, turns=len(waiting))
    assert knowledge.advance(block, block.rewritten(content, waiting[-1].place, at(1)), run)
    return run


def test_what_was_said_while_a_block_was_off_is_not_taken_in_with_the_rest(world: World) -> None:
    knowledge = PostgresKnowledge(world.database)
    knowledge.add(NewBlock(label="birds", name="Birds"), at(0))
    gone = world.say("My parrot is called Zebedee.")
    written(knowledge, "birds", "A parrot.")
    knowledge.edit("birds", {"enabled": False}, at(2))
    world.say("This is between us.")
    knowledge.edit("birds", {"enabled": True}, at(3))
    world.say("It sings.")
    written(knowledge, "birds", "A parrot. It sings.")
    world.erase(gone)
    assert [each.said for each in knowledge.waiting(knowledge.block("birds"), 9)] == ["It sings."]


def test_words_that_an_undone_rewriting_noted_go_too(world: World) -> None:
    knowledge = PostgresKnowledge(world.database)
    knowledge.add(NewBlock(label="birds", name="Birds"), at(0))
    gone = world.say("My bird sings.")
    run = written(knowledge, "birds", "A bird called Zebedee.")
    world.runs.undo(run.id, at(2))
    world.erase(gone)
    assert world.everywhere.rows("zebedee") == {}
    assert knowledge.block("birds").version == 1


# --- one memory ---------------------------------------------------------------


def test_a_merge_goes_with_the_memory_that_is_forgotten_and_the_other_is_there_again(
    world: World,
) -> None:
    one, other = world.say("My bird sings."), world.say("I grow tomatoes.")
    bird = remember(world, "A parrot called Zebedee.", one)
    garden = remember(world, "Tomatoes.", other)
    (merged,) = world.reshaping.merge([bird, garden], "Zebedee, and tomatoes.").memories
    receipt = world.service.delete(bird, dry_run=False)
    assert receipt.removed["memories"] == 2
    assert not is_there(world, merged.id)
    assert world.memories.get(garden).state is State.ACTIVE
    assert world.everywhere.rows("zebedee") == {}


def test_an_undone_merge_goes_with_the_memory_that_is_forgotten(world: World) -> None:
    one, other = world.say("My bird sings."), world.say("I grow tomatoes.")
    bird = remember(world, "A parrot called Zebedee.", one)
    garden = remember(world, "Tomatoes.", other)
    merging = world.reshaping.merge([bird, garden], "Zebedee, and tomatoes.")
    world.runs.undo(merging.run_id, at(9))
    world.service.delete(bird, dry_run=False)
    assert world.everywhere.rows("zebedee") == {}


def test_a_merge_that_is_forgotten_brings_nothing_back_and_says_what_still_tells(
    world: World,
) -> None:
    one, other = world.say("My parrot is called Zebedee."), world.say("I grow tomatoes.")
    bird, garden = remember(world, "A parrot.", one), remember(world, "Tomatoes.", other)
    (merged,) = world.reshaping.merge([bird, garden], "A parrot, and tomatoes.").memories
    world.end()
    preview = world.service.delete(merged.id, dry_run=True)
    assert preview.kept == {"memories": 2, "messages": 2, "summaries": 1}
    receipt = world.service.delete(merged.id, dry_run=False)
    assert (receipt.removed, receipt.kept) == (preview.removed, preview.kept)
    assert world.memories.get(bird).state is State.ARCHIVED


def test_what_was_linked_by_hand_as_drawn_from_a_memory_stays_when_that_goes(world: World) -> None:
    one, other = world.say("Yoko went to art school in Kobe."), world.say("Yoko paints ships.")
    school = remember(world, "Yoko went to art school in Kobe.", one)
    ships = remember(world, "Yoko paints ships.", other)
    links = LinkService(world.memories, PostgresLinks(world.database), world.talk.clock)
    links.link(ships, school, LinkAlias.DERIVES_FROM)
    assert world.service.delete(ships, dry_run=True).kept.get("memories") == 0
    assert world.service.delete(school, dry_run=False).removed["memories"] == 1
    assert world.memories.get(ships).links == ()


def test_what_was_linked_by_hand_stays_when_the_message_of_the_other_is_erased(
    world: World,
) -> None:
    one, other = world.say("Yoko went to art school in Kobe."), world.say("Yoko paints ships.")
    school = remember(world, "Yoko went to art school in Kobe.", one)
    ships = remember(world, "Yoko paints ships.", other)
    links = LinkService(world.memories, PostgresLinks(world.database), world.talk.clock)
    links.link(ships, school, LinkKind.DERIVED_FROM)
    assert world.erase(one).removed["memories"] == 1
    assert is_there(world, ships)


def test_a_merge_stays_when_another_one_of_the_same_memory_is_forgotten(world: World) -> None:
    said = [world.say(f"Something about {name}.") for name in ("Ada", "Bo", "Cy")]
    a, b, c = (remember(world, f"{name} sails.", each) for name, each in zip(
        ("Ada", "Bo", "Cy"), said, strict=True
    ))  # fmt: skip
    (first,) = world.reshaping.merge([a, b], "Ada and Bo sail.").memories
    (second,) = world.reshaping.merge([b, c], "Bo and Cy sail.").memories
    assert world.service.delete(second.id, dry_run=False).removed["memories"] == 1
    assert world.memories.get(first.id).state is State.ACTIVE
    assert world.memories.get(a).state is State.ARCHIVED


def test_a_tool_result_loses_the_words_of_a_memory_that_is_forgotten(world: World) -> None:
    said = world.say("My bird sings.")
    bird = remember(world, "A parrot called Zebedee.", said)
    world.found = f"{str(bird)[:8]}: Zebedee, a parrot"
    world.talk.llm.will(Calls("look", {}), Says("There."))
    world.talk.say("Which bird?")
    receipt = world.service.delete(bird, dry_run=False)
    assert receipt.removed["tool_results"] == 1
    assert world.everywhere.rows("zebedee") == {}


def test_a_block_is_not_written_again_from_what_a_forgotten_memory_was_said_in(
    world: World,
) -> None:
    knowledge = PostgresKnowledge(world.database)
    knowledge.add(NewBlock(label="birds", name="Birds"), at(0))
    said = world.say("My parrot is called Zebedee.")
    bird = remember(world, "A parrot.", said)
    world.say("It sings.")
    written(knowledge, "birds", "A parrot that sings.")
    receipt = world.service.delete(bird, dry_run=False)
    assert receipt.knowledge_blocks == ("birds",)
    block = knowledge.block("birds")
    assert block.content == ""
    assert [each.said for each in knowledge.waiting(block, 9)] == ["It sings."]
    assert knowledge.count_waiting(9) == {"birds": 1}
    written(knowledge, "birds", "It sings.")
    assert knowledge.block("birds").content == "It sings."


def test_a_block_is_not_rewritten_from_what_was_erased_meanwhile(world: World) -> None:
    knowledge = PostgresKnowledge(world.database)
    knowledge.add(NewBlock(label="birds", name="Birds"), at(0))
    gone, _ = world.say("My parrot is called Zebedee."), world.say("It sings.")
    block = knowledge.block("birds")
    place = knowledge.waiting(block, 9)[-1].place
    world.erase(gone)
    run = block_run(block, place, turns=2)
    assert not knowledge.advance(block, block.rewritten("Zebedee.", place, at(1)), run)


def about(world: World, message: Message, **fields: object) -> None:
    """What the message's turn is noted to be about."""
    document = {"narrative": "", "text": "", "source": "made", **fields}
    with world.database.transaction() as tx:
        tx.run(
            "UPDATE turns SET trace = jsonb_build_object('touchstone', %(document)s::jsonb)"
            " WHERE user_message_id = %(id)s",
            document=document,
            id=message.id,
        )


def noted(world: World, message: Message) -> object:
    assert message.turn_id is not None
    trace = world.store.turn(message.turn_id).trace or {}
    touchstone = trace["touchstone"]
    assert isinstance(touchstone, dict)
    return touchstone["narrative"]


def test_what_later_turns_were_about_loses_the_words_as_far_as_they_were_carried(
    world: World,
) -> None:
    gone = world.say("My parrot is called Zebedee.")
    model, rule = world.say("He sings."), world.say("Tomatoes grow.")
    world.end()
    carried, over, later = world.say("And he?"), world.say("The weather."), world.say("My parrot?")
    for each, words, source in (
        (model, "A pet.", "made"),
        (rule, "Tomatoes grow.", "rule_made"),
        (carried, "Zebedee, and he.", "carried"),
        (over, "The weather.", "made"),
        (later, "Zebedee by another way.", "made"),
    ):
        about(world, each, narrative=words, source=source)
    removed = world.erase(gone).removed
    assert removed["touchstones"] == 2
    assert [noted(world, each) for each in (model, rule, carried, over, later)] == [
        "(deleted)",
        "Tomatoes grow.",
        "(deleted)",
        "The weather.",
        "Zebedee by another way.",
    ]


def test_a_touchstone_in_the_making_comes_too_late(world: World) -> None:
    gone = world.say("My parrot is called Zebedee.")
    talk = world.store.load(world.talk.user.id)
    world.talk.clock.move(timedelta(minutes=1))
    world.erase(gone)
    late = Touchstone(narrative="It is about Zebedee.", at=gone.created_at)
    world.store.keep_touchstone(talk.id, late)
    assert world.everywhere.rows("zebedee") == {}
    world.say("The weather is fine.")
    assert world.store.load(world.talk.user.id).touchstone is not None


def test_what_an_extraction_refused_is_no_longer_named(world: World) -> None:
    gone, _ = world.say("My bird sings."), world.say("I grow tomatoes.")
    refused = {"decision": "refused", "reason": "nobody said its Zebedee"}
    run = replace(
        a_run(RunId(uuid4())),
        inputs={"segment_id": str(gone.segment_id)},
        decisions=(refused, {"decision": "stored"}),
    )
    with world.memories.work() as work:
        work.record(run)
    world.erase(gone)
    assert world.runs.get(run.id).run.decisions == (
        {"decision": "refused", "reason": "(deleted)"},
        {"decision": "stored"},
    )


# --- trees at random ----------------------------------------------------------


class Chance:
    """Grows a conversation at random, and erases of it."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.count = 0
        self.erased = 0

    def step(self) -> None:
        grow = (self.say, self.say, self.edit, self.answer_anew, self.go_back, self.end)
        self.random.choice((*grow, self.erase, self.erase) if self.world.said() else (self.say,))()

    def say(self) -> None:
        self.count += 1
        if self.random.random() < 0.3:
            self.world.talk.llm.will(Calls("look", {}))
        self.world.say(f"Question {self.count}.", f"Answer {self.count}.")

    def edit(self) -> None:
        if (below := self.open()) is None:
            return
        self.count += 1
        parent = below.id if below.role is not Role.USER else below.parent_id or START
        self.world.say(f"Question {self.count}, anew.", f"Answer {self.count}.", parent)

    def answer_anew(self) -> None:
        asked = self.open(Role.USER)
        if asked is not None:
            self.count += 1
            self.world.talk.llm.will(Says(f"Answer {self.count}."))
            self.world.talk.turn(TurnRequest(parent_id=asked.id))

    def go_back(self) -> None:
        if (message := self.open()) is not None:
            self.world.talk.branching.activate(message.id)

    def end(self) -> None:
        if self.random.random() < 0.3 and self.world.store.load(self.world.talk.user.id).segment:
            self.world.end()

    def erase(self) -> None:
        before, path = self.world.said(), self.world.said(off_path=False)
        named = self.random.choice(before)
        gone = frozenset(self.world.erase(named).message_ids)
        assert named.id in gone
        left = [each for each in before if each.id not in gone]
        assert texts(self.world.said()) == texts(left)
        still = [each.id for each in path if each.id not in gone]
        assert [each.id for each in self.world.said(off_path=False) if each.id in still] == still
        self.erased += 1
        assert not breaches(self.world.database)

    def open(self, role: Role | None = None) -> Message | None:
        """Some message of the open chapter."""
        segment = self.world.store.load(self.world.talk.user.id).segment
        known = [
            each
            for each in self.world.said()
            if segment and each.segment_id == segment.id and role in (None, each.role)
        ]
        return self.random.choice(known) if known else None


@pytest.mark.campaign
def test_whatever_is_erased_the_rest_stands_as_it_was_said(
    world: World, long: bool, seed: int
) -> None:
    print(f"seed {seed}")  # noqa: T201 - to repeat it by
    chance = Chance(world, seed)
    for _ in range(FULL if long else SAMPLE):
        chance.step()
    assert chance.erased > 0
