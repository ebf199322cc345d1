"""A correction ends the validity of what it puts right; a bare contradiction only links."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from cns.domain.message import Message, Role
from cns.errors import NotFound
from lt_memory.domain.memory import Actor, Candidate, Memory, MemoryId
from lt_memory.keeping import kept
from lt_memory.known import Known
from lt_memory.memories import MemoryService
from lt_memory.model_extraction import Asking, ModelExtractor
from lt_memory.reader import Reader
from lt_memory.rules.extractor import RulesExtractor
from lt_memory.settling import settled
from lt_memory.storing import Origin
from lt_memory.surroundings import ShownMemories
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.llm import FakeLLM, document
from tests.fakes.names import FakeNames
from tests.retelling import BERLIN, THRESHOLDS, World
from tests.values import message


@pytest.fixture
def world() -> World:
    return World()


def test_what_is_superseded_is_kept_and_no_longer_holds(world: World) -> None:
    world.tell("I live in Leeds.")
    world.tell("I live in York now.")
    old, new = world.all()["I live in Leeds."], world.all()["I live in York now."]
    assert [(link.kind, link.other_id) for link in new.links] == [("supersedes", old.id)]
    assert old.valid_until == world.clock.now()
    assert [(r.actor, r.change) for r in world.memories.history(old.id)] == [
        (Actor.EXTRACTION, "created"),
        (Actor.EXTRACTION, "superseded"),
    ]


@pytest.mark.parametrize(
    ("said", "holding"),
    [
        (["I take 20 mg of citalopram.", "No wait. I take 40 mg of citalopram."],
         ["I take 40 mg of citalopram."]),
        (["I live in Leeds.", "We moved from Leeds to York."], ["We moved from Leeds to York."]),
        (["I work at Tesco.", "I no longer work at Tesco."], ["I no longer work at Tesco."]),
        (["My exam is on Thursday.", "No, the exam is on Wednesday, not Thursday."],
         ["My exam is on Wednesday 4 March 2026."]),
        (["I live in Leeds.", "I have a cat.", "I have a dog now."],
         ["I have a cat.", "I have a dog now.", "I live in Leeds."]),
    ],
)  # fmt: skip
def test_only_what_was_put_right_no_longer_holds(
    world: World, said: list[str], holding: list[str]
) -> None:
    for text in said:
        world.tell(text)
    assert world.holding() == holding


def test_within_a_chapter_too_the_correction_comes_after_what_it_puts_right(world: World) -> None:
    world.tell("My exam is on Thursday.", "Sorry, the exam is on Wednesday, not Thursday.")
    assert world.holding() == ["My exam is on Wednesday 4 March 2026."]


def test_a_bare_correction_rests_on_both_statements(world: World) -> None:
    world.tell("My sister Anna's exam is on Thursday.", "The exam is on Friday, not Thursday.")
    old, new = (world.all()[f"My sister Anna's exam is on {day} March 2026."]
                for day in ("Thursday 5", "Friday 6"))  # fmt: skip
    assert len(new.evidence) == 2
    assert set(old.evidence) < set(new.evidence)
    assert new.happens_at == old.happens_at + timedelta(days=1)  # type: ignore[operator]  # dated
    assert [entity.name for entity in new.entities] == ["Anna"]


@pytest.mark.parametrize(
    "said", ["The exam is on Friday, not Thursday.", "On Friday, not Thursday."]
)
def test_a_bare_correction_of_nothing_known_is_refused(world: World, said: str) -> None:
    world.tell(said)
    assert [each["decision"] for each in world.decisions] == ["refused"]
    assert world.all() == {}


def test_a_value_without_a_topic_puts_right_its_own_chapter_alone(world: World) -> None:
    world.tell("My exam is on Thursday.")
    world.next_chapter()
    world.tell("On Friday, not Thursday.")
    assert world.holding() == ["My exam is on Thursday 5 March 2026."]


def test_a_contradiction_without_a_word_of_correction_conflicts(world: World) -> None:
    world.tell("I like olives.")
    world.tell("I don't like olives.")
    (link,) = world.all()["I don't like olives."].links
    assert link.kind == "conflicts"
    assert world.holding() == ["I don't like olives.", "I like olives."]


def test_what_was_superseded_can_be_true_again(world: World) -> None:
    for text in ("I live in Leeds.", "I live in York now.", "I live in Leeds now."):
        world.tell(text)
    assert world.holding() == ["I live in Leeds now."]


def test_a_repeat_that_corrects_ends_what_it_corrects(world: World) -> None:
    world.tell("I take 40 mg of citalopram.")
    world.tell("I take 20 mg of citalopram.")
    world.tell("Sorry, I take 40 mg of citalopram, not 20 mg.")
    assert world.holding() == ["I take 40 mg of citalopram."]


def test_what_is_gone_or_was_superseded_before_is_not_superseded_again(world: World) -> None:
    world.tell("I live in Leeds.")
    old = world.all()["I live in Leeds."]
    origin = Origin(run_id=None, segment_id=world.segment_id, at=world.clock.now())
    for text in ("I live in York.", "I live in Bath."):
        piece = old.evidence[0]
        new = Candidate(text=text, evidence=(piece,), supersedes=(old.id, MemoryId(uuid4())))
        with world.memories.work() as work:
            kept(work, origin, THRESHOLDS, [(new, None)])
    assert [r.change for r in world.memories.history(old.id)] == ["created", "superseded"]


def test_what_was_said_later_is_not_superseded_by_what_is_drawn_late(world: World) -> None:
    earlier = world.said("I live in Leeds now.")
    world.tell("I live in York.")
    found = settled(RulesExtractor(FakeNames()).extract([earlier]), [earlier], BERLIN).candidates
    origin = Origin(run_id=None, segment_id=world.segment_id, at=world.clock.now(), zone=BERLIN)
    vectors = Reader(FakeNames(), FakeEmbedder()).vectors([each.text for each in found])
    with world.memories.work() as work:
        kept(work, origin, THRESHOLDS, list(zip(found, vectors, strict=True)))
    assert world.holding() == ["I live in Leeds now.", "I live in York."]
    (link,) = world.all()["I live in Leeds now."].links
    assert link.kind == "conflicts"


def pin(world: World, text: str) -> Memory:
    service = MemoryService(world.memories, Reader(FakeNames(), FakeEmbedder()), world.clock)
    return service.edit(world.all()[text].id, {"pinned": True})


@pytest.mark.parametrize(
    ("first", "correction", "successor"),
    [
        ("My exam is on Thursday 5 March 2026.", "No, the exam is on Friday, not Thursday.",
         "My exam is on Friday 6 March 2026."),
        ("I live in Leeds.", "I live in York now.", "I live in York now."),
    ],
)  # fmt: skip
def test_what_puts_right_the_pinned_is_pinned(
    world: World, first: str, correction: str, successor: str
) -> None:
    world.tell(first)
    pin(world, first)
    world.tell(correction)
    assert world.holding() == [successor]
    assert world.all()[successor].pinned


def test_a_repeat_that_puts_right_the_pinned_is_pinned(world: World) -> None:
    world.tell("I take 40 mg of citalopram.")
    world.tell("I take 20 mg of citalopram.")
    pin(world, "I take 20 mg of citalopram.")
    world.tell("Sorry, I take 40 mg of citalopram, not 20 mg.")
    assert [(m.text, m.pinned) for m in world.all().values() if m.valid_until is None] == [
        ("I take 40 mg of citalopram.", True)
    ]


def judged_to_replace(world: World, text: str, *old: str) -> Memory:
    """A memory that a model says takes the place of others."""
    ids = tuple(world.all()[each].id for each in old)
    piece = next(iter(world.all().values())).evidence[0]
    origin = Origin(run_id=None, segment_id=world.segment_id, at=world.clock.now())
    with world.memories.work() as work:
        new = Candidate(text=text, evidence=(piece,), supersedes=ids)
        kept(work, origin, THRESHOLDS, [(new, None)])
    return world.all()[text]


def test_a_model_supersedes_two_memories_at_most(world: World) -> None:
    old = ["I drink coffee.", "I have a coffee grinder.", "I love coffee."]
    world.tell(*old)
    new = judged_to_replace(world, "Coffee upsets me.", *old)
    assert world.holding() == sorted([new.text, old[2]])
    assert sorted(link.kind for link in new.links) == ["conflicts", "supersedes", "supersedes"]


def test_a_model_supersedes_neither_the_pinned_nor_what_shares_no_word(world: World) -> None:
    old = ["I drink coffee.", "I have a dog."]
    world.tell(*old)
    pin(world, old[0])
    new = judged_to_replace(world, "Coffee upsets me.", *old)
    assert world.holding() == sorted([*old, new.text])
    assert [link.kind for link in new.links] == ["conflicts", "conflicts"]


# --- a model is shown what was on the table ----------------------------------------------------


@dataclass(slots=True)
class Table:
    """Implements `lt_memory.known.Surroundings`."""

    known: tuple[Known, ...]

    def of(self, messages: Sequence[Message]) -> Sequence[Known]:
        return self.known


def test_a_model_names_what_a_statement_supersedes_by_short_ids(world: World) -> None:
    world.tell("I drink my coffee black.")
    old = world.all()["I drink my coffee black."]
    proposal = {
        "text": "I take milk in my coffee.",
        "kind": "preference",
        "confidence": 90,
        "evidence": [{"message": 1, "quote": "I take milk in my coffee"}],
        "happens_at": None,
        "expires_at": None,
        "supersedes": [str(old.id)[:8], "deadbeef", 7],
    }
    llm = FakeLLM([document({"memories": [proposal]})])
    asking = Asking(
        prompt="notes", zone=BERLIN, surroundings=Table((Known(id=old.id, text=old.text),))
    )
    world.tell("I take milk in my coffee.", extractor=ModelExtractor(llm, asking, FakeNames(), 40))
    assert world.holding() == ["I take milk in my coffee."]
    assert f"<known>\n[{str(old.id)[:8]}] {old.text}\n</known>" in llm.requests[0].messages[0].text


def test_what_was_shown_or_cited_and_still_holds_is_on_the_table(world: World) -> None:
    world.tell("I like tea.", "I play chess.", "I live in Leeds.", "I live in York now.")
    tea, chess, leeds = (
        world.all()[text] for text in ("I like tea.", "I play chess.", "I live in Leeds.")
    )
    said = world.said("What do I drink?")
    assert said.turn_id is not None
    record = world.conversation.turn(said.turn_id)
    shown = [str(each) for each in (tea.id, leeds.id, UUID(int=9))]
    world.conversation.record(replace(record, trace={"shown": shown}))
    answer = message("Tea.", Role.ASSISTANT, turn_id=said.turn_id, memory_refs=(chess.id,))
    table = ShownMemories(conversation=world.conversation, memories=world.memories)
    assert {known.text for known in table.of([said, answer])} == {tea.text, chess.text}
    assert table.of([message("Hello.")]) == ()
    with pytest.raises(NotFound):
        world.memories.get(MemoryId(UUID(int=9)))


def test_a_trace_of_another_shape_shows_nothing(world: World) -> None:
    said = world.said("Hello.")
    assert said.turn_id is not None
    record = world.conversation.turn(said.turn_id)
    world.conversation.record(replace(record, trace={"shown": None}))
    table = ShownMemories(conversation=world.conversation, memories=world.memories)
    assert table.of([said]) == ()
