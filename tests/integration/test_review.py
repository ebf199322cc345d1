"""What waits for the user on a real PostgreSQL: never known, approved, refused, taken back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from adapters.postgres import Postgres
from cns.domain.message import MessageId, SegmentId, TurnId
from cns.errors import Conflict, InvalidInput, NotFound
from cns.ports import Page, Query, User
from cns.postgres import PostgresContinuumStore
from lt_memory.deduplication import Thresholds
from lt_memory.domain.linking import LinkKind
from lt_memory.domain.memory import (
    LONGEST,
    Actor,
    Candidate,
    EntityName,
    Evidence,
    Memory,
    MemoryId,
    Provenance,
    Source,
    State,
    Trust,
)
from lt_memory.domain.trust import Review
from lt_memory.entities import RuleNames
from lt_memory.history import HistoryService
from lt_memory.history_postgres import PostgresHistory
from lt_memory.intake import Intake, Offer
from lt_memory.keeping import kept
from lt_memory.linking import LinkService
from lt_memory.linking_postgres import PostgresLinks
from lt_memory.memories import MemoryService, NewMemory
from lt_memory.ports import MemoryFilter, NewLink, Scored
from lt_memory.postgres import PostgresMemories
from lt_memory.reader import Reader
from lt_memory.recall_ports import Asked
from lt_memory.recall_postgres import PostgresRecall
from lt_memory.receiving import MOST_WAITING
from lt_memory.reshaping import ReshapingService
from lt_memory.review import ReviewService
from lt_memory.runs import RunService
from lt_memory.runs_postgres import PostgresRuns
from lt_memory.storing import Decision, Origin
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.invariants import breaches
from tests.values import START, mark, message, turn_record

pytestmark = pytest.mark.postgres
ALL = Page(limit=200)
THRESHOLDS = Thresholds(cosine=0.92, ratio=0.95)
EVIL, GOOD = "page:https://evil.example/a", "page:https://good.example/"
LEEDS, ROME = "I live in Leeds.", "I live in Rome."
SINCE_2019 = "I have lived with my dog Rex in a house in Leeds since 2019."
SINCE_2020 = "I have lived with my dog Rex in a house in Leeds since 2020."
TABLES = ("memories", "memory_links", "memory_origins", "refusals", "memory_entities", "entities")


class World:
    """A store with everybody's hand on it, and a clock that each step moves."""

    def __init__(self, database: Postgres) -> None:
        self.database = database
        self.clock = FrozenClock()
        self.mode = Review.UNTRUSTED
        self.conversation = PostgresContinuumStore(database)
        self.user: User = self.conversation.only_user("Anna", "UTC", START)
        self.store = PostgresMemories(database, self.user.id)
        reader = Reader(RuleNames(), FakeEmbedder())
        self.memories = MemoryService(self.store, reader, self.clock)
        self.links = LinkService(self.store, PostgresLinks(database), self.clock)
        self.reshaping = ReshapingService(self.store, reader, self.clock)
        self.runs = RunService(PostgresRuns(database), self.clock)
        past = PostgresHistory(database)
        self.history = HistoryService(past, self.store, reader, self.clock)
        self.review = ReviewService(self.store, reader, self.clock, THRESHOLDS)
        self.intake = Intake(
            store=self.store,
            reader=reader,
            clock=self.clock,
            thresholds=THRESHOLDS,
            review=lambda: self.mode,
        )

    def offer(self, *texts: str, origin: str = EVIL, source: Source = Source.WEB) -> list[str]:
        """What became of each."""
        return [
            str(each["decision"]) for each in self.decisions(*texts, origin=origin, source=source)
        ]

    def decisions(
        self, *texts: str, origin: str = EVIL, source: Source = Source.WEB
    ) -> Sequence[Decision]:
        self.clock.move(timedelta(minutes=1))
        told = Provenance(source=source, origin=origin, through=("tool:web",))
        return self.intake.take([Offer(text=each, provenance=told) for each in texts]).decisions

    def waiting(self, text: str = ROME, origin: str = EVIL) -> MemoryId:
        """A memory that waits."""
        (decision,) = self.decisions(text, origin=origin)
        assert decision["decision"] == "waits"
        return self.listed()[0].id

    def known(self, text: str = LEEDS) -> Memory:
        self.clock.move(timedelta(minutes=1))
        return self.memories.add(NewMemory(text=text))

    def extracted(self, text: str) -> Decision:
        """What becomes of the user's own words."""
        self.clock.move(timedelta(minutes=1))
        said = message(text, segment_id=SegmentId(uuid4()), turn_id=TurnId(uuid4()))
        change = self.conversation.load(self.user.id).hear(said, mark(0))
        self.conversation.commit(change, turn_record(said))
        evidence = Evidence(message_id=MessageId(said.id), start=0, end=len(text))
        candidate = Candidate(
            text=text,
            evidence=(evidence,),
            said_at=said.created_at,
            entities=(EntityName(name="Rome", kind="place"),),
        )
        segment = self.conversation.message(said.id).segment_id
        origin = Origin(run_id=None, segment_id=segment, at=self.clock.now(), review=self.mode)
        with self.store.work() as work:
            (decision,) = kept(work, origin, THRESHOLDS, [(candidate, None)])
        return decision

    def listed(self, origin: str | None = None) -> list[Memory]:
        items, _ = self.review.list(origin, ALL)
        return [item.memory for item in items]

    def active(self) -> list[str]:
        found, _ = self.store.list(MemoryFilter(state="active"), ALL)
        return sorted(memory.text for memory in found)

    def rows(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        with self.database.transaction() as tx:
            return {
                table: tx.all(f"SELECT t::text AS row FROM {table} t ORDER BY 1")
                for table in TABLES
            }


@pytest.fixture
def world(database: Postgres) -> Iterator[World]:
    world = World(database)
    yield world
    assert not breaches(database, at_rest=False)


def test_what_a_page_says_waits_with_its_label(world: World) -> None:
    memory_id = world.waiting()
    (item,), following = world.review.list(None, ALL)
    assert (item.memory.id, item.origin, following) == (memory_id, EVIL, None)
    assert item.reason == "A web page says this; you did not."
    memory = item.memory
    assert (memory.state, memory.source, memory.trust) == (
        State.PENDING,
        Source.WEB,
        Trust.UNTRUSTED,
    )
    assert memory.origins == (EVIL, "tool:web")
    assert memory.entities == ()


def test_what_waits_is_listed_by_name_alone(world: World) -> None:
    memory_id = world.waiting()
    then = world.clock.now() + timedelta(hours=1)
    listed, _ = world.store.list(MemoryFilter(), ALL)
    stood, _ = world.history.list(then, MemoryFilter(), ALL)
    named, _ = world.history.list(then, MemoryFilter(state="pending", origin=EVIL), ALL)
    assert (listed, stood) == ([], [])
    assert [memory.id for memory in named] == [memory_id]
    assert world.listed(EVIL) != []
    assert world.listed(GOOD) == []


def test_what_waits_never_comes_to_mind(world: World) -> None:
    memory_id = world.waiting()
    recall = PostgresRecall(world.database, lambda: "fake")
    query = Query(text=ROME, vector=FakeEmbedder().embed([ROME])[0])
    words = [Scored(kind="memory", id=memory_id, score=9.0, coverage=1.0)]
    asked = Asked(query=query, words=words)
    assert recall.consider(asked).candidates == []
    world.review.approve(memory_id)
    (known,) = recall.consider(asked).candidates
    assert known.id == memory_id
    world.review.rollback(EVIL, dry_run=False)
    assert recall.consider(asked).candidates == []


def test_an_approved_memory_is_known_under_its_label(world: World) -> None:
    old = world.known(LEEDS)
    memory_id = world.waiting("My name is Rome and I live in Rome.")
    item = world.review.approve(memory_id)
    memory = world.store.get(memory_id)
    assert item.memory == memory
    assert (memory.state, memory.trust, memory.source) == (
        State.ACTIVE,
        Trust.UNTRUSTED,
        Source.WEB,
    )
    last = world.store.history(memory_id)[-1]
    assert (last.actor, last.change) == (Actor.USER, "approved")
    assert world.store.get(old.id).valid_until is None
    assert [entity.name for entity in memory.entities] != []


def test_an_approved_memory_takes_no_other_s_place(world: World) -> None:
    old = world.known(SINCE_2019)
    memory_id = world.waiting(SINCE_2020)
    world.review.approve(memory_id)
    assert world.store.get(old.id).valid_until is None
    kinds = {link.kind for link in world.store.get(memory_id).links}
    assert kinds <= {"conflicts", "related"}
    assert kinds


def test_a_yes_said_twice_is_one_yes(world: World) -> None:
    memory_id = world.waiting()
    assert world.review.approve(memory_id) == world.review.approve(memory_id)
    runs, _ = world.runs.list("review", ALL)
    assert len(runs) == 1
    with pytest.raises(Conflict, match="approved before"):
        world.review.reject(memory_id)


def test_a_no_said_twice_is_one_no(world: World) -> None:
    memory_id = world.waiting()
    assert world.review.reject(memory_id) == world.review.reject(memory_id)
    assert world.store.get(memory_id).state is State.ARCHIVED
    with pytest.raises(Conflict, match="put away before"):
        world.review.approve(memory_id)


def test_only_what_waited_can_be_decided(world: World) -> None:
    known = world.known()
    for decide in (world.review.approve, world.review.reject):
        for memory_id in (known.id, MemoryId(uuid4())):
            with pytest.raises(NotFound, match="/api/review"):
                decide(memory_id)


def test_what_was_refused_comes_from_there_no_more(world: World) -> None:
    world.review.reject(world.waiting())
    assert world.offer(ROME, "I live  in ROME") == ["refused", "refused"]
    assert world.offer(ROME, origin=GOOD) == ["waits"]


def test_what_was_refused_of_a_page_the_user_may_still_say(world: World) -> None:
    memory_id = world.waiting()
    world.review.reject(memory_id)
    assert world.extracted(ROME)["decision"] == "stored"


def test_what_was_refused_and_then_deleted_stays_refused(world: World) -> None:
    memory_id = world.waiting()
    world.review.reject(memory_id)
    receipt = world.memories.delete(memory_id, dry_run=False)
    assert (receipt.removed["memory_origins"], receipt.removed["refusals"]) == (2, 1)
    assert world.offer(ROME) == ["refused"]
    assert world.extracted(ROME)["decision"] == "stored"


def test_what_the_user_deleted_comes_back_from_nowhere(world: World) -> None:
    world.memories.delete(world.known(ROME).id, dry_run=False)
    assert world.offer(ROME) == ["refused"]


def test_the_same_from_one_place_waits_once(world: World) -> None:
    assert world.offer(ROME, f"{ROME}\u200b", "I live in\u202e Rome") == [
        "waits",
        "refused",
        "refused",
    ]
    assert [memory.text for memory in world.listed()] == [ROME]


def test_a_place_cannot_bury_the_others(world: World) -> None:
    flood = [f"Fact number {number} of a flood." for number in range(MOST_WAITING + 3)]
    assert world.offer(*flood).count("waits") == MOST_WAITING
    assert world.offer(ROME, origin=GOOD) == ["waits"]


@pytest.mark.parametrize("text", ["\u200b \u2066", "x" * (LONGEST + 1)])
def test_what_cannot_be_a_memory_is_refused(world: World, text: str) -> None:
    assert world.offer(text) == ["refused"]


def test_a_repeat_from_a_page_adds_nothing_to_what_is_known(world: World) -> None:
    old = world.known(ROME)
    assert world.offer(ROME) == ["repeat"]
    assert world.store.get(old.id) == old


def test_with_the_review_off_all_is_known_under_its_label(world: World) -> None:
    old, world.mode = (
        world.known(SINCE_2019),
        Review.OFF,
    )
    assert world.offer(SINCE_2020) == ["stored"]
    found, _ = world.store.list(MemoryFilter(trust="untrusted"), ALL)
    assert [memory.state for memory in found] == [State.ACTIVE]
    assert {link.kind for link in found[0].links} <= {"conflicts", "related"}
    assert world.store.get(old.id).valid_until is None


def test_everything_waits_where_the_user_wishes_it(world: World) -> None:
    world.mode = Review.EVERYTHING
    assert world.extracted(ROME)["decision"] == "waits"
    (memory,) = world.listed()
    assert (memory.source, memory.trust, memory.evidence != ()) == (
        Source.USER,
        Trust.TRUSTED,
        True,
    )
    assert world.known(LEEDS).state is State.ACTIVE
    world.review.reject(memory.id)
    assert memory.origins[0].startswith("message:")


def test_what_the_user_says_too_is_theirs(world: World) -> None:
    memory_id = world.waiting()
    world.review.approve(memory_id)
    assert world.extracted(ROME) == {
        "decision": "repeat",
        "memory_id": str(memory_id),
        "links": [],
    }
    memory = world.store.get(memory_id)
    assert (memory.source, memory.trust) == (Source.USER, Trust.TRUSTED)
    assert world.review.rollback(EVIL, dry_run=False).put_away == ()


def test_a_waiting_memory_bears_no_other(world: World) -> None:
    waiting, known = world.waiting(), world.known()
    attempts: list[Callable[[], object]] = [
        lambda: world.reshaping.merge([waiting, known.id], "Both."),
        lambda: world.reshaping.split(waiting, ["One.", "Two."]),
        lambda: world.links.link(waiting, known.id, LinkKind.SUPERSEDES),
        lambda: world.links.link(known.id, waiting, LinkKind.RELATED),
    ]
    for attempt in attempts:
        with pytest.raises(Conflict, match="waits for your yes"):
            attempt()


def test_several_are_decided_as_one_run_and_undone_as_one(world: World) -> None:
    first, second = world.waiting("Tea is green."), world.waiting("Coffee is brown.")
    before = world.rows()
    run_id, items = world.review.decide([first], [second])
    assert [item.memory.state for item in items] == [State.ACTIVE, State.ARCHIVED]
    assert run_id is not None
    after = world.rows()
    world.runs.undo(run_id)
    assert world.rows() == before
    world.runs.redo(run_id)
    assert world.rows() == after
    assert world.review.decide([first], [second])[0] is None


def test_nothing_is_both_approved_and_refused(world: World) -> None:
    memory_id = world.waiting()
    with pytest.raises(InvalidInput):
        world.review.decide([memory_id], [memory_id])
    assert world.listed() != []


def test_one_bad_item_holds_up_all(world: World) -> None:
    memory_id = world.waiting()
    with pytest.raises(NotFound):
        world.review.decide([memory_id, world.known().id], [])
    assert [memory.id for memory in world.listed()] == [memory_id]


def test_a_list_of_what_waits_has_its_bounds(world: World) -> None:
    with pytest.raises(InvalidInput):
        world.review.list(None, Page(limit=0))


def test_all_from_one_place_is_taken_back_at_once(world: World) -> None:
    world.known(LEEDS)
    waiting, approved = world.waiting("Tea is green."), world.waiting("Coffee is brown.")
    world.review.approve(approved)
    world.offer("Milk is white.", origin=GOOD)
    before = world.rows()
    preview = world.review.rollback(EVIL, dry_run=True)
    assert world.rows() == before
    assert (preview.run_id, set(preview.put_away)) == (None, {waiting, approved})
    done = world.review.rollback(EVIL, dry_run=False)
    assert (done.put_away, done.brought_back) == (preview.put_away, ())
    assert world.active() == [LEEDS]
    assert [memory.text for memory in world.listed()] == ["Milk is white."]
    assert world.offer("Coffee is brown.") == ["refused"]
    assert done.run_id is not None
    world.runs.undo(done.run_id)
    assert world.rows() == before


def test_a_tool_s_words_are_taken_back_whatever_the_page(world: World) -> None:
    world.waiting("Tea is green.")
    world.waiting("Coffee is brown.", origin=GOOD)
    assert len(world.review.rollback("tool:web", dry_run=False).put_away) == 2


def test_what_was_made_of_a_place_s_words_goes_and_what_gave_way_comes_back(
    world: World,
) -> None:
    mine, theirs = world.known("I have a dog."), world.waiting("The dog is called Rex.")
    world.review.approve(theirs)
    world.clock.move(timedelta(minutes=1))
    merged = world.reshaping.merge([mine.id, theirs], "I have a dog called Rex.").memories[0]
    assert (merged.source, merged.trust) == (Source.WEB, Trust.UNTRUSTED)
    world.clock.move(timedelta(minutes=1))
    other = world.known("It barks.")
    twice = world.reshaping.merge([merged.id, other.id], "My dog Rex barks.").memories[0]
    assert twice.origins == (EVIL, "tool:web")
    done = world.review.rollback(EVIL, dry_run=False)
    assert done.put_away == (twice.id,)
    assert set(done.brought_back) == {mine.id, other.id}
    assert world.active() == ["I have a dog.", "It barks."]


def test_what_is_merely_linked_by_a_run_comes_from_nowhere_else(world: World) -> None:
    mine, theirs = world.known("I have a dog."), world.waiting("The dog is called Rex.")
    world.review.approve(theirs)
    run_id = world.runs.list(None, ALL)[0][0].run.id
    with world.store.work() as work:
        work.link(NewLink(
            id=uuid4(), source_id=mine.id, target_id=theirs, kind="derived_from", reason="judged",
            at=world.clock.now(), run_id=run_id,
        ))  # fmt: skip
    assert world.store.get(mine.id).origins == ()


def test_the_parts_of_a_place_s_words_go_too(world: World) -> None:
    theirs = world.waiting("Rex barks and bites.")
    world.review.approve(theirs)
    parts = world.reshaping.split(theirs, ["Rex barks.", "Rex bites."]).memories
    done = world.review.rollback(EVIL, dry_run=False)
    assert set(done.put_away) == {part.id for part in parts}


def test_what_it_superseded_holds_again(world: World) -> None:
    mine, theirs = world.known(LEEDS), world.waiting(ROME)
    world.review.approve(theirs)
    world.links.link(theirs, mine.id, LinkKind.SUPERSEDES)
    assert world.store.get(mine.id).valid_until is not None
    world.review.rollback(EVIL, dry_run=False)
    assert world.store.get(mine.id).valid_until is None


def test_an_edit_of_what_waits_makes_no_name_known_until_the_yes(world: World) -> None:
    memory_id = world.waiting("The dog is called Rex.")
    world.memories.edit(memory_id, {"text": "Anna lives in Leeds."})
    world.history.restore(memory_id, 1)
    world.memories.edit(memory_id, {"text": "Anna lives in York."})
    assert world.rows()["entities"] == []
    world.review.approve(memory_id)
    assert "York" in {each.name for each in world.store.get(memory_id).entities}


def test_what_one_message_alone_bears_is_taken_back(world: World) -> None:
    decision = world.extracted(ROME)
    memory = world.store.get(MemoryId(decision["memory_id"]))  # type: ignore[arg-type]  # as told
    place = f"message:{memory.evidence[0].message_id}"
    done = world.review.rollback(place, dry_run=False)
    assert done.put_away == (memory.id,)
    assert world.review.rollback(place, dry_run=False).run_id is None


@pytest.mark.parametrize("origin", ["import:chat.jsonl", "message:none", f"message:{UUID(int=7)}"])
@pytest.mark.parametrize("dry_run", [True, False])
def test_of_a_place_that_nothing_came_from_nothing_is_taken_back(
    world: World, origin: str, *, dry_run: bool
) -> None:
    with pytest.raises(NotFound) as refused:
        world.review.rollback(origin, dry_run=dry_run)
    assert refused.value.code == "origin_not_found"


def test_so_many_may_wait_from_each_part_of_a_place(world: World) -> None:
    whole = "import:chat.jsonl (3f2a91bc)"
    for day in ("01 Mar 2025", "02 Mar 2025"):
        told = Provenance(source=Source.IMPORT, origin=whole, part=f"{whole}, {day}")
        texts = [f"On {day} I counted {number} geese." for number in range(MOST_WAITING + 1)]
        taken = world.intake.take([Offer(text=each, provenance=told) for each in texts])
        assert [each["decision"] for each in taken.decisions[-2:]] == ["waits", "refused"]
    assert len(world.listed(whole)) == 2 * MOST_WAITING
    assert {item.origin for item in world.review.list(None, ALL)[0]} == {whole}


@pytest.mark.parametrize("origin", ["", "  ", "x" * 700])
def test_a_rollback_needs_a_place(world: World, origin: str) -> None:
    with pytest.raises(InvalidInput):
        world.review.rollback(origin, dry_run=False)
