"""What every store of domain knowledge promises: the one in memory and PostgreSQL alike."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest

from cns.domain.message import SegmentId
from cns.domain.stream import Usage
from cns.errors import Conflict, NotFound
from lt_memory.domain.knowledge import Block, Exchange, Hand
from lt_memory.domain.memory import RunId
from lt_memory.domain.run import Run
from lt_memory.knowledge import BlockChange, KnowledgeStore, NewBlock
from lt_memory.knowledge_postgres import PostgresKnowledge
from tests.fakes.knowledge import FakeKnowledge
from tests.seeding import Seeds
from tests.values import START, at

RYE = NewBlock(label="rye", name="Rye bread", description="what worked", content="Feed it.")


@dataclass(frozen=True, slots=True)
class World:
    """A store, and a way to say something that is answered."""

    store: KnowledgeStore
    say: Callable[[str], None]


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "fake":
        fake = FakeKnowledge()

        def say(text: str) -> None:
            place = 2 * len(fake.exchanges) + 2
            fake.exchanges.append(
                Exchange(
                    place=place,
                    at=START,
                    segment_id=SegmentId(uuid4()),
                    said=text,
                    answered="I see.",
                )
            )

        return World(fake, say)
    database = request.getfixturevalue("database")
    seeds = Seeds(database)
    seeds.user()
    segment, _ = seeds.segment([])
    return World(PostgresKnowledge(database), lambda text: seeds.turn(text, segment))


def a_run(state: str = "done", minutes: float = 0) -> Run:
    return Run(
        id=RunId(uuid4()),
        job="domain_knowledge",
        state=state,
        summary="version 2",
        started_at=at(minutes),
        finished_at=at(minutes),
        model="some-model",
        inputs={"turns": 1},
        decisions=({"decision": "rewritten"},),
        usage=Usage(input_tokens=3, output_tokens=2),
        cost_usd=0.01,
    )


def test_a_block_comes_back_as_it_was_begun(world: World) -> None:
    made = world.store.add(RYE, at(1))
    assert world.store.block("rye") == made
    assert (made.label, made.name, made.description) == ("rye", "Rye bread", "what worked")
    assert (made.content, made.enabled, made.version) == ("Feed it.", True, 1)
    assert (made.created_at, made.updated_at) == (at(1), at(1))


def test_blocks_are_listed_by_label(world: World) -> None:
    for label in ("rye", "a-b", "oven_2"):
        world.store.add(replace(RYE, label=label), at(1))
    assert [each.label for each in world.store.blocks()] == ["a-b", "oven_2", "rye"]


def test_a_label_stands_for_one_block(world: World) -> None:
    world.store.add(RYE, at(1))
    with pytest.raises(Conflict) as refused:
        world.store.add(replace(RYE, content="other"), at(2))
    assert refused.value.code == "label_taken"
    assert len(world.store.versions("rye")) == 1


def test_other_words_are_a_new_version_and_all_else_is_not(world: World) -> None:
    world.store.add(RYE, at(1))
    named = world.store.edit("rye", {"name": "Rye", "description": ""}, at(2))
    assert (named.name, named.description, named.version) == ("Rye", "", 1)
    same = world.store.edit("rye", {"content": "Feed it."}, at(3))
    assert same.version == 1
    mended = world.store.edit("rye", {"content": "Feed it twice."}, at(4))
    assert (mended.version, mended.updated_at) == (2, at(4))
    assert world.store.block("rye") == mended
    first, second = world.store.versions("rye")
    assert (first.version, first.content, first.at) == (1, "Feed it.", at(1))
    assert (second.version, second.content, second.at) == (2, "Feed it twice.", at(4))
    assert (second.actor, second.run_id, second.model) == (Hand.USER, None, None)


def test_going_back_is_a_new_version_with_the_old_words(world: World) -> None:
    world.store.add(RYE, at(1))
    world.store.edit("rye", {"content": "Feed it twice."}, at(2))
    restored = world.store.restore("rye", 1, at(3))
    assert (restored.version, restored.content) == (3, "Feed it.")
    assert world.store.block("rye") == restored
    assert [each.content for each in world.store.versions("rye")] == [
        "Feed it.",
        "Feed it twice.",
        "Feed it.",
    ]


def test_a_version_that_never_was_cannot_be_gone_back_to(world: World) -> None:
    world.store.add(RYE, at(1))
    with pytest.raises(NotFound) as refused:
        world.store.restore("rye", 2, at(2))
    assert refused.value.code == "version_not_found"
    assert world.store.block("rye").version == 1


def test_deleting_takes_every_version_and_frees_the_label(world: World) -> None:
    world.store.add(RYE, at(1))
    world.store.edit("rye", {"content": "Feed it twice."}, at(2))
    assert world.store.erase("rye") == 2
    assert world.store.blocks() == []
    world.store.add(RYE, at(3))
    assert len(world.store.versions("rye")) == 1


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.block("rye"),
        lambda store: store.edit("rye", BlockChange(enabled=False), START),
        lambda store: store.restore("rye", 1, START),
        lambda store: store.versions("rye"),
        lambda store: store.erase("rye"),
    ],
    ids=["read", "edit", "restore", "versions", "erase"],
)
def test_an_unknown_label_is_not_found(
    world: World, ask: Callable[[KnowledgeStore], object]
) -> None:
    with pytest.raises(NotFound) as refused:
        ask(world.store)
    assert refused.value.code == "knowledge_not_found"


# --- what waits for the writer --------------------------------------------------


def waiting(world: World, label: str = "rye", limit: int = 10) -> list[str]:
    block = world.store.block(label)
    return [each.said for each in world.store.waiting(block, limit)]


def test_what_is_said_from_the_beginning_of_a_block_on_waits_for_it(world: World) -> None:
    world.say("before")
    world.store.add(RYE, at(1))
    world.say("first")
    world.say("second")
    assert waiting(world) == ["first", "second"]
    assert waiting(world, limit=1) == ["first"]
    assert world.store.count_waiting(10) == {"rye": 2}
    assert world.store.count_waiting(1) == {"rye": 1}


def test_what_is_said_while_a_block_is_off_never_waits(world: World) -> None:
    world.store.add(RYE, at(1))
    world.store.edit("rye", {"enabled": False}, at(2))
    world.say("unheard")
    assert world.store.count_waiting(10) == {}
    world.store.edit("rye", {"enabled": True}, at(3))
    world.say("heard")
    assert waiting(world) == ["heard"]


def test_switching_on_what_is_on_skips_nothing(world: World) -> None:
    world.store.add(RYE, at(1))
    world.say("heard")
    world.store.edit("rye", {"enabled": True}, at(2))
    assert waiting(world) == ["heard"]


def rewritten(world: World, content: str, run: Run) -> tuple[Block, bool]:
    before = world.store.block("rye")
    place = world.store.waiting(before, 10)[-1].place
    after = before.rewritten(content, place, at(9))
    run = replace(run, inputs={"turns": 1, "after": before.taken_up_to, "up_to": place})
    return after, world.store.advance(before, after, run)


def test_a_rewriting_is_kept_with_its_run_and_takes_the_turns_in(world: World) -> None:
    world.store.add(RYE, at(1))
    world.say("heard")
    run = a_run(minutes=9)
    after, kept = rewritten(world, "Feed it on Fridays.", run)
    assert kept
    assert world.store.block("rye") == after
    version = world.store.versions("rye")[-1]
    assert (version.version, version.content, version.actor) == (
        2,
        "Feed it on Fridays.",
        Hand.WRITER,
    )
    assert (version.run_id, version.model, version.at) == (run.id, "some-model", at(9))
    assert waiting(world) == []


def test_turns_with_nothing_to_take_in_are_taken_without_a_version(world: World) -> None:
    world.store.add(RYE, at(1))
    world.say("heard")
    _, kept = rewritten(world, "Feed it.", a_run())
    assert kept
    assert len(world.store.versions("rye")) == 1
    assert waiting(world) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.edit("rye", BlockChange(content="By hand."), at(5)),
        lambda store: store.edit("rye", BlockChange(enabled=False), at(5)),
        lambda store: store.erase("rye"),
    ],
    ids=["edited", "switched off", "deleted"],
)
def test_what_changed_meanwhile_is_left_as_it_is(
    world: World, change: Callable[[KnowledgeStore], object]
) -> None:
    world.store.add(RYE, at(1))
    world.say("heard")
    before = world.store.block("rye")
    after = before.rewritten("By a model.", before.taken_up_to + 1, at(9))
    change(world.store)
    left = world.store.blocks()
    assert not world.store.advance(before, after, a_run())
    assert world.store.blocks() == left
