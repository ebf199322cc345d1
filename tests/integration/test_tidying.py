"""Merging and refining on the real database: what models say is checked, kept, and taken back."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import sqrt
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.postgres import Postgres
from cns.domain.model import Purpose
from cns.errors import Conflict, ModelUnavailable, NotFound, SpendingCeiling
from cns.ports import ModelRequest, Page
from cns.postgres import PostgresContinuumStore
from config.settings import MemorySettings
from lt_memory.consolidation import Consolidation, Prompts
from lt_memory.domain.memory import (
    Actor,
    EntityName,
    Memory,
    MemoryId,
    RunId,
    Source,
    State,
    Trust,
)
from lt_memory.domain.revision import changed
from lt_memory.domain.run import Run
from lt_memory.domain.scoring import Pace
from lt_memory.jobs.consolidate import ConsolidateMemories
from lt_memory.jobs.refine import RefineMemories
from lt_memory.ports import Birth, Embedded, NewLink, Rewrite
from lt_memory.postgres import PostgresMemories
from lt_memory.reader import Reader
from lt_memory.refinement import Refinement
from lt_memory.runs_postgres import PostgresRuns
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.llm import USAGE, Fails, FakeLLM, Says, Step, document
from tests.fakes.names import FakeNames
from tests.integration.test_runs import TABLES
from tests.invariants import breaches
from tests.values import START, at

pytestmark = pytest.mark.postgres
ANNA = EntityName(name="Anna", kind="person")
CATS = ("My sister Anna has two cats.", "My sister Anna has two black cats at home.")
BOTH = CATS[1]
LONG = (
    "As I keep saying, my dear sister Anna, who really is 30, quite happily lives in Leeds these"
    " days with two cats, and she is not allergic to cats."
)
SHORT = "My sister Anna is 30, lives in Leeds with two cats, and she is not allergic to cats."
PARTS = (
    "My sister Anna is 30, lives quite happily in Leeds these days.",
    "My sister Anna lives with two cats, and she is not allergic to cats.",
)
LEFT = document({"action": "do_nothing", "texts": []})
AWAY = Fails(ModelUnavailable("The model is away."))
NO_MONEY = Fails(SpendingCeiling("Today's money is spent."))


def judged(text: str = BOTH) -> Says:
    return document({"should_consolidate": True, "text": text, "reason": "both on\nAnna's cats"})


APART = document({"should_consolidate": False, "text": "", "reason": "two things"})
YES = document({"approve": True, "reason": ""})
NO = document({"approve": False, "reason": "not sure"})


def refined(action: str, *texts: str) -> Says:
    return document({"action": action, "texts": list(texts)})


@dataclass(slots=True)
class World:
    """The memories, the two jobs over them, and every byte that they may change."""

    database: Postgres
    clock: FrozenClock
    llm: FakeLLM = field(default_factory=FakeLLM)
    figures: MemorySettings = field(default_factory=MemorySettings)

    def __post_init__(self) -> None:
        PostgresContinuumStore(self.database).only_user("Anna", "UTC", START)

    @property
    def memories(self) -> PostgresMemories:
        user = PostgresContinuumStore(self.database).only_user("Anna", "UTC", START)
        return PostgresMemories(self.database, user.id)

    @property
    def runs(self) -> PostgresRuns:
        return PostgresRuns(self.database)

    @property
    def reader(self) -> Reader:
        return Reader(FakeNames({"Anna": "person"}), FakeEmbedder())

    @property
    def consolidation(self) -> Consolidation:
        return Consolidation(
            store=self.memories,
            llm=self.llm,
            prompts=Prompts(judge="One?", review="Sure?"),
            reader=self.reader,
            clock=self.clock,
            figures=lambda: self.figures,
        )

    @property
    def refinement(self) -> Refinement:
        return Refinement(
            store=self.memories,
            llm=self.llm,
            prompt="Shorter?",
            reader=self.reader,
            clock=self.clock,
            figures=lambda: self.figures,
        )

    def add(self, text: str, place: int = 0, **fields: Any) -> Memory:
        """Of a vector near all others of another place, by .94."""
        vector = [0.0] * 384
        vector[0], vector[1 + place] = 0.97, sqrt(1 - 0.97**2)
        uses = fields.pop("uses", 5)
        by = Actor.USER if fields.pop("by_hand", False) else Actor.IMPORT
        memory = Memory(id=MemoryId(uuid4()), text=text, created_at=at(0), updated_at=at(0))
        memory = replace(memory, **fields)
        with self.memories.work() as work:
            vectored = Embedded(vector=vector, model="fake")
            work.add(Birth(memory=memory, actor=by, names=(ANNA,), vector=vectored))
        self.sql("UPDATE memory_standing SET cited_count = %(n)s WHERE memory_id = %(id)s",
                 n=uses, id=memory.id)  # fmt: skip
        return memory

    def cats(self, **fields: Any) -> list[Memory]:
        return [self.add(text, place, **fields) for place, text in enumerate(CATS)]

    def long(self, text: str = LONG, **fields: Any) -> Memory:
        return self.add(text, created_at=at(-20 * 24 * 60), **fields)

    def link(self, one: Memory, other: Memory, kind: str, confidence: float = 0.9) -> None:
        with self.memories.work() as work:
            work.link(NewLink(
                id=uuid4(), source_id=one.id, target_id=other.id, kind=kind, reason="", at=at(1),
                confidence=confidence,
            ))  # fmt: skip

    def reword(self, memory: Memory, text: str, actor: Actor = Actor.USER) -> None:
        with self.memories.work() as work:
            old = work.memory(memory.id)
            new = replace(old, text=text, updated_at=at(2))
            step = changed(old, new, actor, "edited")
            assert step is not None
            work.rewrite(Rewrite(memory=replace(new, revision=step.revision), revision=step))

    def sql(self, statement: str, **values: object) -> None:
        with self.database.transaction() as tx:
            tx.run(statement, **values)

    def consolidate(self, *steps: Step) -> Run | None:
        self.llm.will(*steps)
        return self.consolidation.carry_out()

    def refine(self, *steps: Step) -> Run | None:
        self.llm.will(*steps)
        return self.refinement.carry_out()

    def everything(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        with self.database.transaction() as tx:
            return {
                table: tx.all(f"SELECT t::text AS row FROM {table} t ORDER BY 1")
                for table in TABLES
            }

    def stands(self, memory: Memory) -> tuple[str, State]:
        found = self.memories.get(memory.id)
        return found.text, found.state


@pytest.fixture
def world(database: Postgres, clock: FrozenClock) -> Iterator[World]:
    world = World(database, clock)
    yield world
    assert world.llm.left == 0
    assert not breaches(database)


def kept(run: Run | None) -> Run:
    assert run is not None
    return run


def decisions(run: Run | None) -> list[object]:
    return [each["decision"] for each in kept(run).decisions]


def heir(world: World, run: Run | None) -> Memory:
    (made,) = (each for each in kept(run).decisions if "memory_id" in each)
    return world.memories.get(MemoryId(UUID(str(made["memory_id"]))))


def job(world: World, name: str) -> ConsolidateMemories | RefineMemories:
    if name == "consolidate":
        return ConsolidateMemories(world.consolidation)
    return RefineMemories(world.refinement)


# --- merging ----------------------------------------------------------------------------


def test_two_that_say_the_same_become_one_of_median_importance(world: World) -> None:
    one, other = world.cats()
    third = world.add("My sister Anna has two cats, black cats.", 2)
    for memory, share in ((one, 0.9), (other, 0.4), (third, 0.5)):
        world.sql("UPDATE memory_standing SET importance = %(share)s WHERE memory_id = %(id)s",
                  share=share, id=memory.id)  # fmt: skip
    run = world.consolidate(judged(), YES)
    made = heir(world, run)
    assert (made.text, made.importance, made.state) == (BOTH, 0.5, State.ACTIVE)
    assert {world.stands(each)[1] for each in (one, other, third)} == {State.ARCHIVED}
    assert {link.other_id for link in made.links if link.kind == "derived_from"} == {
        one.id,
        other.id,
        third.id,
    }
    assert [each.actor for each in world.memories.history(made.id)] == [Actor.CONSOLIDATION]
    assert world.memories.history(one.id)[-1].change == f"merged into {made.id}"
    assert (kept(run).state, kept(run).summary) == ("done", "1 merged")


STANDING = (
    "SELECT s.surfaced_count, s.cited_count, s.last_accessed_at, s.activity_day_at_access,"
    " m.activity_days_at_creation, s.importance FROM memory_standing s"
    " JOIN memories m ON m.id = s.memory_id WHERE m.id = %(id)s"
)


def standing(world: World, memory_id: MemoryId) -> list[object]:
    with world.database.transaction() as tx:
        return list(tx.one(STANDING, id=memory_id).values())


def long_used(world: World, memories: Sequence[Memory]) -> None:
    """Memories of active days 40 and 60, shown and cited on days 90 and 95 of 100."""
    world.sql("UPDATE users SET cumulative_activity_days = 100")
    for place, memory in enumerate(memories):
        world.sql("UPDATE memories SET activity_days_at_creation = %(born)s WHERE id = %(id)s",
                  born=40 + 20 * place, id=memory.id)  # fmt: skip
        world.sql("UPDATE memory_standing SET surfaced_count = 7, last_accessed_at = %(at)s,"
                  " activity_day_at_access = %(day)s WHERE memory_id = %(id)s",
                  at=at(5 + place), day=90 + 5 * place, id=memory.id)  # fmt: skip


def test_a_merged_one_has_the_use_and_the_age_of_those_that_it_is_made_of(world: World) -> None:
    one, other = world.cats()
    long_used(world, [one, other])
    before = world.everything()
    run = kept(world.consolidate(judged(), YES))
    made = heir(world, run)
    assert standing(world, made.id)[:5] == [14, 10, at(6), 95, 52]
    with world.memories.work() as work:
        work.standings.rescore(at(9), Pace())
    eldest, both = standing(world, one.id)[5], standing(world, made.id)[5]
    assert float(str(both)) > float(str(eldest)) > 0.5
    assert float(str(both)) >= float(str(standing(world, other.id)[5]))
    world.runs.undo(run.id, at(10))
    assert world.everything()["memories"] == before["memories"]


def test_parts_have_the_use_and_the_age_of_the_whole(world: World) -> None:
    memory = world.long()
    long_used(world, [memory])
    before = world.everything()
    run = kept(world.refine(refined("split", *PARTS)))
    (told,) = run.decisions
    ids = [MemoryId(UUID(str(each))) for each in told["memory_ids"]]  # type: ignore[attr-defined]  # ids
    assert [standing(world, each)[:5] for each in ids] == [[7, 5, at(5), 90, 40]] * 2
    after = world.everything()
    world.runs.undo(run.id, at(10))
    assert world.everything() == before
    world.runs.redo(run.id, at(11))
    assert world.everything() == after


def test_the_run_says_who_was_asked_and_what_it_cost_and_holds_no_words(world: World) -> None:
    one, other = world.cats()
    run = world.runs.get(kept(world.consolidate(judged(), YES)).id).run
    assert (run.job, run.model) == ("consolidate", "fake-model")
    assert run.usage.input_tokens == 2 * USAGE.input_tokens
    assert run.inputs == {"clusters": [sorted(map(str, (one.id, other.id)))]}
    assert "cats" not in json.dumps([dict(each) for each in run.decisions])
    judge, review = world.llm.requests
    assert (judge.fast, review.fast) == (False, True)
    assert {each.purpose for each in world.llm.requests} == {Purpose.UPKEEP}
    assert {each.subject for each in world.llm.requests} == {run.id}


def test_links_go_over_to_the_one_and_of_two_alike_the_surer(world: World) -> None:
    one, other = world.cats()
    far = world.add("I like tea.", 5, uses=0)
    world.link(one, far, "supports", 0.6)
    world.link(other, far, "supports", 0.8)
    made = heir(world, world.consolidate(judged(), YES))
    (link,) = (each for each in made.links if each.kind == "supports")
    with world.database.transaction() as tx:
        row = tx.one("SELECT confidence FROM memory_links WHERE id = %(id)s", id=link.id)
    assert (link.other_id, float(row["confidence"])) == (far.id, 0.8)


def test_a_merging_is_undone_byte_for_byte_and_done_again(world: World) -> None:
    one, other = world.cats()
    world.link(world.add("I like tea.", 5, uses=0), one, "supports")
    before = world.everything()
    run = kept(world.consolidate(judged(), YES))
    after = world.everything()
    world.runs.undo(run.id, at(9))
    assert world.everything() == before
    world.runs.redo(run.id, at(10))
    assert world.everything() == after
    world.runs.undo(run.id, at(11))
    assert world.consolidate() is None, "what the user took back is not asked again"
    assert world.stands(other) == (CATS[1], State.ACTIVE)


POISONED_MERGES = {
    "new names": f"{BOTH[:-1]} with Bob.",
    "negation lost": "My sister Anna has not two black cats at home.",
    "new numbers": "My sister Anna has 40 black cats at home.",
    "names lost": "My friend has two black cats at home.",
    "new words": f"{BOTH[:-1]} that bite visitors.",
    "length": "Cats.",
}


def refused_undoing(world: World, run: Run, lost: Memory) -> None:
    with world.memories.work() as work:
        work.erase(lost.id, at(3))
    before = world.everything()
    with pytest.raises(Conflict, match=str(lost.id)) as refused:
        world.runs.undo(run.id, at(9))
    assert (refused.value.code, world.everything()) == ("run_overtaken", before)


def test_a_merging_is_not_undone_that_alone_holds_what_was_deleted(world: World) -> None:
    one, other = world.cats()
    run = kept(world.consolidate(judged(), YES))
    refused_undoing(world, run, one)
    with world.memories.work() as work:
        work.erase(heir(world, run).id, at(4))
    world.runs.undo(run.id, at(10))
    assert world.stands(other) == (CATS[1], State.ACTIVE)


def test_a_merging_is_not_done_again_of_what_was_deleted(world: World) -> None:
    one, other = world.cats()
    run = kept(world.consolidate(judged(), YES))
    world.runs.undo(run.id, at(2))
    with world.memories.work() as work:
        work.erase(one.id, at(3))
    with pytest.raises(Conflict, match=str(one.id)):
        world.runs.redo(run.id, at(9))
    assert world.stands(other) == (CATS[1], State.ACTIVE)


def test_a_split_is_not_undone_that_alone_holds_what_was_deleted(world: World) -> None:
    memory = world.long()
    refused_undoing(world, kept(world.refine(refined("split", *PARTS))), memory)


def test_a_poisonous_merging_is_refused_before_anybody_reviews_it(world: World) -> None:
    one, _ = world.cats()
    for flaw, text in POISONED_MERGES.items():
        before = world.everything()
        run = world.consolidate(judged(text))
        assert decisions(run) == ["refused"]
        assert flaw in str(kept(run).decisions[0]["flaws"])
        assert world.everything() == before
        world.reword(one, "My sister Anna has had two cats.")
        world.reword(one, CATS[0])


@pytest.mark.parametrize(
    ("steps", "decision"),
    [((APART,), "kept apart"), ((judged(), NO), "rejected"), ((judged("Cats."),), "refused")],
)
def test_what_was_not_merged_is_not_asked_again_until_a_member_says_something_else(
    world: World, steps: Sequence[Step], decision: str
) -> None:
    one, _ = world.cats()
    assert decisions(world.consolidate(*steps)) == [decision]
    assert world.consolidate() is None
    world.sql("UPDATE memories SET state = 'dormant' WHERE id = %(id)s", id=one.id)
    assert world.consolidate() is None
    world.reword(one, "My sister Anna has had two cats.")
    world.reword(one, CATS[0])
    assert decisions(world.consolidate(judged(), YES)) == ["merged"]


def test_an_answer_that_cannot_be_read_is_asked_for_thrice(world: World) -> None:
    world.cats()
    strange = document({"should_consolidate": "perhaps"})
    for answer in (Says("no JSON"), Says("{}", stop="length"), strange):
        assert decisions(world.consolidate(answer)) == ["unfit"]
    assert world.consolidate() is None


def test_a_review_that_cannot_be_read_approves_nothing(world: World) -> None:
    world.cats()
    assert decisions(world.consolidate(judged(), document({"approve": "yes"}))) == ["unfit"]


AS_THEY_WERE = (
    "pinned = false, state = 'active', valid_until = NULL, expires_at = NULL, trust = 'trusted',"
    " embedding_model = 'fake', refined_at = NULL, created_at = '2026-01-01'"
)
UNTOUCHABLE = (
    "pinned = true",
    "state = 'archived'",
    "state = 'pending'",
    "valid_until = now()",
    "expires_at = '2000-01-01'",
)


def test_what_is_not_to_be_merged_is_not_asked_about(world: World) -> None:
    one, _ = world.cats()
    others = ("trust = 'untrusted'", "embedding_model = 'another'")
    for change in (*UNTOUCHABLE, *others):
        world.sql(f"UPDATE memories SET {change} WHERE id = %(id)s", id=one.id)
        assert world.consolidate() is None, change
        world.sql(f"UPDATE memories SET {AS_THEY_WERE}")
    assert decisions(world.consolidate(APART)) == ["kept apart"]


def test_what_conflicts_waits_until_that_is_settled(world: World) -> None:
    one, _ = world.cats()
    world.link(one, world.add("I like tea.", 5, uses=0), "conflicts")
    assert world.consolidate() is None
    world.sql("UPDATE memory_links SET settled_at = now(), settlement = 'both'")
    assert decisions(world.consolidate(APART)) == ["kept apart"]


def test_a_conflict_with_what_was_put_away_holds_up_nothing(world: World) -> None:
    one, _ = world.cats()
    gone = world.add("My sister Anna has no cats.", 9, uses=0)
    world.link(one, gone, "conflicts")
    assert world.consolidate() is None
    world.sql("UPDATE memories SET state = 'archived' WHERE id = %(id)s", id=gone.id)
    assert decisions(world.consolidate(APART)) == ["kept apart"]


def test_two_persons_are_not_even_asked_about(world: World) -> None:
    world.add("My sister Anna has two cats.", 0)
    world.add("My sister Maria has two cats.", 1)
    assert world.consolidate() is None


def test_a_hub_is_of_use_and_importance_or_much_linked_to(world: World) -> None:
    one, _ = world.cats(uses=4)
    assert world.consolidate() is None
    far = [world.add(f"I like tea {number}.", 10 + number, uses=0) for number in range(5)]
    for each in far[:4]:
        world.link(each, one, "supports")
    assert world.consolidate() is None
    world.link(far[4], one, "supports")
    assert decisions(world.consolidate(APART)) == ["kept apart"]


def test_untrusted_ones_merge_among_themselves_and_keep_their_label(world: World) -> None:
    world.cats(trust=Trust.UNTRUSTED, source=Source.WEB)
    made = heir(world, world.consolidate(judged(), YES))
    assert (made.trust, made.source) == (Trust.UNTRUSTED, Source.WEB)


def test_what_changes_while_models_are_asked_is_left_and_asked_about_later(world: World) -> None:
    one, _ = world.cats()

    def meanwhile(_: ModelRequest) -> Step:
        world.sql("UPDATE memories SET pinned = true WHERE id = %(id)s", id=one.id)
        return YES

    world.llm.will(judged(), meanwhile)
    assert decisions(world.consolidate()) == ["changed meanwhile"]
    world.sql("UPDATE memories SET pinned = false")
    assert decisions(world.consolidate(APART)) == ["kept apart"]


def test_what_is_deleted_while_models_are_asked_stays_deleted(world: World) -> None:
    one, _ = world.cats()

    def meanwhile(_: ModelRequest) -> Step:
        with world.memories.work() as work:
            work.erase(one.id, at(3))
        return YES

    world.llm.will(judged(), meanwhile)
    assert decisions(world.consolidate()) == ["changed meanwhile"]
    with pytest.raises(NotFound):
        world.memories.get(one.id)


def two_clusters(world: World) -> None:
    world.cats()
    for place, text in enumerate(("I like tea a lot.", "I like tea.")):
        vector = [0.0] * 384
        vector[200], vector[201 + place] = 0.97, sqrt(1 - 0.97**2)
        memory = Memory(id=MemoryId(uuid4()), text=text, created_at=at(1), updated_at=at(1))
        with world.memories.work() as work:
            work.add(Birth(
                memory=memory, actor=Actor.IMPORT, vector=Embedded(vector=vector, model="fake")
            ))  # fmt: skip
    world.sql("UPDATE memory_standing SET cited_count = 9")


def test_one_answer_that_fails_does_not_hold_up_the_others(world: World) -> None:
    two_clusters(world)
    run = world.consolidate(Says("?"), judged("I like tea a lot."), YES)
    assert decisions(run) == ["unfit", "merged"]
    assert kept(run).summary == "1 unfit, 1 merged"


def test_a_model_that_goes_away_leaves_what_was_judged_done_and_the_rest_for_later(
    world: World,
) -> None:
    two_clusters(world)
    run = world.consolidate(judged(), YES, AWAY)
    assert (kept(run).state, decisions(run)) == ("done", ["merged"])
    assert kept(run).summary == "1 merged; the rest waits: The model is away."
    assert decisions(world.consolidate(APART)) == ["kept apart"]


@pytest.mark.parametrize("name", ["consolidate", "refine"])
def test_a_model_that_is_away_leaves_a_failed_run_and_nothing_else(world: World, name: str) -> None:
    world.cats()
    world.long()
    before = world.everything()
    world.llm.will(AWAY)
    told = job(world, name).run()
    (run_id,) = list(told["runs"])  # type: ignore[call-overload]  # ids of runs
    run = world.runs.get(RunId(UUID(run_id))).run
    assert (run.state, run.summary) == ("failed", "nothing came of it: The model is away.")
    assert world.everything() == before


def test_a_review_that_is_not_given_costs_what_was_asked_and_merges_nothing(world: World) -> None:
    world.cats()
    run = kept(world.consolidate(judged(), NO_MONEY))
    assert (run.state, run.usage) == ("failed", USAGE)


@pytest.mark.parametrize("name", ["consolidate", "refine"])
def test_a_day_without_money_leaves_no_run(world: World, name: str) -> None:
    world.cats()
    world.long()
    world.llm.will(NO_MONEY)
    assert job(world, name).run() == {"runs": [], "put_off": "Today's money is spent."}
    assert world.runs.list(name, Page())[0] == []


@pytest.mark.parametrize("name", ["consolidate", "refine"])
def test_without_a_capable_model_or_wish_nothing_is_done_and_that_is_said(
    world: World, name: str
) -> None:
    world.cats()
    world.long()
    world.figures = MemorySettings(tidying="off")
    told = job(world, name).run()
    assert told == job(world, name).rehearse()
    assert told["runs"] == []
    assert "capable model" in str(told["summary"])
    world.figures, world.llm.capable = MemorySettings(), False
    assert job(world, name).run() == told


@pytest.mark.parametrize("name", ["consolidate", "refine"])
def test_a_rehearsal_names_what_is_due_asks_nobody_and_keeps_nothing(
    world: World, name: str
) -> None:
    world.cats()
    world.long()
    before = world.everything()
    (due,) = list(job(world, name).rehearse()["due"])  # type: ignore[call-overload]  # as told
    assert set(due) == ({"sources", "wordings"} if name == "consolidate" else {"memory_id"})
    assert world.llm.requests == []
    assert world.everything() == before
    assert world.runs.list(None, Page())[0] == []


@pytest.mark.parametrize("name", ["consolidate", "refine"])
def test_both_are_weekly_and_quiet_where_nothing_is_due(world: World, name: str) -> None:
    made = job(world, name)
    assert (made.name, made.interval) == (name, timedelta(days=7))
    assert made.run() == {"runs": [], "summary": "nothing to ask about"}


# --- refining ---------------------------------------------------------------------------


def test_a_long_one_is_shortened_and_its_history_holds_both_wordings(world: World) -> None:
    memory = world.long()
    run = world.refine(refined("trim", SHORT))
    step = world.memories.history(memory.id)[-1]
    assert (step.actor, step.change) == (Actor.REFINEMENT, "shortened")
    assert (step.before, step.after) == ({"text": LONG}, {"text": SHORT})
    found = world.memories.get(memory.id)
    assert (found.text, [each.name for each in found.entities]) == (SHORT, ["Anna"])
    assert decisions(run) == ["trimmed"]
    assert kept(run).usage == USAGE
    assert "Anna" not in json.dumps([dict(each) for each in kept(run).decisions])


def test_a_shortened_one_keeps_the_names_that_nobody_reads_in_it(world: World) -> None:
    memory = world.long()
    with world.memories.work() as work:
        for name in ("Leeds", "Hull"):
            work.entities.name(memory.id, EntityName(name=name, kind="gpe"), at(0))
    world.refine(refined("trim", SHORT))
    assert [each.name for each in world.memories.get(memory.id).entities] == ["Anna", "Leeds"]


def test_one_of_several_facts_is_split_as_by_hand(world: World) -> None:
    memory = world.long()
    run = world.refine(refined("split", *PARTS))
    (told,) = kept(run).decisions
    parts = [world.memories.get(MemoryId(UUID(str(each)))) for each in told["memory_ids"]]  # type: ignore[attr-defined]  # ids
    assert [each.text for each in parts] == list(PARTS)
    assert {link.other_id for part in parts for link in part.links} == {memory.id}
    assert world.stands(memory) == (LONG, State.ARCHIVED)
    assert world.memories.history(parts[0].id)[0].actor is Actor.REFINEMENT


@pytest.mark.parametrize("answer", [refined("trim", SHORT), refined("split", *PARTS), LEFT])
def test_a_refining_is_undone_byte_for_byte_and_done_again(world: World, answer: Says) -> None:
    world.long()
    before = world.everything()
    run = kept(world.refine(answer))
    after = world.everything()
    assert after != before
    world.runs.undo(run.id, at(9))
    assert world.everything() == before
    if answer is not LEFT:
        assert world.refine() is None, "what the user took back is not asked again"
    world.runs.redo(run.id, at(10))
    assert world.everything() == after


POISONED = (
    (refined("trim", SHORT.replace("30", "40")), "new numbers"),
    (refined("trim", SHORT.replace("not ", "")), "negation lost"),
    (refined("trim", SHORT.replace("Anna", "Maria")), "new names"),
    (refined("trim", LONG), "length"),
    (refined("trim", SHORT, SHORT), "number of sentences"),
    (refined("split", SHORT), "number of sentences"),
    (refined("split", "Anna.", SHORT), "length"),
    (refined("split", PARTS[0], PARTS[1].replace("not ", "")), "negation lost"),
    (refined("split", PARTS[0], "My sister Maria lives with two cats."), "new names"),
)


def test_a_poisonous_refining_is_refused_and_counted(world: World) -> None:
    memory = world.long()
    world.figures = MemorySettings(refine_rejections=100)
    for count, (answer, flaw) in enumerate(POISONED, start=1):
        run = world.refine(answer)
        assert decisions(run) == ["refused"]
        assert flaw in str(kept(run).decisions[0]["flaws"])
        assert world.stands(memory) == (LONG, State.ACTIVE)
        with world.database.transaction() as tx:
            row = tx.one("SELECT refinement_rejections AS count, refined_at FROM memories")
        assert (row["count"], row["refined_at"]) == (count, world.clock.now())
        world.clock.move(timedelta(days=30))


def test_after_three_looks_without_use_it_is_left_alone(world: World) -> None:
    world.long()
    for answer in (refined("do_nothing"), Says("?"), refined("trim", LONG)):
        world.refine(answer)
        assert world.refine() is None
        world.clock.move(timedelta(days=30))
    assert world.refine() is None


def test_what_is_not_to_be_refined_is_not_asked_about(world: World) -> None:
    world.long()
    for change in (*UNTOUCHABLE, "created_at = '2026-03-01'", "refined_at = '2026-03-01'"):
        world.sql(f"UPDATE memories SET {change}")
        assert world.refine() is None, change
        world.sql(f"UPDATE memories SET {AS_THEY_WERE}")
    assert decisions(world.refine(refined("do_nothing"))) == ["left"]


def test_what_the_user_worded_last_is_left_alone(world: World) -> None:
    world.long(by_hand=True)
    world.reword(world.long("x " * 50), LONG)
    assert world.refine() is None


def test_what_was_worded_by_a_job_after_the_user_is_not(world: World) -> None:
    memory = world.long("x " * 50, by_hand=True)
    world.reword(memory, LONG, Actor.EXTRACTION)
    assert decisions(world.refine(refined("trim", SHORT))) == ["trimmed"]


def test_a_short_one_an_unused_one_and_one_in_dispute_are_left_alone(world: World) -> None:
    world.long("I like tea.")
    world.long(uses=2)
    world.link(world.long(), world.add("I like tea.", 3), "conflicts")
    assert world.refine() is None


def test_the_longest_come_first_and_no_more_than_a_week_s_worth(world: World) -> None:
    world.figures = MemorySettings(refine_at_once=2)
    made = [world.long("I like tea " * count) for count in (7, 9, 8)]
    assert [each["memory_id"] for each in world.refinement.planned()] == [
        str(made[1].id),
        str(made[2].id),
    ]


def test_what_changes_while_the_model_is_asked_is_left(world: World) -> None:
    gone, edited = world.long(LONG + " Yes."), world.long()

    def meanwhile(_: ModelRequest) -> Step:
        with world.memories.work() as work:
            work.erase(gone.id, at(3))
        world.reword(edited, "I like tea.")
        return refined("trim", SHORT)

    world.llm.will(refined("trim", SHORT), meanwhile)
    assert decisions(world.refine()) == ["changed meanwhile"] * 2
    assert world.stands(edited) == ("I like tea.", State.ACTIVE)


def test_when_the_model_goes_away_what_was_answered_is_done(world: World) -> None:
    world.long()
    world.long(LONG + " Yes.")
    run = kept(world.refine(refined("do_nothing"), AWAY))
    assert (run.state, run.summary) == ("done", "1 left; the rest waits: The model is away.")


def test_a_lost_embedder_holds_up_nothing(world: World) -> None:
    embedder = FakeEmbedder()
    embedder.lost = True
    memory = world.long()
    world.llm.will(refined("trim", SHORT))
    replace(world.refinement, reader=Reader(FakeNames(), embedder)).carry_out()
    assert world.stands(memory)[0] == SHORT
