"""Names on the real database: who is meant, merged on evidence, silent, undone and done again."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from adapters.postgres import Postgres
from cns.errors import ModelUnavailable
from cns.ports import ModelRequest, Page, User
from cns.postgres import PostgresContinuumStore
from config.settings import MemorySettings
from lt_memory.domain.linking import KnownEntity
from lt_memory.domain.memory import Actor, EntityName, Memory, MemoryId, RunId, State
from lt_memory.domain.revision import changed
from lt_memory.domain.run import Run
from lt_memory.entity_keeper import EntityKeeper
from lt_memory.jobs.embed import EmbedPending
from lt_memory.jobs.entity_gc import KeepEntities
from lt_memory.linking_postgres import PostgresLinks
from lt_memory.namings import DORMANT_DAYS
from lt_memory.ports import Birth, MemoryFilter, Rewrite
from lt_memory.postgres import PostgresMemories
from lt_memory.recall_postgres import PostgresVectors
from lt_memory.runs_postgres import PostgresRuns
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.llm import Fails, FakeLLM, Step, document
from tests.invariants import breaches
from tests.values import START

pytestmark = pytest.mark.postgres
TABLES = ("memories", "memory_entities", "entities", "entity_aliases", "memory_links")


@dataclass(slots=True)
class World:
    """Memories that name people, places and things, and the job that looks after the names."""

    database: Postgres
    clock: FrozenClock
    user: User
    llm: FakeLLM = field(default_factory=lambda: FakeLLM(capable=False))
    embedder: FakeEmbedder = field(default_factory=FakeEmbedder)

    @property
    def store(self) -> PostgresMemories:
        return PostgresMemories(self.database, self.user.id)

    @property
    def runs(self) -> PostgresRuns:
        return PostgresRuns(self.database)

    @property
    def job(self) -> KeepEntities:
        return KeepEntities(
            EntityKeeper(
                store=self.store,
                llm=self.llm,
                embedder=self.embedder,
                prompt="Look after names.",
                clock=self.clock,
                figures=MemorySettings,
            )
        )

    def remember(self, *names: str, kind: str = "person") -> MemoryId:
        """A memory that says these names."""
        memory = Memory(
            id=MemoryId(uuid4()),
            text=f"I met {' and '.join(names)}.",
            created_at=self.clock.now(),
            updated_at=self.clock.now(),
        )
        named = tuple(EntityName(name=name, kind=kind) for name in names)
        with self.store.work() as work:
            work.add(Birth(memory=memory, actor=Actor.USER, names=named))
        return memory.id

    def apart(self, *names: str, kind: str = "person") -> None:
        """Entities as they may stand from before names were compared, with a memory each."""
        for name in names:
            memory_id = self.remember("Zoe")
            with self.database.transaction() as tx:
                tx.run(
                    "WITH made AS (INSERT INTO entities (id, user_id, name, kind, created_at)"
                    " VALUES (gen_random_uuid(), %(user)s, %(name)s, %(kind)s, %(at)s)"
                    " RETURNING id) UPDATE memory_entities SET entity_id = made.id FROM made"
                    " WHERE memory_id = %(memory)s",
                    user=self.user.id,
                    name=name,
                    kind=kind,
                    at=self.clock.now(),
                    memory=memory_id,
                )
        with self.database.transaction() as tx:
            tx.run("DELETE FROM entities WHERE name = 'Zoe'")

    def embed(self) -> None:
        vectors = PostgresVectors(self.database)
        EmbedPending(vectors, self.embedder).run()

    def ran(self, *steps: "Script") -> Run:
        if not self.embedder.lost:
            self.embed()
        self.llm.will(*steps)
        told: Mapping[str, Any] = self.job.run()
        return self.runs.get(RunId(UUID(told["runs"][0]))).run

    def change(self, memory_id: MemoryId, state: State) -> None:
        with self.store.work() as work:
            old = work.memory(memory_id)
            new = replace(old, state=state, updated_at=self.clock.now())
            revision = changed(old, new, Actor.USER, "moved")
            if revision is not None:
                work.rewrite(Rewrite(
                    memory=replace(new, revision=revision.revision), revision=revision
                ))  # fmt: skip

    def forget(self, memory_id: MemoryId) -> None:
        with self.store.work() as work:
            work.erase(memory_id, self.clock.now())

    def silence(self) -> None:
        with self.database.transaction() as tx:
            tx.run(
                "UPDATE users SET cumulative_activity_days = cumulative_activity_days + %(days)s",
                days=DORMANT_DAYS,
            )

    def known(self, q: str | None = None) -> list[KnownEntity]:
        found, _ = PostgresLinks(self.database).entities(q, Page(limit=100))
        return list(found)

    def names(self) -> dict[str, tuple[str, ...]]:
        return {each.entity.name: each.aliases for each in self.known()}

    def everything(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        with self.database.transaction() as tx:
            return {
                table: tx.all(f"SELECT t::text AS row FROM {table} t ORDER BY 1")
                for table in TABLES
            }


@pytest.fixture
def world(database: Postgres, clock: FrozenClock) -> World:
    user = PostgresContinuumStore(database).only_user("Anna", "UTC", START)
    return World(database, clock, user)


# --- who is meant by a name ---------------------------------------------------


@pytest.mark.parametrize(
    "variant",
    ["ADA KING", "Ada  King", "Áda King", "Ada King's", "Ada King’s", "Dr. Ada King",
     "Professor Ada King", "Ada-King"],
)  # fmt: skip
def test_a_name_spelt_otherwise_is_an_alias(world: World, variant: str) -> None:
    world.remember("Ada King")
    memory_id = world.remember(variant)
    assert world.names() == {"Ada King": (variant,)}
    narrowed = MemoryFilter(entity=variant)
    assert len(world.store.list(narrowed, Page(limit=9))[0]) == 2
    assert [e.name for e in world.store.get(memory_id).entities] == ["Ada King"]
    assert world.known(variant)[0].memory_count == 2


def test_a_bare_first_name_means_the_only_one_who_has_it(world: World) -> None:
    world.remember("Ada King")
    world.remember("Ada")
    assert world.names() == {"Ada King": ()}
    world.remember("Ada Lovelace")
    world.remember("Ada")
    assert set(world.names()) == {"Ada King", "Ada Lovelace", "Ada"}


def test_a_first_name_that_neither_time_nor_company_bears_out_is_somebody_else(
    world: World,
) -> None:
    world.remember("Ada King")
    world.clock.move(timedelta(days=8))
    world.remember("Ada")
    world.ran()
    assert set(world.names()) == {"Ada King", "Ada"}


def test_a_first_name_in_known_company_is_of_the_one_who_keeps_it(world: World) -> None:
    world.remember("Ada King", "Charles Babbage")
    world.clock.move(timedelta(days=8))
    world.remember("Ada", "Charles Babbage")
    world.ran()
    assert set(world.names()) == {"Ada King", "Charles Babbage"}


def test_a_name_that_takes_over_the_memories_of_another_is_examined_again(world: World) -> None:
    world.apart("Ada King", "ADA KING")
    world.embed()
    with world.store.work() as work:
        heir = work.entities.unexamined(world.embedder.name, 9)
        work.entities.note_examined(heir)
        (pair,) = work.entities.spelt_alike()
        work.entities.merge(pair.one, pair.other)
        assert work.entities.unexamined(world.embedder.name, 9) == [pair.other]


@pytest.mark.parametrize(
    "names",
    [
        ("Anna", "Anne"),
        ("Ada King", "Ada Kingsley"),
        ("John Smith Sr", "John Smith Jr"),
        ("Mr King", "Mrs King"),
        ("Paul", "Paula"),
    ],
)
def test_people_who_are_two_stay_two(world: World, names: tuple[str, str]) -> None:
    for _ in range(2):
        world.remember(*names)
    world.ran()
    assert set(world.names()) == {*names}


@pytest.mark.parametrize(
    "names", [("Apple", "Apple Pie"), ("iPhone 12", "iPhone 13"), ("York", "New York")]
)
def test_things_that_are_two_stay_two(world: World, names: tuple[str, str]) -> None:
    for _ in range(2):
        world.remember(*names, kind="thing")
    world.ran()
    assert set(world.names()) == {*names}


def test_a_city_is_not_a_person(world: World) -> None:
    world.remember("Paris", kind="gpe")
    world.remember("Paris Hilton")
    world.ran()
    assert set(world.names()) == {"Paris", "Paris Hilton"}


def test_an_archived_name_wakes_when_a_memory_names_it(world: World) -> None:
    memory_id = world.remember("Ada King")
    world.change(memory_id, State.ARCHIVED)
    assert world.ran().decisions[0]["decision"] == "archived"
    assert world.known() == []
    world.remember("ada king")
    assert world.names() == {"Ada King": ("ada king",)}


def test_what_no_memory_says_any_more_is_no_name(world: World) -> None:
    world.remember("Ada King")
    gone = world.remember("Dr Ada King")
    world.remember("ADA KING")
    world.forget(gone)
    assert world.names() == {"Ada King": ("ADA KING",)}


def test_whom_the_words_still_name_is_kept_by_alias_and_as_a_whole_word_alone(
    world: World,
) -> None:
    memory_id = world.remember("Beyoncé")
    world.remember("BEYONCE")
    world.remember("Ann")
    with world.store.work() as work:
        known = work.entities.named_by([memory_id])
        assert work.entities.keep(memory_id, "I met BEYONCE’s aunt.", known) == {"BEYONCE"}
        assert work.entities.keep(memory_id, "I met Beyoncéan Anna.", known) == frozenset()


def test_the_name_itself_gives_way_when_only_an_alias_is_said(world: World) -> None:
    first = world.remember("Professor Ada King")
    world.remember("Ada King")
    world.forget(first)
    assert world.names() == {"Ada King": ()}


# --- the job ------------------------------------------------------------------


def test_the_same_name_is_merged_into_its_longest_form_undone_and_done_again(
    world: World,
) -> None:
    world.apart("Ada King", "Dr Ada King", "ada king", "Ada")
    world.embed()
    before = world.everything()
    run = world.ran()
    assert run.summary.startswith("3 merged, 0 put away")
    assert world.names() == {"Dr Ada King": ("Ada", "Ada King", "ada king")}
    assert world.known()[0].memory_count == 4
    after = world.everything()
    world.runs.undo(run.id, world.clock.now())
    assert world.everything() == before
    assert world.ran().summary.startswith("0 merged")
    world.runs.redo(run.id, world.clock.now())
    assert world.everything() == after
    assert not breaches(world.database)


def test_a_name_that_came_again_is_not_taken_from_what_bears_it_now(world: World) -> None:
    world.apart("Ada King", "Dr Ada King")
    world.embed()
    run = world.ran()
    assert world.names() == {"Dr Ada King": ("Ada King",)}
    world.apart("Ada King")
    before = world.everything()
    world.runs.undo(run.id, world.clock.now())
    undone = world.everything()
    world.runs.redo(run.id, world.clock.now())
    assert world.everything() == before
    world.runs.undo(run.id, world.clock.now())
    assert world.everything() == undone


def test_names_alike_in_meaning_spelling_and_company_are_merged(world: World) -> None:
    world.embedder = SameVectors()
    for _ in range(2):
        world.remember("Ada Kingsley", "Ada Kingsly")
    world.remember("Ada Kingsley")
    run = world.ran()
    assert [each["reason"] for each in run.decisions] == ["alike in meaning, spelling and company"]
    assert world.names() == {"Ada Kingsley": ("Ada Kingsly",)}


def test_names_are_held_against_each_other_again_when_one_gains_a_memory(world: World) -> None:
    world.embedder = SameVectors()
    world.remember("Ada Kingsley")
    world.remember("Ada Kingsly")
    assert world.ran().decisions == ()
    for _ in range(3):
        world.remember("Ada Kingsley", "Ada Kingsly")
    assert [each["decision"] for each in world.ran().decisions] == ["merged"]


def test_without_company_they_are_not(world: World) -> None:
    world.embedder = SameVectors()
    world.remember("Ada Kingsley")
    world.remember("Ada Kingsly")
    assert world.ran().decisions == ()


class SameVectors(FakeEmbedder):
    """Finds all names alike."""

    @override
    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return super().embed(["name" for _ in texts])


def test_a_lost_embedder_leaves_the_safe_rules_and_it_is_said(world: World) -> None:
    world.embedder.lost = True
    world.apart("Ada King", "ADA KING")
    run = world.ran()
    assert run.summary.startswith("1 merged")
    assert "2 names wait for their vectors" in run.summary
    assert "by rules alone" in run.summary


def test_a_rehearsal_shows_what_it_would_do_and_keeps_nothing(world: World) -> None:
    world.llm = FakeLLM()
    world.apart("Ada King", "ADA KING", "Ben")
    world.silence()
    before = world.everything()
    told = world.job.rehearse()
    assert told["summary"] == "1 merged, 0 put away, 0 reviewed; 3 would be reviewed"
    assert world.everything() == before
    assert world.llm.requests == []


def test_a_deleted_memory_takes_its_merged_name_out_of_the_journal(world: World) -> None:
    world.embedder = SameVectors()
    gone = world.remember("Ada Kingsley", "Ada Kingsly")
    world.remember("Ada Kingsley")
    assert world.ran().summary.startswith("1 merged")
    world.forget(gone)
    assert world.names() == {"Ada Kingsley": ()}
    with world.database.transaction() as tx:
        told = tx.all("SELECT c::text AS row FROM run_changes c")
    assert "Kingsly" not in repr(told)


# --- names that have fallen silent --------------------------------------------


Script = Step | Callable[[ModelRequest], Step]


def says(*words: Mapping[str, object]) -> Step:
    plain = {"entity": 1, "decision": "keep", "into": 0}
    return document({"entities": [{**plain, **word} for word in words]})


def asked(request: ModelRequest) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(request.messages[0].text)["entities"]
    return told


def about(name: str, decision: str, into: str = "") -> Script:
    """An answer on one name of the question, whatever its number."""

    def answer(request: ModelRequest) -> Step:
        case = next(each for each in asked(request) if each["name"] == name)
        numbers = {each["name"]: each["into"] for each in case["like_it"]}
        return says({
            "entity": case["entity"], "decision": decision, "into": numbers.get(into, 0)
        })  # fmt: skip

    return answer


@pytest.fixture
def silent(world: World) -> World:
    world.llm = FakeLLM()
    world.embedder = SameVectors()
    world.remember("Ada Kingsley")
    world.remember("Ada Kingsly")
    world.remember("Ada Lovelace")
    world.silence()
    return world


def test_a_review_that_cannot_be_read_is_asked_for_thrice(silent: World) -> None:
    run = silent.ran(document("nonsense"))
    assert "0 reviewed, 3 passed over: the answer could not be used" in run.summary
    for _ in range(2):
        silent.ran(document("nonsense"))
    asked = len(silent.llm.requests)
    silent.ran()
    assert (asked, len(silent.llm.requests)) == (3, 3)


def test_a_name_whose_review_could_not_be_read_is_merged_by_the_next(silent: World) -> None:
    silent.ran(document("nonsense"))
    silent.ran(about("Ada Kingsly", "merge", "Ada Kingsley"))
    assert silent.names() == {"Ada Kingsley": ("Ada Kingsly",), "Ada Lovelace": ()}


def test_a_silent_name_is_merged_as_reviewed_and_that_is_undone(silent: World) -> None:
    run = silent.ran(about("Ada Kingsly", "merge", "Ada Kingsley"))
    after = silent.everything()
    assert run.summary == "1 merged, 0 put away, 3 reviewed"
    assert run.usage.output_tokens > 0
    assert silent.names() == {"Ada Kingsley": ("Ada Kingsly",), "Ada Lovelace": ()}
    silent.runs.undo(run.id, silent.clock.now())
    assert set(silent.names()) == {"Ada Kingsley", "Ada Kingsly", "Ada Lovelace"}
    silent.runs.redo(run.id, silent.clock.now())
    assert silent.everything() == after


def test_a_silent_name_is_put_away_as_reviewed_and_nobody_is_asked_twice(silent: World) -> None:
    run = silent.ran(about("Ada Lovelace", "delete"))
    assert [each["decision"] for each in run.decisions] == ["archived"]
    assert "Ada Lovelace" not in silent.names()
    silent.runs.undo(run.id, silent.clock.now())
    assert "Ada Lovelace" in silent.names()
    assert silent.ran().summary == "0 merged, 0 put away, 0 reviewed"
    assert len(silent.llm.requests) == 1


def test_what_is_named_anew_while_the_model_thinks_stays(silent: World) -> None:
    def naming(request: ModelRequest) -> Step:
        silent.remember("Ada Lovelace")
        answer = about("Ada Lovelace", "delete")
        assert callable(answer)
        return answer(request)

    with silent.database.transaction() as tx:
        tx.run("UPDATE memories SET activity_days_at_creation = 0")
    assert silent.ran(naming).decisions == ()
    assert "Ada Lovelace" in silent.names()


@pytest.mark.parametrize(
    "word",
    [
        {"entity": 9, "decision": "delete"},
        {"entity": "1", "decision": "delete"},
        {"entity": True, "decision": "delete"},
        {"decision": "obey"},
        {"decision": "merge", "into": 0},
        {"decision": "merge", "into": 6},
        {"decision": "merge", "into": "Ada Lovelace"},
    ],
    ids=repr,
)
def test_poisonous_answers_change_nothing(silent: World, word: Mapping[str, object]) -> None:
    names = silent.names()
    assert silent.ran(says(word)).decisions == ()
    assert silent.names() == names


@pytest.mark.parametrize("answer", [document("merge all"), document({"entities": ["Ada"]})])
def test_an_answer_of_another_form_keeps_every_name(silent: World, answer: Step) -> None:
    assert silent.ran(answer).summary.startswith("0 merged, 0 put away")
    assert len(silent.names()) == 3


def test_no_model_makes_two_people_one(silent: World) -> None:
    run = silent.ran(about("Ada Lovelace", "merge", "Ada Kingsley"))
    assert [each["decision"] for each in run.decisions] == ["refused"]
    assert len(silent.names()) == 3


def test_a_model_that_fails_puts_the_review_off(silent: World) -> None:
    run = silent.ran(Fails(ModelUnavailable("The model is away.")))
    assert run.summary == "0 merged, 0 put away, 0 reviewed; The model is away."
    assert silent.ran(says()).summary == "0 merged, 0 put away, 3 reviewed"


def test_the_run_holds_no_names(silent: World) -> None:
    run = silent.ran(about("Ada Kingsly", "merge", "Ada Kingsley"))
    assert "Ada" not in repr((run.decisions, run.inputs, run.summary))


# --- counts -------------------------------------------------------------------

WHO = st.sampled_from(["Ada King", "ADA KING", "Ben Ray", "Cy"])
STEP = st.tuples(st.sampled_from(["add", "archive", "wake", "delete", "keep", "undo"]), WHO)


@dataclass(slots=True)
class Tally:
    """What is done to memories, and whom the awake ones of them name."""

    world: World
    awake: dict[MemoryId, str] = field(default_factory=dict)
    asleep: dict[MemoryId, str] = field(default_factory=dict)
    done: list[RunId] = field(default_factory=list)

    def add(self, who: str) -> None:
        self.awake[self.world.remember(who)] = who.title()

    def archive(self, who: str) -> None:
        for memory_id in self._first(who):
            self.world.change(memory_id, State.ARCHIVED)
            self.asleep[memory_id] = self.awake.pop(memory_id)

    def wake(self, _: str) -> None:
        if self.asleep:
            memory_id, name = self.asleep.popitem()
            self.world.change(memory_id, State.ACTIVE)
            self.awake[memory_id] = name

    def delete(self, who: str) -> None:
        for memory_id in self._first(who):
            self.world.forget(memory_id)
            del self.awake[memory_id]

    def keep(self, _: str) -> None:
        self.done.append(self.world.ran().id)

    def undo(self, _: str) -> None:
        if self.done:
            self.world.runs.undo(self.done.pop(), self.world.clock.now())

    def _first(self, who: str) -> list[MemoryId]:
        return [each for each, name in self.awake.items() if name == who.title()][:1]


@given(st.lists(STEP, min_size=1, max_size=12))
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_counts_rise_and_fall_with_the_memories(world: World, steps: list[tuple[str, str]]) -> None:
    with world.database.transaction() as tx:
        tx.run("TRUNCATE memories, entities, runs CASCADE")
    tally = Tally(world)
    for what, who in steps:
        getattr(tally, what)(who)
        told = {each.entity.name.title(): each.memory_count for each in world.known()}
        assert told == {name: list(tally.awake.values()).count(name) for name in told}
