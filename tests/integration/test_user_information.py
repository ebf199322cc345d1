"""The user-information section in PostgreSQL: drawn, forgotten with its memories, undone."""

from uuid import UUID, uuid4

import pytest

from adapters.postgres import Postgres
from cns.domain.message import UserId
from cns.errors import Conflict
from cns.ports import ModelRequest, Page
from config.settings import KnowledgeSettings
from lt_memory.domain.memory import Actor, Kind, Memory, MemoryId, RunId
from lt_memory.domain.run import Rewritten, Run
from lt_memory.ports import Birth
from lt_memory.postgres import PostgresMemories
from lt_memory.runs_postgres import PostgresRuns
from lt_memory.user_information import JOB, UserInformationService
from lt_memory.user_information_postgres import PostgresUserInformation
from tests.fakes.clock import FrozenClock
from tests.fakes.llm import FakeLLM, Step, document
from tests.seeding import Seeds
from tests.values import at

pytestmark = pytest.mark.postgres


@pytest.fixture
def seeds(database: Postgres) -> Seeds:
    seeds = Seeds(database)
    seeds.user()
    return seeds


@pytest.fixture
def store(database: Postgres) -> PostgresUserInformation:
    return PostgresUserInformation(database)


def service(store: PostgresUserInformation, *steps: object) -> UserInformationService:
    return UserInformationService(
        store=store,
        llm=FakeLLM(steps, capable=bool(steps)),  # type: ignore[arg-type]  # steps of a script
        prompt="Say who it is.",
        clock=FrozenClock(),
        figures=KnowledgeSettings,
    )


def known(seeds: Seeds) -> tuple[UUID, UUID]:
    tea = seeds.memory("I prefer tea.", kind="preference", created_at=at(1))
    walnuts = seeds.memory("I'm allergic to walnuts.", pinned=True, created_at=at(2))
    return tea, walnuts


def test_pinned_memories_and_preferences_that_hold_are_drawn_from(
    seeds: Seeds, store: PostgresUserInformation
) -> None:
    tea, walnuts = known(seeds)
    seeds.memory("I live in Leeds.")
    asleep = seeds.memory("asleep", state="dormant", kind="preference")
    seeds.memory("put away", state="archived", kind="preference")
    seeds.memory("a page's", trust="untrusted", kind="preference")
    seeds.memory("a tool's", source="tool", kind="preference")
    seeds.memory("once", valid_until=at(0), kind="preference")
    seeds.memory("over", expires_at=at(-5), kind="preference")
    found = store.sentences(at(0))
    assert found[0].memory_id == walnuts
    assert {each.memory_id for each in found[1:]} == {tea, asleep}


def test_it_is_written_undone_and_done_again(
    database: Postgres, seeds: Seeds, store: PostgresUserInformation
) -> None:
    known(seeds)
    first = service(store).refresh()
    assert first is not None
    listed = store.read()
    second = service(store, document({"text": "Tea, no walnuts."})).refresh()
    assert second is not None
    written, runs = store.read(), PostgresRuns(database)
    assert listed is not None
    shown = {each.run.id: each.user_information for each in runs.list(JOB, Page())[0]}
    assert shown == {
        first.id: Rewritten(before=None, after=listed.text),
        second.id: Rewritten(before=listed.text, after="Tea, no walnuts."),
    }
    runs.undo(second.id, at(5))
    assert store.read() == listed
    runs.redo(second.id, at(6))
    assert store.read() == written
    runs.undo(second.id, at(7))
    runs.undo(first.id, at(8))
    assert store.read() is None


def drawn_by_run(database: Postgres, user_id: UUID, text: str) -> RunId:
    """A run that made a preference."""
    run = Run(
        id=RunId(uuid4()),
        job="extract",
        state="done",
        summary="",
        started_at=at(1),
        finished_at=at(1),
        model="rules",
        inputs={},
    )
    memory = Memory(
        id=MemoryId(uuid4()),
        text=text,
        kind=Kind.PREFERENCE,
        created_at=at(1),
        updated_at=at(1),
    )
    with PostgresMemories(database, UserId(user_id)).work() as work:
        work.record(run)
        work.add(Birth(memory=memory, actor=Actor.EXTRACTION, names=(), vector=None, run_id=run.id))
    return run.id


def test_words_that_went_with_a_run_come_again_with_it_and_can_be_taken_back(
    database: Postgres, seeds: Seeds, store: PostgresUserInformation
) -> None:
    made, runs = drawn_by_run(database, seeds.user_id, "I prefer tea."), PostgresRuns(database)
    wrote = service(store).refresh()
    assert wrote is not None
    stood = store.read()
    for minute in (5, 7):
        runs.undo(made, at(minute))
        assert store.read() is None
        runs.redo(made, at(minute + 1))
        assert store.read() == stood
    assert service(store).refresh() is None
    runs.undo(wrote.id, at(9))
    assert store.read() is None
    runs.redo(wrote.id, at(10))
    assert store.read() == stood


def test_words_that_went_with_a_run_do_not_come_over_others(
    database: Postgres, seeds: Seeds, store: PostgresUserInformation
) -> None:
    made, runs = drawn_by_run(database, seeds.user_id, "I prefer tea."), PostgresRuns(database)
    service(store).refresh()
    runs.undo(made, at(5))
    service(store).edit("I am Anna.")
    runs.redo(made, at(6))
    assert store.about_user() == "I am Anna."


def test_words_that_went_with_a_run_and_hold_no_longer_do_not_come_again(
    database: Postgres, seeds: Seeds, store: PostgresUserInformation
) -> None:
    made, runs = drawn_by_run(database, seeds.user_id, "I prefer tea."), PostgresRuns(database)
    walnuts = seeds.memory("I'm allergic to walnuts.", pinned=True)
    service(store).refresh()
    runs.undo(made, at(5))
    seeds.run("UPDATE memories SET state = 'archived' WHERE id = %(id)s", id=walnuts)
    runs.redo(made, at(6))
    assert store.read() is None
    assert service(store).refresh() is not None


@pytest.mark.parametrize("change", ["text = 'I prefer coffee.'", "state = 'archived'"])
def test_words_that_hold_no_longer_are_not_brought_back(
    database: Postgres, seeds: Seeds, store: PostgresUserInformation, change: str
) -> None:
    tea, _ = known(seeds)
    first = service(store).refresh()
    runs = PostgresRuns(database)
    assert first is not None
    runs.undo(first.id, at(5))
    seeds.run(f"UPDATE memories SET {change} WHERE id = %(id)s", id=tea)
    with pytest.raises(Conflict, match="say otherwise") as refused:
        runs.redo(first.id, at(6))
    assert refused.value.code == "run_overtaken"
    assert store.read() is None


def test_words_of_a_memory_that_was_left_out_since_are_not_brought_back(
    database: Postgres, seeds: Seeds, store: PostgresUserInformation
) -> None:
    _, walnuts = known(seeds)
    service(store).refresh()
    seeds.run("UPDATE memories SET pinned = false WHERE id = %(id)s", id=walnuts)
    second = service(store).refresh()
    assert second is not None
    seeds.run("UPDATE memories SET text = 'I like walnuts.' WHERE id = %(id)s", id=walnuts)
    with pytest.raises(Conflict, match="say otherwise"):
        PostgresRuns(database).undo(second.id, at(5))
    assert store.about_user() == "- I prefer tea."


def test_words_that_went_since_are_not_taken_back_in_silence(
    database: Postgres, seeds: Seeds, store: PostgresUserInformation
) -> None:
    tea, _ = known(seeds)
    first = service(store).refresh()
    seeds.run("UPDATE memories SET state = 'archived' WHERE id = %(id)s", id=tea)
    assert first is not None
    with pytest.raises(Conflict, match="went since"):
        PostgresRuns(database).undo(first.id, at(5))


def test_words_in_whose_place_others_stand_are_not_brought_back(
    database: Postgres, seeds: Seeds, store: PostgresUserInformation
) -> None:
    known(seeds)
    first, runs = service(store).refresh(), PostgresRuns(database)
    assert first is not None
    runs.undo(first.id, at(5))
    service(store, document({"text": "Tea, no walnuts."})).refresh()
    with pytest.raises(Conflict, match="changed again"):
        runs.redo(first.id, at(6))
    assert store.about_user() == "Tea, no walnuts."


def test_the_words_go_with_a_memory_that_is_erased_from_the_journal_too(
    database: Postgres, seeds: Seeds, store: PostgresUserInformation
) -> None:
    _, walnuts = known(seeds)
    service(store).refresh()
    assert "walnuts" in store.about_user()
    with PostgresMemories(database, UserId(seeds.user_id)).work() as work:
        work.erase(MemoryId(walnuts), at(5))
    assert store.about_user() == ""
    with database.transaction() as tx:
        assert "walnuts" not in str(tx.all("SELECT * FROM run_changes"))
    service(store).refresh()
    assert store.about_user() == "- I prefer tea."


@pytest.mark.parametrize("change", ["text = 'I prefer coffee.'", "state = 'archived'"])
def test_the_words_go_when_a_memory_says_otherwise(
    seeds: Seeds, store: PostgresUserInformation, change: str
) -> None:
    tea, _ = known(seeds)
    service(store).refresh()
    seeds.run(f"UPDATE memories SET {change} WHERE id = %(id)s", id=tea)
    assert store.read() is None


def test_a_count_changes_nothing(seeds: Seeds, store: PostgresUserInformation) -> None:
    tea, _ = known(seeds)
    service(store).refresh()
    seeds.run("UPDATE memories SET text = text, updated_at = now() WHERE id = %(id)s", id=tea)
    assert store.read() is not None


def test_words_by_hand_outlive_every_memory(seeds: Seeds, store: PostgresUserInformation) -> None:
    tea, _ = known(seeds)
    service(store).edit("Tea it is.")
    seeds.run("UPDATE memories SET state = 'archived' WHERE id = %(id)s", id=tea)
    assert service(store).refresh() is None
    assert store.about_user() == "Tea it is."
    back = service(store).reset()
    assert back is not None
    assert back.text == "- I'm allergic to walnuts."


def test_a_memory_that_changes_while_the_model_writes_is_not_drawn_from(
    seeds: Seeds, store: PostgresUserInformation
) -> None:
    tea, _ = known(seeds)

    def changed(_: ModelRequest) -> Step:
        seeds.run("UPDATE memories SET text = 'I prefer coffee.' WHERE id = %(id)s", id=tea)
        return document({"text": "Tea, no walnuts."})

    assert service(store, changed).refresh() is None
    assert store.read() is None


@pytest.mark.parametrize("meanwhile", ["nothing", "a memory changed", "written anew"])
def test_what_was_written_by_hand_comes_back_when_its_reset_is_undone(
    database: Postgres, seeds: Seeds, store: PostgresUserInformation, meanwhile: str
) -> None:
    tea, _ = known(seeds)
    by_hand = service(store).edit("Call me Ada.")
    reset = service(store).reset()
    assert reset is not None
    assert reset.run_id is not None
    runs = PostgresRuns(database)
    if meanwhile != "nothing":
        seeds.run("UPDATE memories SET text = 'I prefer coffee.' WHERE id = %(id)s", id=tea)
    if meanwhile == "written anew":
        later = service(store).refresh()
        assert later is not None
        runs.undo(later.id, at(5))
    runs.undo(reset.run_id, at(5))
    assert store.read() == by_hand


def test_a_reset_without_anything_to_draw_from_leaves_nothing_and_can_be_undone(
    database: Postgres, store: PostgresUserInformation
) -> None:
    by_hand = service(store).edit("Call me Ada.")
    reset = service(store).reset()
    assert reset is not None
    assert (store.about_user(), reset.by_hand) == ("", False)
    assert reset.run_id is not None
    PostgresRuns(database).undo(reset.run_id, at(5))
    assert store.read() == by_hand
