"""What every store of the memories promises: the one in memory and PostgreSQL alike."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from cns import paging
from cns.domain.message import MessageId, SegmentId, TurnId
from cns.domain.segment import Summary
from cns.domain.stream import Usage
from cns.errors import InvalidInput, NotFound
from cns.ports import ContinuumStore, Page, User
from cns.postgres import PostgresContinuumStore
from lt_memory.domain.memory import (
    Actor,
    EntityName,
    Evidence,
    Kind,
    Memory,
    MemoryId,
    Revision,
    RunId,
    Source,
    State,
    Trust,
)
from lt_memory.domain.revision import changed
from lt_memory.domain.run import Run
from lt_memory.ports import Birth, Embedded, MemoryFilter, MemoryStore, NewLink, Rewrite
from lt_memory.postgres import PostgresMemories
from tests.fakes.memory_store import FakeMemoryStore
from tests.fakes.store import FakeContinuumStore
from tests.values import START, at, mark, message, turn_record

SUMMARY = Summary(title="Talk", text="They talked.", complexity=1)
ANNA = EntityName(name="Anna", kind="person")
LEEDS = EntityName(name="Leeds", kind="gpe")


@dataclass(frozen=True, slots=True)
class World:
    """A conversation and the memories drawn from it, in stores of one sort."""

    conversation: ContinuumStore
    memories: MemoryStore
    user: User

    def chapter(self, *texts: str, minutes: float = 0) -> tuple[SegmentId, list[MessageId]]:
        """A segment that has ended and is summarised, and its messages."""
        ids: list[MessageId] = []
        segment_id = SegmentId(uuid4())
        for number, text in enumerate(texts):
            said = message(
                text, segment_id=segment_id, minutes=minutes + number, turn_id=TurnId(uuid4())
            )
            change = self.conversation.load(self.user.id).hear(said, mark(minutes))
            self.conversation.commit(change, turn_record(said))
            ids.append(said.id)
        return segment_id, ids

    def end(self, segment_id: SegmentId, *, summarised: bool = True) -> SegmentId:
        change = self.conversation.load(self.user.id).collapse(SUMMARY, mark(30))
        self.conversation.close_segment(change)
        if summarised:
            self.conversation.finish_segment(segment_id, SUMMARY, None, "fake")
        return segment_id

    def said(self, text: str) -> Evidence:
        """Evidence for a sentence, which was said for the purpose."""
        segment_id, (message_id,) = self.chapter(text)
        self.end(segment_id)
        return Evidence(message_id=message_id, start=0, end=len(text))


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "fake":
        said = FakeContinuumStore()
        user = said.only_user("Anna", "Europe/Berlin", START)
        return World(said, FakeMemoryStore(said), user)
    database = request.getfixturevalue("database")
    kept = PostgresContinuumStore(database)
    user = kept.only_user("Anna", "Europe/Berlin", START)
    return World(kept, PostgresMemories(database, user.id), user)


def memory(
    text: str = "My sister Anna lives in Leeds.", minutes: float = 0, **rest: object
) -> Memory:
    values: dict[str, object] = {
        "id": MemoryId(uuid4()),
        "text": text,
        "created_at": at(minutes),
        "updated_at": at(minutes),
    }
    return Memory(**{**values, **rest})  # type: ignore[arg-type]  # as a test names them


def unit(angle: float, model: str = "fake") -> Embedded:
    """A unit vector in a plane, turned by an angle in radians."""
    return Embedded(vector=[math.cos(angle), math.sin(angle)] + [0.0] * 382, model=model)


def store(world: World, kept: Memory, *names: EntityName, **rest: object) -> Memory:
    with world.memories.work() as work:
        work.add(Birth(memory=kept, actor=Actor.USER, names=names, **rest))  # type: ignore[arg-type]
    return world.memories.get(kept.id)


def texts(found: Sequence[Memory]) -> list[str]:
    return [each.text for each in found]


def listed(world: World, **narrowed: object) -> list[str]:
    asked = MemoryFilter(**narrowed)  # type: ignore[arg-type]
    found, _ = world.memories.list(asked, Page())
    assert set(world.memories.ids(asked)) == {each.id for each in found}
    return texts(found)


def a_run(segment_id: SegmentId, state: str = "done", minutes: float = 0) -> Run:
    return Run(
        id=RunId(uuid4()),
        job="extract",
        state=state,
        summary="1 stored",
        started_at=at(minutes),
        finished_at=at(minutes),
        model="rules",
        inputs={"segment_id": str(segment_id)},
        decisions=[{"decision": "stored"}],
        usage=Usage(input_tokens=3, output_tokens=2),
    )


def test_a_memory_comes_back_complete(world: World) -> None:
    evidence = world.said("My sister Anna lives in Leeds.")
    kept = memory(
        kind=Kind.OBSERVATION,
        confidence=0.75,
        importance=0.25,
        source=Source.IMPORT,
        trust=Trust.UNTRUSTED,
        state=State.PENDING,
        pinned=True,
        happens_at=at(5),
        expires_at=at(6),
        evidence=(evidence,),
    )
    found = store(world, kept, ANNA, LEEDS)
    assert replace(found, entities=()) == kept
    assert [(e.name, e.kind) for e in found.entities] == [("Anna", "person"), ("Leeds", "gpe")]


def test_what_was_never_stored_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as raised:
        world.memories.get(MemoryId(uuid4()))
    assert raised.value.code == "memory_not_found"


def test_nothing_is_stored_when_the_work_breaks_off(world: World) -> None:
    def broken_off() -> None:
        with world.memories.work() as work:
            work.add(Birth(memory=memory(), actor=Actor.USER))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_off()
    assert listed(world) == []


def test_the_first_revision_says_what_was_created(world: World) -> None:
    kept = store(world, memory())
    (first,) = world.memories.history(kept.id)
    assert (first.revision, first.actor, first.change, first.before) == (
        1,
        Actor.USER,
        "created",
        None,
    )
    assert first.after is not None
    assert first.after["text"] == kept.text


def test_the_history_of_nothing_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        world.memories.history(MemoryId(uuid4()))


def test_memories_are_listed_newest_first(world: World) -> None:
    for minutes, text in enumerate(("first", "second", "third")):
        store(world, memory(text, minutes))
    assert listed(world) == ["third", "second", "first"]


def test_pages_follow_one_another_without_gap_or_repeat(world: World) -> None:
    for number in range(5):
        store(world, memory(f"memory {number}", minutes=number // 2))
    whole, cursor, seen = listed(world), None, []
    for _ in range(3):
        found, cursor = world.memories.list(MemoryFilter(), Page(limit=2, cursor=cursor))
        seen += texts(found)
    assert (seen, cursor) == (whole, None)


NAIVE = paging.encode(("2026-05-03T10:00:00", "0192d3c4-1111-4c3d-9e4f-5a6b7c8d9e0f"))


@pytest.mark.parametrize("cursor", ["x", "", "W10", "é", paging.encode(("now", "here")), NAIVE])
def test_a_foreign_cursor_is_refused(world: World, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        world.memories.list(MemoryFilter(), Page(cursor=cursor))


def test_a_listing_is_narrowed_by_what_a_memory_is(world: World) -> None:
    store(world, memory("plain"))
    store(world, memory("odd", kind=Kind.EMOTION, source=Source.WEB, trust=Trust.UNTRUSTED,
                        state=State.DORMANT, importance=0.2, confidence=0.3))  # fmt: skip
    assert listed(world, kind="emotion") == ["odd"]
    assert listed(world, source="web") == ["odd"]
    assert listed(world, trust="trusted") == ["plain"]
    assert listed(world, state="dormant") == ["odd"]
    assert listed(world, min_importance=0.5) == ["plain"]
    assert listed(world, min_confidence=0.5) == ["plain"]


def test_a_listing_is_narrowed_by_time_from_the_first_instant_to_before_the_last(
    world: World,
) -> None:
    for minutes in range(3):
        store(world, memory(f"at {minutes}", minutes))
    assert listed(world, after=at(1), before=at(2)) == ["at 1"]


def test_a_listing_is_narrowed_to_what_is_put_away_or_not(world: World) -> None:
    store(world, memory("kept"))
    store(world, memory("put away", state=State.ARCHIVED))
    assert listed(world, archived=True) == ["put away"]
    assert listed(world, archived=False) == ["kept"]


def test_a_listing_is_narrowed_by_an_entity_s_name_or_id(world: World) -> None:
    kept = store(world, memory("with Anna"), ANNA)
    store(world, memory("without"))
    assert listed(world, entity="anna") == ["with Anna"]
    assert listed(world, entity=str(kept.entities[0].id)) == ["with Anna"]
    assert listed(world, entity="Bert") == []


def test_a_listing_is_narrowed_by_segment_and_by_ids(world: World) -> None:
    segment_id, _ = world.chapter("hello")
    world.end(segment_id)
    one = store(world, memory("one", segment_id=segment_id))
    store(world, memory("other"))
    assert listed(world, segment_id=segment_id) == ["one"]
    assert listed(world, ids=(one.id, uuid4())) == ["one"]
    assert listed(world, ids=()) == []


def test_an_entity_is_shared_by_those_who_name_it(world: World) -> None:
    one = store(world, memory("one"), ANNA)
    other = store(world, memory("other"), ANNA)
    assert one.entities == other.entities


def test_a_rewrite_changes_the_fields_and_adds_a_revision(world: World) -> None:
    old = store(world, memory(), ANNA)
    new = replace(old, pinned=True, state=State.ARCHIVED, kind=Kind.CONTEXT, updated_at=at(9))
    revision = changed(old, new, Actor.USER, "edited")
    assert revision is not None
    with world.memories.work() as work:
        work.rewrite(Rewrite(memory=replace(new, revision=2), revision=revision))
    assert world.memories.get(old.id) == replace(new, revision=2)
    assert world.memories.history(old.id)[1:] == [revision]


def test_rewording_replaces_names_and_forgets_those_that_nobody_needs(world: World) -> None:
    old = store(world, memory(), ANNA, LEEDS)
    store(world, memory("Anna again"), ANNA)
    new = replace(old, text="My sister lives in York.", revision=2)
    revision = changed(old, new, Actor.USER, "edited")
    assert revision is not None
    york = EntityName(name="York", kind="gpe")
    with world.memories.work() as work:
        work.rewrite(Rewrite(memory=new, revision=revision, reworded=True, names=(york,)))
    assert [e.name for e in world.memories.get(old.id).entities] == ["York"]
    assert listed(world, entity="Anna") == ["Anna again"]


def test_rewording_keeps_whom_the_words_still_name_though_nobody_reads_it(world: World) -> None:
    old = store(world, memory("Anna lives in Leeds."), ANNA, LEEDS)
    (anna,) = (each for each in old.entities if each.name == "Anna")
    new = replace(old, text="Anna lives in York.", revision=2)
    revision = changed(old, new, Actor.USER, "edited")
    assert revision is not None
    with world.memories.work() as work:
        work.rewrite(Rewrite(memory=new, revision=revision, reworded=True))
    assert world.memories.get(old.id).entities == (anna,)


def test_evidence_is_added_once_and_comes_in_the_order_of_the_talk(world: World) -> None:
    late = world.said("My sister Anna lives in Leeds.")
    segment_id, (message_id,) = world.chapter("Anna is in Leeds", minutes=60)
    world.end(segment_id)
    later = Evidence(message_id=message_id, start=0, end=4)
    kept = store(world, memory(evidence=(later,)))
    with world.memories.work() as work:
        assert work.support(kept.id, (late, later)) == 1
    assert world.memories.get(kept.id).evidence == (late, later)


def test_a_held_memory_that_does_not_exist_is_not_found(world: World) -> None:
    with world.memories.work() as work, pytest.raises(NotFound):
        work.memory(MemoryId(uuid4()))


def test_a_link_is_seen_from_both_ends_and_stored_once(world: World) -> None:
    old, new = store(world, memory("old")), store(world, memory("new"))
    with world.memories.work() as work:
        for _ in range(2):
            work.link(NewLink(id=uuid4(), source_id=new.id, target_id=old.id, kind="supersedes",
                              reason="later", at=at(0)))  # fmt: skip
    (out,) = world.memories.get(new.id).links
    (into,) = world.memories.get(old.id).links
    assert (out.kind, out.direction, out.other_id, out.other_text) == (
        "supersedes",
        "out",
        old.id,
        "old",
    )
    assert (into.direction, into.other_text) == ("in", "new")


def test_a_link_to_what_is_gone_is_passed_over(world: World) -> None:
    kept = store(world, memory())
    with world.memories.work() as work:
        work.link(NewLink(id=uuid4(), source_id=kept.id, target_id=MemoryId(uuid4()),
                          kind="related", reason="", at=at(0)))  # fmt: skip
    assert world.memories.get(kept.id).links == ()


def test_the_nearest_come_first_with_their_cosine(world: World) -> None:
    store(world, memory("far"), vector=unit(1.5))
    store(world, memory("near"), vector=unit(0.1))
    with world.memories.work() as work:
        found = work.near("near", unit(0.0), limit=1)
    assert [each.text for each in found] == ["near"]
    assert found[0].cosine == pytest.approx(math.cos(0.1), abs=0.01)


def test_vectors_of_another_model_do_not_compare(world: World) -> None:
    store(world, memory("here it is"), vector=unit(0.0, model="other"))
    with world.memories.work() as work:
        found = work.near("here it is", unit(0.0), limit=3)
    assert [(each.text, each.cosine) for each in found] == [("here it is", 0.0)]


def test_without_a_vector_those_spelt_alike_are_near(world: World) -> None:
    store(world, memory("I have a dog."), vector=unit(0.0))
    with world.memories.work() as work:
        assert [each.text for each in work.near("I have a cat.", None, limit=3)] == [
            "I have a dog."
        ]


def test_what_is_put_away_is_near_when_it_is_asked_for_with_the_instant(world: World) -> None:
    gone = store(world, memory("I have a dog.", state=State.ARCHIVED), vector=unit(0.0))
    store(world, memory("I have a cat."), vector=unit(0.0))
    with world.memories.work() as work:
        (found,) = work.near("I have a dog.", unit(0.0), limit=3, put_away=True)
    assert (found.id, found.put_away_at) == (gone.id, gone.updated_at)


def test_what_is_put_away_or_waits_for_a_yes_is_not_near_of_itself(world: World) -> None:
    for state in (State.ARCHIVED, State.PENDING):
        store(world, memory("I have a dog.", state=state), vector=unit(0.0))
    with world.memories.work() as work:
        assert not work.near("I have a dog.", unit(0.0), limit=3)


def test_a_memory_was_said_when_its_latest_evidence_was_or_when_it_was_stored(world: World) -> None:
    segment_id, ids = world.chapter("I have a dog.", "A dog!", minutes=5)
    world.end(segment_id)
    pieces = tuple(Evidence(message_id=each, start=0, end=3) for each in ids)
    kept = store(world, memory("I have a dog.", minutes=30, evidence=pieces))
    bare = store(world, memory("I have a cat.", minutes=31))
    with world.memories.work() as work:
        assert (work.said_at(kept.id), work.said_at(bare.id)) == (at(6), at(31))
        with pytest.raises(NotFound):
            work.said_at(MemoryId(uuid4()))


def test_words_are_settled_once_their_memory_is_reworded_or_superseded(world: World) -> None:
    whole = world.said("I have a dog and a cat.")
    elsewhere = world.said("I have a dog.")
    part = replace(whole, start=2, end=9)
    reworded, over, pinned = (
        store(world, memory(text, minutes, evidence=(piece,)))
        for text, minutes, piece in (
            ("I have a dog.", 1, part),
            ("I have a pet.", 2, whole),
            ("I have a dog!", 3, elsewhere),
        )
    )
    changes = (
        (replace(reworded, text="I have a god."), "edited"),
        (replace(over, valid_until=at(4)), "superseded"),
        (replace(pinned, pinned=True), "edited"),
    )
    for new, change in changes:
        with world.memories.work() as work:
            old = work.memory(new.id)
            revision = changed(old, replace(new, updated_at=at(4)), Actor.USER, change)
            assert revision is not None
            work.rewrite(Rewrite(memory=replace(new, revision=2), revision=revision))
    with world.memories.work() as work:
        assert work.settled([part]) == reworded.id
        assert work.settled([whole]) == over.id
        assert work.settled([part, elsewhere]) is None
        assert work.settled([elsewhere]) is None


def test_words_are_still_said_while_their_messages_are_there(world: World) -> None:
    there = world.said("I have a dog.")
    with world.memories.work() as work:
        assert work.still_said([there])
        assert work.still_said([])
        assert not work.still_said([there, replace(there, message_id=uuid4())])


def test_the_footprint_counts_what_erasing_takes_away(world: World) -> None:
    evidence = world.said("My sister Anna lives in Leeds.")
    kept = store(world, memory(evidence=(evidence,)), ANNA, LEEDS, vector=unit(0.0))
    other = store(world, memory("Anna sings"), ANNA)
    world.memories.accessed([kept.id], at(1), cited=True)
    with world.memories.work() as work:
        work.link(NewLink(id=uuid4(), source_id=other.id, target_id=kept.id, kind="related",
                          reason="", at=at(0)))  # fmt: skip
        counted = work.footprint(kept.id)
    assert counted == {
        "memories": 1,
        "memory_revisions": 1,
        "memory_evidence": 1,
        "memory_links": 1,
        "memory_entities": 2,
        "entities": 1,
        "memory_standing": 1,
        "memory_origins": 0,
        "refusals": 0,
        "run_changes": 0,
        "embeddings": 1,
        "turn_traces": 0,
    }


def test_what_is_erased_leaves_nothing_but_a_tombstone(world: World) -> None:
    kept = store(world, memory(), ANNA, LEEDS)
    other = store(world, memory("Anna sings"), ANNA)
    with world.memories.work() as work:
        work.link(NewLink(id=uuid4(), source_id=other.id, target_id=kept.id, kind="related",
                          reason="", at=at(0)))  # fmt: skip
    with world.memories.work() as work:
        work.erase(kept.id, at(2))
    assert listed(world) == ["Anna sings"]
    assert world.memories.get(other.id) == other
    with pytest.raises(NotFound):
        world.memories.history(kept.id)


def test_every_wording_of_what_was_erased_stays_buried(world: World) -> None:
    old = store(world, memory("I have a dog."))
    new = replace(old, text="I have a cat.", revision=2)
    revision = changed(old, new, Actor.USER, "edited")
    assert revision is not None
    with world.memories.work() as work:
        work.rewrite(Rewrite(memory=new, revision=revision, reworded=True))
    with world.memories.work() as work:
        assert not work.buried("I have a cat.")
        work.erase(old.id, at(2))
    with world.memories.work() as work:
        assert work.buried("i have a DOG")
        assert work.buried("I have a cat.")
        assert not work.buried("I have a cow.")


def test_what_is_said_after_an_erasure_is_not_buried_by_it(world: World) -> None:
    old = store(world, memory("I have a dog."))
    with world.memories.work() as work:
        work.erase(old.id, at(2))
    with world.memories.work() as work:
        assert work.buried("I have a dog.", said_at=at(1))
        assert work.buried("I have a dog.", said_at=at(2))
        assert not work.buried("I have a dog.", said_at=at(3))


def test_descendants_are_all_that_runs_made_of_it(world: World) -> None:
    run = a_run(world.end(world.chapter("hello")[0]))
    one, other = store(world, memory("A.")), store(world, memory("B."))
    with world.memories.work() as work:
        work.record(run)
        child, both, grandchild = (memory(f"{n}.") for n in "CDE")
        for each in (child, both, grandchild):
            work.add(Birth(memory=each, actor=Actor.CONSOLIDATION, run_id=run.id))
        for source, target in ((child, one), (both, one), (both, other), (grandchild, child)):
            work.link(derived(source, target, run.id))
        work.link(replace(derived(other, one, run.id), kind="related"))
        made = sorted([child.id, both.id, grandchild.id])
        assert list(work.descendants(one.id)) == made
        assert list(work.descendants(other.id)) == [both.id]


def test_what_was_only_linked_as_made_of_it_is_no_descendant(world: World) -> None:
    run = a_run(world.end(world.chapter("hello")[0]))
    one, by_hand, by_a_later_run = (store(world, memory(f"{n}.")) for n in "ABC")
    with world.memories.work() as work:
        work.record(run)
        work.link(derived(by_hand, one))
        work.link(derived(by_a_later_run, one, run.id))
        assert list(work.descendants(one.id)) == []


def derived(made: Memory, source: Memory, run_id: RunId | None = None) -> NewLink:
    return NewLink(
        id=uuid4(),
        source_id=made.id,
        target_id=source.id,
        kind="derived_from",
        reason="",
        at=at(1),
        run_id=run_id,
    )


def test_nothing_else_holds_the_words_of_a_memory_of_nobody(world: World) -> None:
    one = store(world, memory("A."))
    with world.memories.work() as work:
        assert not any(work.echoes.silence([one.id]).values())
        assert not any(work.echoes.staying([one.id]).values())
        assert list(work.echoes.said_in([one.id])) == []
        assert list(work.echoes.put_away_for(one.id)) == []
        assert work.echoes.unlearn([]) == {}
        work.echoes.pass_over([])


def test_the_footprint_of_nothing_is_not_found(world: World) -> None:
    with world.memories.work() as work, pytest.raises(NotFound):
        work.footprint(MemoryId(uuid4()))


def test_uses_are_counted_and_dated(world: World) -> None:
    kept = store(world, memory())
    world.memories.accessed([kept.id, uuid4()], at(1), cited=False)
    world.memories.accessed([kept.id], at(2), cited=True)
    found = world.memories.get(kept.id)
    assert (found.access_count, found.last_accessed_at) == (2, at(2))


@pytest.mark.parametrize("cited", [True, False])
def test_a_dormant_memory_wakes_when_it_is_of_use(world: World, *, cited: bool) -> None:
    kept = store(world, memory(state=State.DORMANT))
    world.memories.accessed([kept.id], at(1), cited=cited)
    found, history = world.memories.get(kept.id), world.memories.history(kept.id)
    assert (found.state, found.revision) == (State.ACTIVE, 2)
    assert (history[-1].actor, history[-1].change) == (Actor.DECAY, "woke: it was of use")
    assert (history[-1].before, history[-1].after) == ({"state": "dormant"}, {"state": "active"})


def test_an_archived_memory_stays_in_the_archive_when_it_is_of_use(world: World) -> None:
    kept = store(world, memory(state=State.ARCHIVED))
    world.memories.accessed([kept.id], at(1), cited=True)
    assert world.memories.get(kept.id).state is State.ARCHIVED


def test_an_open_segment_cannot_be_claimed(world: World) -> None:
    segment_id, _ = world.chapter("hello")
    with world.memories.work() as work:
        assert not work.claim(segment_id)


def test_an_ended_segment_can_be_claimed_until_it_is_extracted(world: World) -> None:
    segment_id, _ = world.chapter("hello")
    world.end(segment_id)
    with world.memories.work() as work:
        assert work.claim(segment_id)
        work.extracted(segment_id, at(5))
    with world.memories.work() as work:
        assert not work.claim(segment_id)


def test_an_unknown_segment_cannot_be_claimed(world: World) -> None:
    with world.memories.work() as work, pytest.raises(NotFound) as raised:
        work.claim(uuid4())
    assert raised.value.code == "segment_not_found"


def test_only_ended_and_summarised_segments_wait_oldest_first(world: World) -> None:
    done = [world.end(world.chapter("hello", minutes=60 * number)[0]) for number in range(3)]
    unsummarised, _ = world.chapter("hello", minutes=300)
    world.end(unsummarised, summarised=False)
    world.chapter("still open", minutes=400)
    with world.memories.work() as work:
        work.extracted(done[0], at(5))
    assert list(world.memories.waiting(5)) == done[1:]
    assert list(world.memories.waiting(1)) == done[1:2]


def test_runs_are_found_by_segment_and_state_in_order(world: World) -> None:
    segment_id = world.end(world.chapter("hello")[0])
    late, early = a_run(segment_id, minutes=2), a_run(segment_id, minutes=1)
    failed = a_run(segment_id, "failed")
    with world.memories.work() as work:
        for run in (late, early, failed):
            work.record(run)
    assert list(world.memories.runs_of(segment_id, "done")) == [early.id, late.id]
    assert list(world.memories.runs_of(segment_id, "failed")) == [failed.id]
    assert list(world.memories.runs_of(uuid4(), "done")) == []


def test_a_run_is_brought_up_to_date(world: World) -> None:
    segment_id = world.end(world.chapter("hello")[0])
    begun = replace(a_run(segment_id, "running"), finished_at=None, decisions=())
    with world.memories.work() as work:
        work.record(begun)
        work.record(replace(begun, state="done", finished_at=at(1)))
    assert list(world.memories.runs_of(segment_id, "running")) == []
    assert list(world.memories.runs_of(segment_id, "done")) == [begun.id]


def test_revisions_keep_their_instants_to_the_microsecond(world: World) -> None:
    moment = datetime(2026, 3, 2, 9, 30, 1, 234567, tzinfo=UTC) + timedelta(0)
    kept = store(world, replace(memory(), created_at=moment, updated_at=moment))
    history: Sequence[Revision] = world.memories.history(kept.id)
    assert (kept.created_at, history[0].at) == (moment, moment)


def test_what_waits_is_told_by_name_and_by_place(world: World) -> None:
    waiting = memory(state=State.PENDING, trust=Trust.UNTRUSTED, source=Source.WEB,
                     origins=("page:a", "tool:web"))  # fmt: skip
    store(world, waiting, vector=unit(0.0))
    store(world, memory("Anna sings"))
    everything, _ = world.memories.list(MemoryFilter(), Page(limit=9))
    by_name, _ = world.memories.list(MemoryFilter(state="pending"), Page(limit=9))
    by_place, _ = world.memories.list(
        MemoryFilter(state="pending", origin="tool:web"), Page(limit=9)
    )
    elsewhere, _ = world.memories.list(MemoryFilter(state="pending", origin="b"), Page(limit=9))
    assert [each.text for each in everything] == ["Anna sings"]
    assert [each.origins for each in by_name] == [("page:a", "tool:web")]
    assert (by_place, elsewhere) == (by_name, [])
    with world.memories.work() as work:
        assert work.waiting_from("page:a", 9) == [waiting.text]
        assert work.waiting_from("page:b", 9) == []
        assert waiting.id not in {each.id for each in work.near(waiting.text, None, 9)}


def test_the_words_of_a_place_are_buried_for_that_place_alone(world: World) -> None:
    strange = memory(trust=Trust.UNTRUSTED, source=Source.WEB, origins=("page:a",))
    store(world, strange)
    with world.memories.work() as work:
        work.erase(strange.id, at(1))
        assert work.buried(strange.text, "page:a")
        assert not work.buried(strange.text, "page:b")
        assert not work.buried(strange.text)


def test_a_label_may_change(world: World) -> None:
    kept = store(world, memory(trust=Trust.UNTRUSTED, source=Source.WEB))
    new = replace(kept, trust=Trust.TRUSTED, source=Source.USER, updated_at=at(1))
    revision = changed(kept, new, Actor.EXTRACTION, "said again")
    assert revision is not None
    with world.memories.work() as work:
        work.rewrite(Rewrite(memory=replace(new, revision=2), revision=revision))
        (near,) = work.near(kept.text, None, 9)
    assert (world.memories.get(kept.id).trust, near.trusted) == (Trust.TRUSTED, True)
