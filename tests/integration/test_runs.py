"""Runs on a real PostgreSQL: undone byte for byte, done again, refused where later work rests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from adapters.postgres import Postgres
from cns.errors import Conflict, NotFound
from cns.ports import Page, User
from cns.postgres import PostgresContinuumStore
from lt_memory.domain.memory import Actor, EntityName, Memory, MemoryId, RunId, State
from lt_memory.domain.revision import changed
from lt_memory.domain.run import Run
from lt_memory.linking import BY_HAND, SETTLED
from lt_memory.ports import Birth, Embedded, MemoryWork, NewLink, Rewrite
from lt_memory.postgres import PostgresMemories, PostgresWork
from lt_memory.runs_postgres import LISTED, PostgresRuns
from lt_memory.switching_ports import ModelOfVectors
from lt_memory.switching_postgres import PostgresSwitch
from tests.invariants import breaches
from tests.values import START, at

pytestmark = pytest.mark.postgres
TABLES = (
    "memories",
    "memory_standing",
    "memory_links",
    "memory_evidence",
    "memory_entities",
    "entities",
    "entity_aliases",
)
ANNA = EntityName(name="Anna", kind="person")
VECTOR = Embedded(vector=(0.6, 0.8, *([0.0] * 382)), model="fake")


class World:
    """The memories, their runs, and every byte of both."""

    def __init__(self, database: Postgres) -> None:
        self.database = database
        self.user: User = PostgresContinuumStore(database).only_user("Anna", "UTC", START)
        self.memories = PostgresMemories(database, self.user.id)
        self.runs = PostgresRuns(database)

    def everything(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        """All rows that runs may change, in an order of their own."""
        with self.database.transaction() as tx:
            return {
                table: tx.all(f"SELECT t::text AS row FROM {table} t ORDER BY 1")
                for table in TABLES
            }

    def run(self, work: MemoryWork, job: str = "extract", minutes: float = 0) -> RunId:
        run = Run(
            id=RunId(uuid4()),
            job=job,
            state="done",
            summary="",
            started_at=at(minutes),
            finished_at=at(minutes),
            model="rules",
            inputs={},
        )
        work.record(run)
        return run.id


@pytest.fixture
def world(database: Postgres) -> Iterator[World]:
    world = World(database)
    yield world
    assert not breaches(database)


def born(text: str) -> Memory:
    return Memory(id=MemoryId(uuid4()), text=text, created_at=at(0), updated_at=at(0))


def add(world: World, text: str) -> tuple[RunId, Memory]:
    memory = born(text)
    with world.memories.work() as work:
        run_id = world.run(work)
        birth = Birth(
            memory=memory, actor=Actor.CONSOLIDATION, names=(ANNA,), vector=VECTOR, run_id=run_id
        )
        work.add(birth)
    return run_id, memory


def rewrite(world: World, memory: Memory, *, run: bool = True, **fields: object) -> RunId | None:
    with world.memories.work() as work:
        run_id = world.run(work, "decay") if run else None
        old = work.memory(memory.id)
        new = replace(old, updated_at=at(5), **fields)  # type: ignore[arg-type]  # as asked
        revision = changed(old, new, Actor.DECAY if run else Actor.USER, "changed")
        assert revision is not None
        work.rewrite(Rewrite(
            memory=new, revision=revision, reworded="text" in fields, vector=None, run_id=run_id
        ))  # fmt: skip
    return run_id


def link(
    world: World, one: Memory, other: Memory, *, run: bool, kind: str = "related", reason: str = ""
) -> RunId | None:
    with world.memories.work() as work:
        run_id = world.run(work, "link") if run else None
        work.link(NewLink(
            id=uuid4(), source_id=one.id, target_id=other.id, kind=kind, reason=reason, at=at(2),
            run_id=run_id,
        ))  # fmt: skip
    return run_id


def test_a_birth_is_undone_byte_for_byte_and_done_again(world: World) -> None:
    add(world, "Anna sings.")
    before = world.everything()
    run_id, memory = add(world, "Anna lives in Leeds.")
    after = world.everything()
    world.runs.undo(run_id, at(9))
    assert world.everything() == before
    assert world.runs.get(run_id).run.state == "undone"
    with pytest.raises(NotFound):
        world.memories.get(memory.id)
    world.runs.redo(run_id, at(10))
    assert world.everything() == after
    assert world.memories.get(memory.id).entities == world.memories.get(memory.id).entities


def test_a_change_is_undone_byte_for_byte_and_done_again(world: World) -> None:
    _, memory = add(world, "Anna lives in Leeds.")
    before = world.everything()
    run_id = rewrite(world, memory, text="Anna lives in York.", state=State.DORMANT)
    assert run_id is not None
    after = world.everything()
    assert after != before
    world.runs.undo(run_id, at(9))
    assert world.everything() == before
    world.runs.redo(run_id, at(10))
    assert world.everything() == after


def test_what_comes_back_after_the_embedding_model_was_switched_is_read_anew(world: World) -> None:
    switch = PostgresSwitch(world.database)
    assert switch.adopt(ModelOfVectors(name="fake", dimensions=384))
    undone, _ = add(world, "Anna sings.")
    world.runs.undo(undone, at(8))
    _, memory = add(world, "Anna lives in Leeds.")
    reworded = rewrite(world, memory, text="Anna lives in York.")
    assert reworded is not None
    switch.prepare(ModelOfVectors(name="small", dimensions=8))
    assert switch.switch(anyway=True)
    world.runs.redo(undone, at(9))
    world.runs.undo(reworded, at(10))
    with world.database.transaction() as tx:
        rows = tx.all("SELECT text, embedding, embedding_model FROM memories ORDER BY text")
    assert rows == [
        {"text": text, "embedding": None, "embedding_model": None}
        for text in ("Anna lives in Leeds.", "Anna sings.")
    ]


def test_a_run_that_ends_after_a_switch_brings_no_vector_of_the_old_model_back(
    world: World,
) -> None:
    switch = PostgresSwitch(world.database)
    assert switch.adopt(ModelOfVectors(name="another", dimensions=384))
    undone, _ = add(world, "Anna sings.")
    world.runs.undo(undone, at(8))
    world.runs.redo(undone, at(9))
    with world.database.transaction() as tx:
        row = tx.one("SELECT embedding, embedding_model FROM memories")
    assert dict(row) == {"embedding": None, "embedding_model": None}


def test_the_history_tells_of_the_undoing(world: World) -> None:
    run_id, memory = add(world, "Anna lives in Leeds.")
    world.runs.undo(run_id, at(9))
    undone = world.runs.get(run_id).revisions[-1]
    assert (undone.change, undone.revision, undone.after) == ("undid: created", 2, None)
    assert undone.memory_id == memory.id
    world.runs.redo(run_id, at(10))
    assert [r.change for r in world.memories.history(memory.id)] == [
        "created",
        "undid: created",
        "did again: created",
    ]


def test_scores_are_undone_and_written_again(world: World) -> None:
    add(world, "Anna sings.")
    before = world.everything()
    with world.database.transaction() as tx:
        run_id = world.run(PostgresWork(tx, world.user.id), "score")
        tx.run("UPDATE memory_standing SET importance = 0.25")
    after = world.everything()
    world.runs.undo(run_id, at(9))
    assert world.everything() == before
    world.runs.redo(run_id, at(10))
    assert world.everything() == after


def test_scores_written_anew_since_are_not_undone(world: World) -> None:
    add(world, "Anna sings.")
    runs = []
    for share in ("0.25", "0.125"):
        with world.database.transaction() as tx:
            runs.append(world.run(PostgresWork(tx, world.user.id), "score"))
            tx.run(f"UPDATE memory_standing SET importance = {share}")
    with pytest.raises(Conflict, match="written anew"):
        world.runs.undo(runs[0], at(9))
    world.runs.undo(runs[1], at(9))
    world.runs.undo(runs[0], at(10))


def test_what_the_user_mended_since_is_not_undone(world: World) -> None:
    run_id, memory = add(world, "Anna lives in Leeds.")
    rewrite(world, memory, run=False, text="Anna lives in York.")
    before = world.everything()
    with pytest.raises(Conflict, match="changed again") as refused:
        world.runs.undo(run_id, at(9))
    assert refused.value.code == "run_overtaken"
    assert world.everything() == before
    assert world.runs.get(run_id).run.state == "done"


def test_a_birth_that_later_runs_rest_on_waits_for_their_undoing(world: World) -> None:
    first, one = add(world, "Anna lives in Leeds.")
    _, other = add(world, "Anna sings.")
    second = link(world, one, other, run=True)
    assert second is not None
    with pytest.raises(Conflict, match=str(second)):
        world.runs.undo(first, at(9))
    world.runs.undo(second, at(10))
    world.runs.undo(first, at(11))


def test_a_birth_that_was_linked_by_hand_is_not_undone(world: World) -> None:
    run_id, one = add(world, "Anna lives in Leeds.")
    _, other = add(world, "Anna sings.")
    link(world, one, other, run=False, reason=BY_HAND)
    with pytest.raises(Conflict, match="linked by hand"):
        world.runs.undo(run_id, at(9))


def test_a_link_that_came_by_itself_with_a_word_of_the_user_s_holds_no_undo_up(
    world: World,
) -> None:
    run_id, one = add(world, "Anna lives in Leeds.")
    _, other = add(world, "Anna lives in York.")
    link(world, other, one, run=False, kind="conflicts", reason="another place")
    world.runs.undo(run_id, at(9))
    with pytest.raises(NotFound):
        world.memories.get(one.id)


def test_a_link_that_the_user_cut_does_not_come_back_with_its_run(world: World) -> None:
    _, one = add(world, "Anna lives in Leeds.")
    _, other = add(world, "Anna sings.")
    run_id = link(world, one, other, run=True)
    assert run_id is not None
    with world.database.transaction() as tx:
        tx.run("DELETE FROM memory_links")
    before = world.everything()
    world.runs.undo(run_id, at(9))
    world.runs.redo(run_id, at(10))
    assert world.everything() == before


def test_a_birth_by_which_the_user_settled_a_conflict_is_not_undone(world: World) -> None:
    run_id, one = add(world, "Anna lives in Leeds.")
    _, other = add(world, "Anna lives in York.")
    link(world, one, other, run=False, kind="supersedes", reason=SETTLED)
    with pytest.raises(Conflict, match="remove that link first"):
        world.runs.undo(run_id, at(9))


def test_what_was_erased_since_stays_gone(world: World) -> None:
    run_id, memory = add(world, "Anna lives in Leeds.")
    with world.memories.work() as work:
        work.erase(memory.id, at(3))
    before = world.everything()
    world.runs.undo(run_id, at(9))
    assert world.everything() == before
    world.runs.redo(run_id, at(10))
    assert world.everything() == before
    assert not world.runs.get(run_id).revisions


def test_an_erased_memory_leaves_no_word_in_the_journal(world: World) -> None:
    run_id, memory = add(world, "Anna lives in Leeds.")
    rewrite(world, memory, text="Anna lives in York.")
    world.runs.list(None, Page())
    with world.memories.work() as work:
        work.erase(memory.id, at(3))
    with world.database.transaction() as tx:
        words = tx.all(
            "SELECT c::text AS row FROM run_changes c UNION ALL SELECT r::text FROM runs r"
            " UNION ALL SELECT v::text FROM memory_revisions v"
        )
    assert not [row for row in words if "Anna" in row["row"]]
    assert world.runs.get(run_id).run.id == run_id


def test_the_words_of_an_undone_birth_can_be_erased(world: World) -> None:
    run_id, memory = add(world, "Anna lives in Leeds.")
    world.runs.undo(run_id, at(3))
    with world.memories.work() as work:
        assert work.footprint(memory.id)["memories"] == 0
        work.erase(memory.id, at(4))
        assert work.buried("Anna lives in Leeds.")
    with world.database.transaction() as tx:
        words = tx.all(
            "SELECT c::text AS row FROM run_changes c"
            " UNION ALL SELECT v::text FROM memory_revisions v"
        )
    assert not [row for row in words if "Leeds" in row["row"] or "Anna" in row["row"]]


def test_what_woke_since_does_not_hold_up_the_undoing_of_a_night(world: World) -> None:
    _, one = add(world, "Anna lives in Leeds.")
    _, other = add(world, "Anna sings.")
    with world.memories.work() as work:
        night = world.run(work, "decay")
        for memory in (one, other):
            old = work.memory(memory.id)
            new = replace(old, state=State.DORMANT, updated_at=at(5))
            revision = changed(old, new, Actor.DECAY, "fell asleep unused")
            assert revision is not None
            work.rewrite(Rewrite(memory=new, revision=revision, run_id=night))
    rewrite(world, one, run=False, state=State.ACTIVE)
    before = world.memories.get(one.id)
    world.runs.undo(night, at(9))
    assert world.memories.get(one.id) == before
    assert world.memories.get(other.id).state is State.ACTIVE
    world.runs.redo(night, at(10))
    assert world.memories.get(one.id) == before
    assert world.memories.get(other.id).state is State.DORMANT


def test_a_night_between_does_not_hold_up_the_undoing_of_a_birth(world: World) -> None:
    run_id, memory = add(world, "Anna lives in Leeds.")
    with world.database.transaction() as tx:
        world.run(PostgresWork(tx, world.user.id), "decay")
        tx.run("UPDATE memories SET state = 'dormant', dormant_at = now()")
    world.runs.undo(run_id, at(9))
    with pytest.raises(NotFound):
        world.memories.get(memory.id)


def test_the_name_that_another_memory_bears_stays(world: World) -> None:
    first, _ = add(world, "Anna sings.")
    _, other = add(world, "Anna lives in Leeds.")
    world.runs.undo(first, at(9))
    assert [entity.name for entity in world.memories.get(other.id).entities] == ["Anna"]


def test_a_birth_that_is_done_again_bears_a_name_that_came_anew(world: World) -> None:
    first, one = add(world, "Anna lives in Leeds.")
    second, other = add(world, "Anna has a cat.")
    world.runs.undo(second, at(8))
    world.runs.undo(first, at(9))
    add(world, "Anna sings.")
    before = world.everything()
    world.runs.redo(first, at(10))
    world.runs.redo(second, at(11))
    for memory in (one, other):
        assert [each.name for each in world.memories.get(memory.id).entities] == ["Anna"]
    world.runs.undo(second, at(12))
    world.runs.undo(first, at(13))
    assert world.everything() == before


def test_a_run_is_undone_once(world: World) -> None:
    run_id, _ = add(world, "Anna sings.")
    world.runs.undo(run_id, at(9))
    with pytest.raises(Conflict, match="is undone"):
        world.runs.undo(run_id, at(10))
    world.runs.redo(run_id, at(11))
    with pytest.raises(Conflict, match="is done"):
        world.runs.redo(run_id, at(12))


def test_a_final_run_says_that_it_is(world: World) -> None:
    with world.memories.work() as work:
        run_id = world.run(work, "decay")
    with world.database.transaction() as tx:
        tx.run("UPDATE runs SET final = true WHERE id = %(id)s", id=run_id)
    with pytest.raises(Conflict) as refused:
        world.runs.undo(run_id, at(9))
    assert refused.value.code == "run_final"


def test_a_dry_run_keeps_nothing_and_tells_all(world: World) -> None:
    before = world.everything()
    with world.memories.work(dry_run=True) as work:
        run_id = world.run(work)
        work.add(Birth(memory=born("Anna sings."), actor=Actor.CONSOLIDATION, run_id=run_id))
        told = work.revisions_of(run_id)
    assert [revision.change for revision in told] == ["created"]
    assert world.everything() == before
    with pytest.raises(NotFound):
        world.runs.get(run_id)


def test_a_list_goes_back_in_time_page_by_page(world: World) -> None:
    with world.memories.work() as work:
        made = [world.run(work, "extract", minutes) for minutes in range(3)]
        world.run(work, "decay", 9)
    first, cursor = world.runs.list("extract", Page(limit=2))
    rest, end = world.runs.list("extract", Page(limit=2, cursor=cursor))
    assert [record.run.id for record in (*first, *rest)] == made[::-1]
    assert end is None


def test_a_list_holds_the_first_revisions_of_each_run_and_their_number(world: World) -> None:
    with world.memories.work() as work:
        run_id = world.run(work)
        for number in range(LISTED + 2):
            work.add(Birth(
                memory=born(f"Boat {number} leaks."), actor=Actor.CONSOLIDATION, names=(),
                vector=VECTOR, run_id=run_id,
            ))  # fmt: skip
    (listed,), _ = world.runs.list(None, Page())
    whole = world.runs.get(run_id)
    assert (len(listed.revisions), listed.revision_count) == (LISTED, LISTED + 2)
    assert (len(whole.revisions), whole.revision_count) == (LISTED + 2, LISTED + 2)
    assert whole.revisions[:LISTED] == listed.revisions


def test_what_a_stopped_program_left_running_has_failed(world: World) -> None:
    run = Run(id=RunId(uuid4()), job="link", state="running", summary="", started_at=at(0),
              model="", inputs={})  # fmt: skip
    world.memories.note(run)
    assert world.runs.abandon(at(5)) == 1
    assert world.runs.get(run.id).run.state == "failed"


def test_an_unknown_run_is_not_found(world: World) -> None:
    for act in (world.runs.get, lambda run_id: world.runs.undo(run_id, at(0))):
        with pytest.raises(NotFound):
            act(RunId(UUID(int=1)))
