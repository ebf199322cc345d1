"""Looking back, going back, merging and splitting on a real PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from adapters.postgres import Postgres
from cns.domain.message import MessageId, SegmentId, TurnId
from cns.errors import InvalidInput, NotFound
from cns.ports import Page, User
from cns.postgres import PostgresContinuumStore
from lt_memory.domain.memory import (
    Actor,
    EntityName,
    Evidence,
    Kind,
    Memory,
    MemoryId,
    RunId,
    Source,
    State,
    Trust,
)
from lt_memory.domain.run import Run
from lt_memory.entities import RuleNames
from lt_memory.history import HistoryService
from lt_memory.history_postgres import PostgresHistory
from lt_memory.memories import MemoryService, NewMemory
from lt_memory.ports import Birth, MemoryFilter, NewLink
from lt_memory.postgres import PostgresMemories
from lt_memory.reader import Reader
from lt_memory.reshaping import ReshapingService
from lt_memory.runs import RunService
from lt_memory.runs_postgres import PostgresRuns
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.invariants import breaches
from tests.values import START, mark, message, turn_record

pytestmark = pytest.mark.postgres
EVERYTHING = MemoryFilter()
LEEDS, YORK = "Ada lives in Leeds.", "Ada lives in York."


class World:
    """The user's hand on a store, and a clock that each step moves."""

    def __init__(self, database: Postgres) -> None:
        self.clock = FrozenClock()
        self.conversation = PostgresContinuumStore(database)
        self.user: User = self.conversation.only_user("Anna", "UTC", START)
        self.store = PostgresMemories(database, self.user.id)
        reader = Reader(RuleNames(), FakeEmbedder())
        self.memories = MemoryService(self.store, reader, self.clock)
        past = PostgresHistory(database)
        self.history = HistoryService(past, self.store, reader, self.clock)
        self.reshaping = ReshapingService(self.store, reader, self.clock)
        self.runs = RunService(PostgresRuns(database), self.clock)

    def later(self) -> datetime:
        """A moment after all that was, and before all that comes."""
        self.clock.move(timedelta(minutes=1))
        now = self.clock.now()
        self.clock.move(timedelta(minutes=1))
        return now

    def add(self, text: str, kind: Kind = Kind.FACT) -> Memory:
        self.clock.move(timedelta(minutes=1))
        return self.memories.add(NewMemory(text=text, kind=kind))

    def said(self, text: str) -> Evidence:
        """A message that says it, whole."""
        heard = message(text, segment_id=SegmentId(uuid4()), turn_id=TurnId(uuid4()))
        change = self.conversation.load(self.user.id).hear(heard, mark(0))
        self.conversation.commit(change, turn_record(heard))
        return Evidence(message_id=MessageId(heard.id), start=0, end=len(text))

    def keep(self, memory: Memory, *names: EntityName) -> Memory:
        with self.store.work() as work:
            work.add(Birth(memory=memory, actor=Actor.EXTRACTION, names=names))
        return self.store.get(memory.id)

    def link(self, one: Memory, other: Memory, kind: str = "related") -> None:
        with self.store.work() as work:
            work.link(NewLink(
                id=uuid4(), source_id=one.id, target_id=other.id, kind=kind, reason="",
                at=self.clock.now(),
            ))  # fmt: skip

    def texts_at(self, then: datetime, narrowed: MemoryFilter = EVERYTHING) -> list[str]:
        found, _ = self.history.list(then, narrowed, Page(limit=50))
        return [memory.text for memory in found]


@pytest.fixture
def world(database: Postgres) -> Iterator[World]:
    world = World(database)
    yield world
    assert not breaches(database, at_rest=False)


def other_ends(memory: Memory) -> set[tuple[str, str, UUID]]:
    return {(link.kind, link.direction, link.other_id) for link in memory.links}


def test_the_past_shows_the_wording_of_its_day(world: World) -> None:
    before = world.later()
    memory = world.add(LEEDS)
    first = world.later()
    world.memories.edit(memory.id, {"text": YORK, "pinned": True})
    second = world.later()
    assert [world.texts_at(then) for then in (before, first, second)] == [[], [LEEDS], [YORK]]
    then = world.history.get(first, memory.id)
    assert (then.text, then.pinned, then.revision, then.created_at) == (
        LEEDS,
        False,
        1,
        memory.created_at,
    )


def test_the_present_is_told_as_the_store_tells_it(world: World) -> None:
    one, other = world.add(LEEDS), world.add("Ada has a cat.", Kind.EXPERIENCE)
    world.link(one, other)
    world.memories.edit(one.id, {"happens_at": START, "archived": True})
    now = world.later()
    for memory in (one, other):
        assert world.history.get(now, memory.id) == world.store.get(memory.id)


def test_before_its_birth_a_memory_is_not_found(world: World) -> None:
    before = world.later()
    memory = world.add(LEEDS)
    with pytest.raises(NotFound) as refused:
        world.history.get(before, memory.id)
    assert refused.value.code == "memory_not_found"


def test_filters_speak_of_the_fields_as_they_were(world: World) -> None:
    memory = world.add(LEEDS)
    first = world.later()
    world.memories.edit(memory.id, {"kind": "experience", "archived": True})
    second = world.later()
    for narrowed in (
        MemoryFilter(kind="fact"),
        MemoryFilter(state="active"),
        MemoryFilter(archived=False),
    ):
        assert world.texts_at(first, narrowed) == [LEEDS]
        assert world.texts_at(second, narrowed) == []
    every = MemoryFilter(
        source="user",
        trust="trusted",
        after=START,
        before=second,
        min_importance=0.1,
        min_confidence=1.0,
        entity="Leeds",
        archived=True,
    )
    assert world.texts_at(second, every) == [LEEDS]


def test_the_past_is_read_page_by_page_newest_first(world: World) -> None:
    texts = [f"Number {number} is kept." for number in range(5)]
    for text in texts:
        world.add(text)
    now = world.later()
    world.add("Too late.")
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        found, cursor = world.history.list(now, EVERYTHING, Page(limit=2, cursor=cursor))
        seen += [memory.text for memory in found]
    assert (seen, cursor) == (texts[::-1], None)


def test_a_page_of_the_past_has_its_bounds(world: World) -> None:
    with pytest.raises(InvalidInput):
        world.history.list(START, EVERYTHING, Page(limit=201))


def test_links_are_those_of_the_day_with_the_words_of_the_day(
    world: World, database: Postgres
) -> None:
    one, other = world.add("Ada moved."), world.add(LEEDS)
    before = world.later()
    world.link(one, other)
    linked = world.later()
    world.memories.edit(other.id, {"text": YORK})
    with database.transaction() as tx:
        tx.run("DELETE FROM memory_links")
        tx.run("UPDATE ended_links SET ended_at = %(at)s", at=world.later())
    after = world.later()
    shown = [world.history.get(then, one.id).links for then in (before, linked, after)]
    assert [[link.other_text for link in links] for links in shown] == [[], [LEEDS], []]


def test_names_are_those_of_the_wording_of_the_day(world: World, database: Postgres) -> None:
    memory, other = world.add(LEEDS), world.add("Bo sings in York.")
    first = world.later()
    world.memories.edit(memory.id, {"text": YORK})
    second = world.later()
    world.memories.edit(memory.id, {"text": "Ada lives by the sea."})
    now = world.later()
    shown = [world.history.get(then, memory.id).entities for then in (first, second, now)]
    assert [{each.name for each in names} & {"Leeds", "York"} for names in shown] == [
        {"Leeds"},
        {"York"},
        set(),
    ]
    york = MemoryFilter(entity="York")
    assert world.texts_at(first, MemoryFilter(entity="leeds")) == [LEEDS]
    assert [len(world.texts_at(then, york)) for then in (first, second, now)] == [1, 2, 1]
    world.memories.delete(other.id, dry_run=False)
    world.memories.delete(memory.id, dry_run=False)
    with database.transaction() as tx:
        assert tx.all("SELECT memory_id FROM past_names") == []


def test_the_past_is_searched_by_the_words_of_the_day(world: World) -> None:
    memory = world.add(LEEDS)
    both = world.add("Ada moved to Leeds with her cats.")
    then = world.later()
    world.memories.edit(memory.id, {"text": YORK})
    now = world.later()

    def met(at: datetime, question: str, narrowed: MemoryFilter = EVERYTHING) -> list[object]:
        found = world.history.search(at, narrowed, question)
        return [(each.memory.text, each.share) for each in found]

    assert met(then, "a cat in Leeds") == [(both.text, 1.0), (LEEDS, 0.5)]
    assert met(now, "a cat in Leeds") == [(both.text, 1.0)]
    assert met(now, "York") == [(YORK, 1.0)]
    assert met(then, "Leeds", MemoryFilter(before=both.created_at)) == [(LEEDS, 1.0)]
    assert met(then, "Who is it?") == met(then, "York") == []


def test_importance_is_what_the_next_scoring_found(world: World, database: Postgres) -> None:
    memory = world.add(LEEDS)
    then, begun = world.later(), world.later()
    run = Run(
        id=RunId(uuid4()),
        job="score",
        state="done",
        summary="",
        started_at=begun,
        finished_at=begun,
        model="",
        inputs={},
    )
    with world.store.work() as work:
        work.record(run)
    with database.transaction() as tx:
        tx.run(
            "INSERT INTO run_scores (run_id, memory_id, before, after)"
            " VALUES (%(run)s, %(id)s, 0.8, 0.5)",
            run=run.id,
            id=memory.id,
        )
    now = world.later()
    assert [world.history.get(at, memory.id).importance for at in (then, now)] == [0.8, 0.5]
    assert world.texts_at(then, MemoryFilter(min_importance=0.7)) == [LEEDS]
    assert world.texts_at(now, MemoryFilter(min_importance=0.7)) == []


def test_what_was_deleted_is_in_no_past(world: World) -> None:
    memory = world.add(LEEDS)
    then = world.later()
    world.memories.delete(memory.id, dry_run=False)
    assert world.texts_at(then) == []


def test_an_undone_birth_is_gone_for_the_while_that_it_was(world: World) -> None:
    sources = [world.add(LEEDS), world.add("Ada sings.")]
    made = world.reshaping.merge([each.id for each in sources], "Ada sings in Leeds.")
    (heir,) = made.memories
    merged = world.later()
    world.runs.undo(made.run_id)
    undone = world.later()
    world.runs.redo(made.run_id)
    again = world.later()
    awake = MemoryFilter(state="active")
    assert [world.texts_at(then, awake) for then in (merged, undone, again)] == [
        [heir.text],
        ["Ada sings.", LEEDS],
        [heir.text],
    ]


def test_an_older_revision_leaves_the_source_to_the_row(world: World, database: Postgres) -> None:
    memory = world.add(LEEDS)
    with database.transaction() as tx:
        tx.run("UPDATE memory_revisions SET after = after - 'source' - 'trust' - 'segment_id'")
    assert world.history.get(world.later(), memory.id).source is Source.USER
    with database.transaction() as tx:  # as it is written today
        tx.run(
            "UPDATE memory_revisions SET after = after ||"
            ' \'{"source": "user", "trust": "trusted", "segment_id": null}\''
        )


def test_going_back_is_a_revision_of_its_own(world: World) -> None:
    memory = world.add(LEEDS)
    world.memories.edit(memory.id, {"text": YORK, "archived": True, "happens_at": START})
    back = world.history.restore(memory.id, 1)
    assert (back.text, back.state, back.happens_at, back.revision) == (LEEDS, State.ACTIVE, None, 3)
    assert [each.change for each in world.store.history(memory.id)] == [
        "created",
        "edited",
        "restored to 1",
    ]
    assert {entity.name for entity in back.entities} == {e.name for e in memory.entities}
    forth = world.history.restore(memory.id, 2)
    assert (forth.text, forth.state, forth.happens_at) == (YORK, State.ARCHIVED, START)


def test_going_back_to_where_it_is_changes_nothing(world: World) -> None:
    memory = world.add(LEEDS)
    assert world.history.restore(memory.id, 1) == memory


@pytest.mark.parametrize("revision", [0, 2])
def test_there_is_no_way_back_to_what_never_was(world: World, revision: int) -> None:
    memory = world.add(LEEDS)
    with pytest.raises(NotFound) as refused:
        world.history.restore(memory.id, revision)
    assert refused.value.code == "revision_not_found"


def test_there_is_no_way_back_to_where_it_was_gone(world: World) -> None:
    sources = [world.add(LEEDS), world.add("Ada sings.")]
    made = world.reshaping.merge([each.id for each in sources], "Ada sings in Leeds.")
    world.runs.undo(made.run_id)
    world.runs.redo(made.run_id)
    heir = made.memories[0].id
    with pytest.raises(NotFound):
        world.history.restore(heir, 2)
    assert world.history.restore(heir, 3).revision == 3


def test_a_merge_carries_all_that_its_sources_rest_on(world: World) -> None:
    text = "Ada lives in Leeds and sings."
    said = world.said(text)
    born = replace(world.add("Ada drinks tea."), id=MemoryId(uuid4()), evidence=(said,))
    one = world.keep(replace(born, text=LEEDS, trust=Trust.UNTRUSTED, source=Source.WEB))
    short = replace(said, end=3)
    other = world.keep(
        replace(born, id=MemoryId(uuid4()), text="Ada sings.", pinned=True, evidence=(short,))
    )
    neighbour, newer = world.add("Leeds is in Yorkshire."), world.add(YORK)
    world.link(one, neighbour)
    world.link(neighbour, other, "supports")
    world.link(one, other, "conflicts")
    world.link(newer, one, "supersedes")
    made = world.reshaping.merge([one.id, other.id], text)
    (heir,) = made.memories
    assert (heir.text, heir.trust, heir.source, heir.pinned) == (
        text,
        Trust.UNTRUSTED,
        Source.WEB,
        True,
    )
    assert heir.evidence == (said,)
    assert "Leeds" in {entity.name for entity in heir.entities}
    assert other_ends(heir) == {
        ("derived_from", "out", one.id),
        ("derived_from", "out", other.id),
        ("related", "out", neighbour.id),
        ("supports", "in", neighbour.id),
    }
    assert {world.store.get(each).state for each in (one.id, other.id)} == {State.ARCHIVED}


def test_a_merge_is_undone_as_one_run(world: World) -> None:
    sources = [world.add(LEEDS), world.add("Ada sings.")]
    now = world.later()
    made = world.reshaping.merge([each.id for each in sources], "Ada sings in Leeds.")
    record = world.runs.get(made.run_id)
    assert (record.run.job, record.run.summary) == ("merge", "Merged 2 into 1 by hand.")
    assert "Leeds" not in str(record.run.decisions)
    world.runs.undo(made.run_id)
    stand = world.store.list(EVERYTHING, Page(limit=9))[0]
    assert [replace(each, revision=1) for each in stand] == sources[::-1]
    assert world.texts_at(now) == world.texts_at(world.later())


def test_a_merge_of_what_is_not_there_changes_nothing(world: World) -> None:
    memory = world.add(LEEDS)
    with pytest.raises(NotFound):
        world.reshaping.merge([memory.id, MemoryId(uuid4())], "Ada.")
    assert world.store.get(memory.id) == memory


def test_a_merge_names_two_to_ten_each_once(world: World) -> None:
    memory = world.add(LEEDS)
    for ids in ([memory.id], [memory.id] * 2, [MemoryId(uuid4()) for _ in range(11)]):
        with pytest.raises(InvalidInput):
            world.reshaping.merge(ids, "Ada.")


def test_a_split_gives_each_part_the_evidence_and_is_undone(world: World) -> None:
    said = world.said("Ada lives in Leeds and sings.")
    born = replace(world.add("Ada drinks tea."), id=MemoryId(uuid4()), evidence=(said,))
    whole = world.keep(replace(born, text="Ada lives in Leeds and sings.", kind=Kind.EXPERIENCE))
    made = world.reshaping.split(whole.id, [LEEDS, "Ada sings."])
    assert [each.text for each in made.memories] == [LEEDS, "Ada sings."]
    for part in made.memories:
        assert (part.evidence, part.kind) == ((said,), Kind.EXPERIENCE)
        assert other_ends(part) == {("derived_from", "out", whole.id)}
    assert world.store.get(whole.id).state is State.ARCHIVED
    world.runs.undo(made.run_id)
    assert replace(world.store.get(whole.id), revision=1) == whole
    assert len(world.texts_at(world.later())) == 2


ANNA = EntityName(name="Anna", kind="person")


def drawn(world: World, text: str, name: EntityName, said: Evidence) -> Memory:
    """A memory that rests on what was said, and names someone."""
    memory = Memory(
        id=MemoryId(uuid4()),
        text=text,
        created_at=START,
        updated_at=START,
        evidence=(said,),
    )
    return world.keep(memory, name)


def test_an_edit_keeps_whom_the_words_still_name(world: World) -> None:
    """The rules read no name in the first word of a sentence."""
    said = world.said("Anna lives in Leeds.")
    anna = drawn(world, "Anna lives in Leeds.", ANNA, said)
    world.memories.edit(anna.id, {"text": "Anna lives in York."})
    named = {each.name: each for each in world.store.get(anna.id).entities}
    assert named.keys() == {"Anna", "York"}
    assert named["Anna"] == anna.entities[0]
    world.memories.edit(anna.id, {"text": "She lives in York."})
    assert [each.name for each in world.store.get(anna.id).entities] == ["York"]


def test_a_merge_unites_whom_they_name_and_a_split_parts_them(world: World) -> None:
    ben = EntityName(name="Ben", kind="person")
    said = world.said("Anna has two cats.")
    sources = [
        drawn(world, "Anna has two cats.", ANNA, said),
        drawn(world, "Ben has two cats.", ben, said),
    ]
    known = {each.name: each for source in sources for each in source.entities}
    made = world.reshaping.merge([each.id for each in sources], "Anna and Ben have two cats.")
    (heir,) = made.memories
    assert {each.name: each for each in heir.entities} == known
    split = world.reshaping.split(heir.id, ["Anna has cats.", "Ben has a cat."])
    assert [each.entities for each in split.memories] == [(known["Anna"],), (known["Ben"],)]


def test_several_are_kept_or_none(world: World) -> None:
    kept = world.memories.add_all([NewMemory(text=LEEDS), NewMemory(text=YORK)])
    assert [each.text for each in kept] == [LEEDS, YORK]
    with pytest.raises(InvalidInput):
        world.memories.add_all([NewMemory(text="Ada sings."), NewMemory(text=" ")])
    assert len(world.texts_at(world.later())) == 2


def test_deleting_takes_along_all_that_was_made_of_it(world: World) -> None:
    one, other = world.add(LEEDS), world.add("Ada sings.")
    parts = world.reshaping.split(one.id, ["Ada lives.", "It is in Leeds."]).memories
    world.reshaping.merge([parts[0].id, other.id], "Ada lives and sings.")
    told = world.memories.delete(one.id, dry_run=True)
    assert (told.removed["memories"], len(world.texts_at(world.later()))) == (4, 5)
    done = world.memories.delete(one.id, dry_run=False)
    assert done.removed == told.removed
    assert world.texts_at(world.later()) == ["Ada sings."]
    assert world.memories.delete(other.id, dry_run=False).removed["memories"] == 1
