"""Orders about the memory are followed at once, without a language model."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from cns.domain.deed import Deed, DeedKind
from cns.domain.message import Message, SegmentId, TurnId
from cns.ports import Page
from config.settings import MemorySettings
from lt_memory.bidding import ImmediateBidding
from lt_memory.deduplication import thresholds_of
from lt_memory.dictation import heeding
from lt_memory.domain.memory import Actor, Candidate, Evidence, Memory, RunId, State
from lt_memory.keeping import kept
from lt_memory.memories import MemoryService
from lt_memory.ports import Extracted, MemoryFilter
from lt_memory.reader import Reader
from lt_memory.rules.extractor import RulesExtractor
from lt_memory.storing import Origin
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.memory_store import FakeMemoryStore
from tests.fakes.names import FakeNames
from tests.fakes.store import FakeContinuumStore
from tests.values import START, mark, message, turn_record

THRESHOLDS = thresholds_of(MemorySettings())


@dataclass(slots=True)
class World:
    conversation: FakeContinuumStore = field(default_factory=FakeContinuumStore)
    clock: FrozenClock = field(default_factory=FrozenClock)
    embedder: FakeEmbedder = field(default_factory=FakeEmbedder)
    segment_id: SegmentId = field(default_factory=lambda: SegmentId(uuid4()))
    spoken: list[Message] = field(default_factory=list)
    memories: FakeMemoryStore = field(init=False)

    def __post_init__(self) -> None:
        self.memories = FakeMemoryStore(self.conversation)

    def heard(self, text: str) -> Message:
        user = self.conversation.only_user("Anna", "Europe/Berlin", START)
        self.clock.move(timedelta(minutes=1))
        said = message(text, segment_id=self.segment_id, turn_id=TurnId(uuid4()))
        above = self.spoken[-1].id if self.spoken else None
        said = replace(said, created_at=self.clock.now(), parent_id=above)
        change = self.conversation.load(user.id).hear(said, mark(len(self.spoken)))
        self.conversation.commit(change, turn_record(said))
        self.spoken.append(said)
        return said

    def obey(self, text: str) -> Deed:
        (deed,) = self.bidding.obey(self.heard(text))
        return deed

    @property
    def bidding(self) -> ImmediateBidding:
        return ImmediateBidding(
            store=self.memories,
            conversation=self.conversation,
            reader=Reader(FakeNames({"Anna": "person"}), self.embedder),
            clock=self.clock,
            zone=ZoneInfo("Europe/Berlin"),
            thresholds=THRESHOLDS,
        )

    def extract(self) -> list[str]:
        """What the end of the chapter decides of all that was said in it."""
        extracted = heeding(RulesExtractor(FakeNames()).extract(self.spoken), self.spoken)
        said_at = {m.id: m.created_at for m in self.spoken}
        found = [
            (replace(c, said_at=said_at[c.evidence[0].message_id]),  # type: ignore[index]  # plain UUID
             self.bidding.reader.read(c.text).vector)
            for c in extracted.candidates
        ]  # fmt: skip
        origin = Origin(run_id=RunId(uuid4()), segment_id=self.segment_id, at=self.clock.now())
        with self.memories.work() as work:
            return [str(each["decision"]) for each in kept(work, origin, THRESHOLDS, found)]

    def all(self, state: State = State.ACTIVE) -> Sequence[Memory]:
        found, _ = self.memories.list(MemoryFilter(state=state.value), Page())
        return found

    def texts(self, state: State = State.ACTIVE) -> list[str]:
        return sorted(each.text for each in self.all(state))


@pytest.fixture
def world() -> World:
    return World()


def test_what_is_to_be_remembered_is_stored_at_once_with_its_evidence(world: World) -> None:
    deed = world.obey("Please remember that my sister Anna arrives tomorrow.")
    (stored,) = world.all()
    (piece,) = stored.evidence
    assert (deed.kind, deed.memory_ids) == (DeedKind.REMEMBERED, (stored.id,))
    assert stored.text == "My sister Anna arrives on 3 March 2026."
    assert world.spoken[0].text[piece.start : piece.end] == "my sister Anna arrives tomorrow"
    assert stored.happens_at is not None
    assert (stored.confidence, stored.segment_id) == (1.0, world.segment_id)
    assert [entity.name for entity in stored.entities] == ["Anna"]
    assert world.memories.history(stored.id)[0].actor is Actor.USER


def test_what_was_remembered_and_then_corrected_by_hand_is_not_learnt_again(world: World) -> None:
    world.obey("Please remember that I live in Leeds.")
    (stored,) = world.all()
    service = MemoryService(world.memories, world.bidding.reader, world.clock)
    service.edit(stored.id, {"text": "I live in York."})
    assert world.extract() == ["known_otherwise"]
    assert world.texts() == ["I live in York."]


def test_what_was_remembered_and_then_pinned_is_a_repeat(world: World) -> None:
    world.obey("Please remember that I live in Leeds.")
    (stored,) = world.all()
    service = MemoryService(world.memories, world.bidding.reader, world.clock)
    service.edit(stored.id, {"pinned": True})
    assert world.extract() == ["repeat"]


def test_every_fact_of_an_order_is_a_memory(world: World) -> None:
    said = world.heard("Remember that I live in Leeds and work as a nurse.")
    assert [deed.kind for deed in world.bidding.obey(said)] == [DeedKind.REMEMBERED] * 2
    assert world.texts() == ["I live in Leeds.", "I work as a nurse."]


def test_an_order_heard_again_does_nothing_twice(world: World) -> None:
    said = world.heard("Remember that I'm vegan.")
    kinds = [deed.kind for _ in range(2) for deed in world.bidding.obey(said)]
    assert kinds == [DeedKind.REMEMBERED, DeedKind.KNOWN]
    forget = world.heard("Forget that I'm vegan.")
    again = [deed for _ in range(2) for deed in world.bidding.obey(forget)]
    assert again[0] == again[1]
    assert again[0].kind is DeedKind.FORGOTTEN


def test_what_was_deleted_is_remembered_when_the_user_orders_it(world: World) -> None:
    world.obey("Remember that I'm vegan.")
    reader = Reader(FakeNames(), world.embedder)
    MemoryService(world.memories, reader, world.clock).delete(world.all()[0].id, dry_run=False)
    assert world.obey("Remember that I'm vegan.").kind is DeedKind.REMEMBERED


def test_what_is_to_be_forgotten_is_put_away_and_can_be_brought_back(world: World) -> None:
    world.obey("Remember that I live in Leeds.")
    world.obey("Remember that I live near Leeds station.")
    deed = world.obey("Forget that I live in Leeds.")
    (gone,) = world.all(State.ARCHIVED)
    assert (deed.kind, deed.texts) == (DeedKind.FORGOTTEN, ("I live in Leeds.",))
    assert [(r.actor, r.change) for r in world.memories.history(gone.id)][1:] == [
        (Actor.USER, "forgotten")
    ]
    reader = Reader(FakeNames(), world.embedder)
    MemoryService(world.memories, reader, world.clock).edit(gone.id, {"archived": False})
    assert len(world.texts()) == 2


def test_a_topic_that_one_memory_has_is_plain(world: World) -> None:
    world.obey("Remember that my knee hurts in winter.")
    world.obey("Remember that I'm vegan.")
    assert world.obey("Forget what I said about my knee.").kind is DeedKind.FORGOTTEN
    assert world.texts() == ["I'm vegan."]


def test_where_several_may_be_meant_nothing_is_done(world: World) -> None:
    world.obey("Remember that my sister Anna lives in Leeds.")
    world.obey("Remember that my sister Anna is a doctor.")
    deed = world.obey("Forget what I said about Anna.")
    assert (deed.kind, len(deed.texts), len(world.texts())) == (DeedKind.UNCLEAR, 2, 2)


def test_what_nobody_remembers_cannot_be_forgotten(world: World) -> None:
    world.obey("Remember that I live in Leeds.")
    assert world.obey("Forget that I live in York.").kind is DeedKind.UNKNOWN
    assert world.texts() == ["I live in Leeds."]


def test_without_the_embedder_an_exact_order_is_still_followed(world: World) -> None:
    world.embedder.lost = True
    world.obey("Remember that I'm vegan.")
    assert world.obey("Forget that I'm vegan.").kind is DeedKind.FORGOTTEN


def test_the_end_of_the_chapter_stores_nothing_twice(world: World) -> None:
    world.bidding.obey(world.heard("Remember that I live in Leeds and work as a nurse."))
    assert world.extract() == ["repeat", "repeat"]
    assert [len(world.memories.history(each.id)) for each in world.all()] == [1, 1]


def test_the_end_of_the_chapter_does_not_revive_what_was_forgotten(world: World) -> None:
    world.obey("Remember that I'm vegan.")
    world.heard("I live in Leeds.")
    assert world.extract() == ["repeat", "stored"]
    world.obey("Forget that I live in Leeds.")
    world.obey("Forget that I'm vegan.")
    assert world.extract() == []
    world.spoken = world.spoken[:2]
    assert world.extract() == ["put_away_before"] * 2
    assert world.texts() == []


def test_what_is_said_again_after_it_was_forgotten_is_learnt(world: World) -> None:
    world.obey("Remember that I live in Leeds.")
    world.obey("Forget that I live in Leeds.")
    world.clock.move(timedelta(days=1))
    world.heard("I live in Leeds.")
    world.spoken = world.spoken[-1:]
    assert world.extract() == ["stored"]


def test_what_a_model_makes_of_an_order_gives_way_to_the_user_s_words(world: World) -> None:
    said = world.heard("Remember that I'm vegan. Forget that I live in Leeds. I have a dog.")
    proposals = tuple(
        Candidate(text=text, evidence=(Evidence(message_id=said.id, start=start, end=end),))
        for text, start, end in (
            ("I am a vegan person.", 14, 23),
            ("I follow a plant diet.", 14, 23),
            ("I do not live in Leeds.", 37, 52),
            ("I have a dog.", 54, 66),
        )
    )
    found = heeding(Extracted(candidates=proposals), [said])
    assert [each.text for each in found.candidates] == ["I'm vegan.", "I have a dog."]
    assert found.refused == ("a candidate: the person asked to forget it",)


def test_an_ordinary_message_is_no_order(world: World) -> None:
    assert world.bidding.obey(world.heard("I live in Leeds.")) == ()


TOLD = "I had a miscarriage in 2019."


@pytest.mark.parametrize(
    "said",
    [
        (f"{TOLD} Please forget what I just said.",),
        (f"I live in Leeds. {TOLD} Forget that.",),
        (TOLD, "Forget that, please."),
    ],
)
def test_what_is_taken_back_at_once_is_never_learnt(world: World, said: tuple[str, ...]) -> None:
    deeds = [deed for text in said for deed in world.bidding.obey(world.heard(text))]
    assert [(deed.kind, deed.words) for deed in deeds] == [(DeedKind.UNLEARNT, TOLD)]
    world.extract()
    assert not any("miscarriage" in text for text in world.texts())


def test_the_message_before_is_remembered_where_it_was_said(world: World) -> None:
    said = world.heard("My passport number is X99881.")
    (deed,) = world.bidding.obey(world.heard("Remember this."))
    (stored,) = world.all()
    assert (deed.kind, stored.text) == (DeedKind.REMEMBERED, "My passport number is X99881.")
    assert [piece.message_id for piece in stored.evidence] == [said.id]
    world.extract()
    assert world.texts() == ["My passport number is X99881."]


@pytest.mark.parametrize(
    "said", [(), ("Where is my passport?",), ("Translate this:\nI live in Paris.",)]
)
def test_what_says_nothing_to_remember_leaves_nothing(world: World, said: tuple[str, ...]) -> None:
    for text in said:
        world.heard(text)
    assert world.bidding.obey(world.heard("Remember this.")) == ()
    assert not world.all()


def test_what_was_remembered_is_taken_back_once_and_not_revived(world: World) -> None:
    world.obey("Remember that I live in Leeds.")
    world.obey("Remember that I'm vegan.")
    order = world.heard("Delete that memory.")
    again = [deed for _ in range(2) for deed in world.bidding.obey(order)]
    assert [(deed.kind, deed.texts) for deed in again] == [
        (DeedKind.FORGOTTEN, ("I'm vegan.",))
    ] * 2
    world.extract()
    assert world.texts() == ["I live in Leeds."]
    assert world.texts(State.ARCHIVED) == ["I'm vegan."]


def test_what_was_known_before_it_was_said_again_is_taken_back_too(world: World) -> None:
    world.obey("Remember that I'm vegan.")
    world.heard("How are you?")
    assert world.obey("I'm vegan. Forget that.").kind is DeedKind.FORGOTTEN
    assert world.texts() == []


def test_where_nothing_was_said_before_nothing_is_promised(world: World) -> None:
    assert world.obey("Forget that.").kind is DeedKind.UNKNOWN
    world.heard("I live in Leeds.")
    assert world.extract() == ["stored"]


def test_what_follows_is_learnt_though_it_leans_on_what_was_taken_back(world: World) -> None:
    world.heard("My sister Anna is a doctor. Forget that. She lives in York.")
    world.extract()
    assert world.texts() == ["My sister Anna lives in York."]


def test_a_name_that_is_to_be_forgotten_is_not_learnt(world: World) -> None:
    world.heard("My name is Tom.")
    world.heard("Forget my name.")
    assert world.extract() == []


def test_another_one_s_job_is_not_mine(world: World) -> None:
    world.obey("Remember that my wife found a new job.")
    assert world.obey("Forget about my job.").kind is DeedKind.UNKNOWN
    assert world.texts() == ["My wife found a new job."]


def test_mere_talk_puts_nothing_away(world: World) -> None:
    world.obey("Remember that I follow a vegan diet.")
    assert world.obey("Forget my diet!").kind is DeedKind.UNKNOWN


def test_a_memory_that_says_more_is_asked_about(world: World) -> None:
    world.obey("Remember that I have a dog called Rex and a cat called Tom.")
    deed = world.obey("Forget that I have a dog.")
    assert (deed.kind, len(deed.texts), len(world.texts())) == (DeedKind.UNCLEAR, 1, 1)


@pytest.mark.parametrize("order", ["Forget everything about Anna.", "Delete all memories of Anna."])
def test_everything_about_someone_is_put_away_and_listed(world: World, order: str) -> None:
    world.obey("Remember that my sister Anna lives in Leeds.")
    world.obey("Remember that my sister Anna is a doctor.")
    world.obey("Remember that I'm vegan.")
    deed = world.obey(order)
    assert (deed.kind, len(deed.texts), world.texts()) == (DeedKind.FORGOTTEN, 2, ["I'm vegan."])
    assert len(world.texts(State.ARCHIVED)) == 2
