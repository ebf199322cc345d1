"""What may come to mind, and what may not: exclusions, time, names, deletions, vectors."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.postgres import Postgres
from adapters.text_index import TantivyIndex
from cns.ports import Query
from lt_memory.jobs.embed import EmbedPending
from lt_memory.recall_ports import REACH, Asked
from lt_memory.recall_postgres import PostgresRecall, PostgresTexts, PostgresVectors
from lt_memory.telling import PASSED_OVER
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.recalling import FACTS, LONG, TALK, Bench, bench, first, ids
from tests.seeding import BEGAN, Line

pytestmark = pytest.mark.postgres


@pytest.fixture
def plain(database: Postgres, tmp_path: Path) -> Iterator[Bench]:
    """With the embedder that knows words alone."""
    with bench(database, tmp_path, FakeEmbedder()) as made:
        yield made


def test_what_is_in_the_prompt_already_is_left_out(plain: Bench) -> None:
    _, said = plain.seeds.segment([f"boat number {n}" for n in range(6)])
    memory, other = plain.seeds.memory("a boat"), plain.seeds.memory("another boat")
    plain.settle()
    found = plain.ask(
        "boat",
        exclude_messages=frozenset(said[:5]),
        exclude_memories=frozenset({memory}),
        limit=20,
    )
    assert set(ids(found)) == {said[5], other}


def test_excluded_messages_do_not_crowd_out_the_others(plain: Bench) -> None:
    _, near = plain.seeds.segment(["boat"] * 120)
    _, (far,) = plain.seeds.segment(["a boat, and then a long talk about tulips and the weather"])
    plain.settle()
    assert far in ids(plain.ask("boat", exclude_messages=frozenset(near)))


@pytest.mark.parametrize(
    ("columns", "there"),
    [
        ({"state": "active"}, True),
        ({"state": "dormant"}, True),
        ({"state": "archived"}, False),
        ({"state": "pending"}, False),
        ({"expires_at": BEGAN - timedelta(days=300)}, False),
        ({"valid_until": BEGAN - timedelta(days=300)}, False),
    ],
)
def test_only_living_memories_come_to_mind(
    plain: Bench, columns: dict[str, object], *, there: bool
) -> None:
    memory = plain.seeds.memory("a boat called Gull", from_message=None, **columns)
    plain.settle()
    assert (memory in ids(plain.ask("boat Gull"))) is there


def test_a_memory_that_is_archived_is_gone_at_once(plain: Bench) -> None:
    memory = plain.seeds.memory("a boat called Gull")
    plain.settle()
    plain.seeds.run("UPDATE memories SET state = 'archived' WHERE id = %(id)s", id=memory)
    assert memory not in ids(plain.ask("boat Gull"))


def test_a_dormant_memory_surfaces_only_among_the_first_of_a_leg(plain: Bench) -> None:
    texts = ["boat", "boat Gull", "a boat called Gull", "a boat called Gull in a green harbour"]
    *first, fourth = [plain.seeds.memory(text, state="dormant") for text in texts]
    plain.settle()
    assert set(ids(plain.ask("boat", surfacing=True))) == set(first)
    assert set(ids(plain.ask("boat"))) == {*first, fourth}


def test_a_dormant_memory_behind_active_ones_does_not_surface(plain: Bench) -> None:
    active = {plain.seeds.memory(f"boat number {n}") for n in range(3)}
    plain.seeds.memory("a boat called Gull in a green harbour", state="dormant")
    plain.settle()
    found = plain.ask("boat number", surfacing=True)
    assert set(ids(found)) == active
    assert [each.why for each in found.passed_over] == ["dormant"]


def test_all_that_was_weighed_is_counted_though_the_best_of_it_alone_is_told(plain: Bench) -> None:
    for n in range(PASSED_OVER + 5):
        plain.seeds.memory(f"boat number {n}")
    plain.settle()
    found = plain.ask("boat number", limit=2, vector=None)
    assert (len(found.hits), len(found.passed_over)) == (2, PASSED_OVER)
    assert found.weighed == PASSED_OVER + 5


def test_what_a_tool_said_does_not_come_to_mind(plain: Bench) -> None:
    plain.seeds.segment([Line(text="a boat called Gull", role="tool")])
    plain.settle()
    assert not plain.ask("boat Gull").hits


def test_time_bounds_hold_in_both_legs(plain: Bench) -> None:
    _, (early,) = plain.seeds.segment(["a boat called Gull"])
    later = BEGAN + timedelta(days=90)
    _, (late,) = plain.seeds.segment(["a boat called Tern"], began=later)
    middle = BEGAN + timedelta(days=30)
    plain.settle()
    assert ids(plain.ask("boat", before=middle)) == [early]
    assert ids(plain.ask("boat", after=middle)) == [late]
    assert ids(plain.ask("boat", after=later, before=later + timedelta(hours=1))) == [late]


def test_what_is_planned_for_a_time_is_found_by_it(plain: Bench) -> None:
    june = BEGAN + timedelta(days=90)
    trip = plain.seeds.memory("the trip to Oslo", happens_at=june)
    plain.settle()
    assert ids(plain.ask("Oslo", after=june, before=june + timedelta(days=1))) == [trip]


def test_what_was_told_before_a_time_for_one_after_it_lies_not_within_it(plain: Bench) -> None:
    plain.seeds.memory("the trip to Oslo", happens_at=BEGAN + timedelta(days=900))
    plain.settle()
    within = {"after": BEGAN + timedelta(days=90), "before": BEGAN + timedelta(days=450)}
    assert ids(plain.ask("Oslo", **within)) == []


def test_much_talk_does_not_hide_the_words_of_a_memory(plain: Bench) -> None:
    memory = plain.seeds.memory("the olives are in the lantern warehouse")
    plain.seeds.segment([Line(text=f"lantern warehouse olives {n}") for n in range(2 * REACH)])
    plain.settle()
    found = plain.ask("Where is the lantern warehouse for the olives?", limit=2 * REACH)
    told = {hit.id: hit.reasons.text for hit in found.hits}
    assert told[memory] > 0


def test_one_who_is_named_is_nudged_up(plain: Bench) -> None:
    _, (jonas, marta) = plain.seeds.segment(
        [Line(text="I love rowing.", name="Jonas"), Line(text="I love rowing.", name="Marta Vos")]
    )
    plain.settle()
    hits = plain.ask("Does Marta love rowing?").hits
    assert [hit.id for hit in hits] == [marta, jonas]
    assert (hits[0].reasons.entity, hits[1].reasons.entity) == (0.2, 0)


def test_a_memory_of_one_who_is_named_is_nudged_up(plain: Bench) -> None:
    other, hers = plain.seeds.memory("She loves rowing"), plain.seeds.memory("She loves rowing")
    plain.seeds.entity(hers, "Marta Vos")
    plain.seeds.entity(other, "Jonas")
    plain.settle()
    hits = plain.ask("What does Marta love?").hits
    assert [(hit.id, hit.reasons.entity) for hit in hits] == [(hers, 0.2), (other, 0)]


def test_a_memory_stands_for_the_message_it_was_drawn_from(plain: Bench) -> None:
    _, (message,) = plain.seeds.segment(["My boat is called Gull."])
    memory = plain.seeds.memory("My boat is called Gull.", from_message=message)
    plain.settle()
    assert ids(plain.ask("boat")) == [memory]
    assert ids(plain.ask("boat", kinds=frozenset({"message"}))) == [message]


def test_vectors_of_another_model_are_not_compared(plain: Bench) -> None:
    memory = plain.seeds.memory("a boat called Gull")
    plain.settle()
    plain.seeds.run("UPDATE memories SET embedding_model = 'another'")
    hit = first(plain.ask("boat"))
    assert (hit.id, hit.reasons.vector) == (memory, 0)
    assert plain.vectors.run()["made_anew"] == 0
    fresh = EmbedPending(PostgresVectors(plain.counted), plain.embedder)
    assert fresh.run() == {"embedded": 1, "made_anew": 1}
    assert first(plain.ask("boat")).reasons.vector > 0


def test_a_text_that_changed_while_it_was_embedded_keeps_no_old_vector(
    plain: Bench, database: Postgres
) -> None:
    plain.seeds.memory("a boat called Gull")
    vectors = PostgresVectors(database)
    (old,) = vectors.without_vector(10)
    plain.seeds.run("UPDATE memories SET text = 'a plane'")
    assert vectors.keep([(old, plain.embedder.embed([old.text])[0])], "fake") == 0
    assert vectors.without_vector(10)[0].text == "a plane"


def test_everything_said_and_remembered_gets_a_vector(plain: Bench) -> None:
    plain.seeds.segment(["Hello.", Line(text="42", role="tool"), " "], summary="A greeting.")
    plain.seeds.memory("a boat")
    assert plain.vectors.run() == {"embedded": 3, "made_anew": 0}
    assert plain.vectors.run() == {"embedded": 0, "made_anew": 0}


def test_deleted_words_are_gone_from_the_index_and_its_neighbours(plain: Bench) -> None:
    segment, said = plain.seeds.segment(["one", "the xylophone", "two", "three", "four"])
    plain.settle()
    assert len(ids(plain.ask("xylophone", vector=None))) == 4
    plain.seeds.run("DELETE FROM messages WHERE id = %(id)s", id=said[1])
    assert not plain.ask("xylophone", vector=None).hits
    assert plain.index.purge()
    plain.seeds.message("and more", segment)
    plain.settle()
    assert not plain.ask("xylophone", vector=None).hits


def test_a_deleted_memory_is_gone_from_the_index(plain: Bench) -> None:
    memory = plain.seeds.memory("the xylophone")
    plain.settle()
    plain.seeds.run("DELETE FROM memories WHERE id = %(id)s", id=memory)
    assert not plain.ask("xylophone", vector=None).hits


def test_an_index_rebuilt_from_the_database_ranks_as_before(
    plain: Bench, database: Postgres, tmp_path: Path
) -> None:
    plain.seeds.segment([*TALK, *(fact for fact, _ in FACTS)], summary="Peanuts and cats.")
    for fact, _ in FACTS:
        plain.seeds.memory(fact)
    plain.settle()
    before = plain.ask("my sister in Leeds", limit=30)
    with TantivyIndex(tmp_path / "another", PostgresTexts(database)) as rebuilt:
        assert rebuilt.catch_up(LONG)
        plain.recall = replace(plain.recall, index=rebuilt)
        assert ids(plain.ask("my sister in Leeds", limit=30)) == ids(before)


def test_a_kind_that_was_not_asked_for_does_not_come(plain: Bench) -> None:
    plain.seeds.segment(["a boat"], summary="About a boat.")
    plain.seeds.memory("a boat")
    plain.settle()
    for kind in ("memory", "message", "segment"):
        assert {hit.kind for hit in plain.ask("boat", kinds=frozenset({kind})).hits} == {kind}


def test_what_is_not_shown_is_told_with_its_reason(plain: Bench) -> None:
    plain.seeds.segment(["a boat", "a second boat"])
    plain.settle()
    found = plain.ask("boat", limit=1)
    (passed,) = [each for each in found.passed_over if each.kind == "message"]
    assert passed.why == "rank"
    assert 0 < passed.score <= first(found).score
    assert passed.reasons.total == passed.score


def test_a_memory_deleted_between_the_two_statements_is_left_out(plain: Bench) -> None:
    plain.seeds.memory("a boat", id=uuid4())
    plain.settle()
    store = PostgresRecall(plain.counted, lambda: plain.embedder.name)
    query = Query(text="boat", vector=plain.embedder.embed(["boat"])[0])
    found = [each.id for each in store.consider(Asked(query=query)).candidates]
    plain.seeds.run("DELETE FROM memories")
    assert found
    assert not store.details(query, found).told


def test_a_day_in_a_question_is_read_from_when_it_is_asked(plain: Bench) -> None:
    _, (old,) = plain.seeds.segment(["I mended the gate."], began=BEGAN - timedelta(days=60))
    _, (new,) = plain.seeds.segment(["I mended the gate."])
    plain.settle()
    later = replace(plain.recall, clock=FrozenClock(BEGAN + timedelta(days=1)))
    found = later.recall(Query(text="What did I mend yesterday?", vector=None))
    assert [(hit.id, hit.reasons.time) for hit in found.hits] == [(new, 0.1), (old, 0)]


def test_an_entity_is_met_by_its_alias(plain: Bench) -> None:
    hers, other = plain.seeds.memory("Drinks tea at four."), plain.seeds.memory("Tea is drunk.")
    plain.seeds.run(
        "WITH made AS (INSERT INTO entities (id, user_id, name, kind, created_at) VALUES"
        " (gen_random_uuid(), %(user)s, 'Katharina', 'person', now()) RETURNING id),"
        " called AS (INSERT INTO entity_aliases (entity_id, name) SELECT id, 'Kathy' FROM made)"
        " INSERT INTO memory_entities SELECT %(memory)s, id FROM made",
        user=plain.seeds.user_id,
        memory=hers,
    )
    plain.settle()
    found = plain.ask("When does Kathy drink tea?")
    assert {hit.id: hit.reasons.entity for hit in found.hits} == {hers: 0.2, other: 0}
