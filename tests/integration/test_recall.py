"""Recall on the real database, the real text index and, where meaning counts, the real model."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from adapters import models
from adapters.embedding_export import export
from adapters.embeddings import OnnxEmbedder
from adapters.postgres import Postgres
from adapters.text_index import TantivyIndex
from cns.ports import Found
from lt_memory.recall import INDEX_BEHIND, INDEX_LOST
from lt_memory.recall_postgres import PostgresTexts
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.text_index import FakeTextIndex
from tests.recalling import FACTS, TALK, Bench, bench, first, ids
from tests.seeding import BEGAN, Line

pytestmark = pytest.mark.postgres


@pytest.fixture
def plain(database: Postgres, tmp_path: Path) -> Iterator[Bench]:
    """With the embedder that knows words alone."""
    with bench(database, tmp_path, FakeEmbedder()) as made:
        yield made


@pytest.fixture(scope="module")
def minilm() -> OnnxEmbedder:
    export(models.model_dir())
    return OnnxEmbedder(models.minilm_onnx(), models.minilm_tokenizer())


@pytest.fixture
def real(database: Postgres, tmp_path: Path, minilm: OnnxEmbedder) -> Iterator[Bench]:
    with bench(database, tmp_path, minilm) as made:
        yield made


@pytest.mark.model
def test_nine_of_ten_facts_come_back_when_asked_for_in_other_words(real: Bench) -> None:
    lines = [line for fact, _ in FACTS for line in (fact, Line(text="I see.", role="assistant"))]
    _, told = real.seeds.segment([*TALK, *lines, *TALK])
    wanted = [told[len(TALK) + 2 * number] for number in range(len(FACTS))]
    real.settle()
    found = [wanted[n] in ids(real.ask(question, limit=5)) for n, (_, question) in enumerate(FACTS)]
    assert sum(found) >= 9, found


@pytest.mark.model
def test_nine_of_ten_memories_come_back_at_the_floor_of_surfacing(real: Bench) -> None:
    wanted = [real.seeds.memory(fact) for fact, _ in FACTS]
    real.seeds.segment(TALK)
    real.settle()
    found = [
        wanted[n] in ids(real.ask(question, limit=3, floor=0.25))
        for n, (_, question) in enumerate(FACTS)
    ]
    assert sum(found) >= 9, found


@pytest.mark.model
def test_questions_about_nothing_known_bring_up_little(real: Bench) -> None:
    for fact, _ in FACTS:
        real.seeds.memory(fact)
    real.settle()
    unknown = (
        "What is the boiling point of tungsten?",
        "Who won the chess championship in 1972?",
        "How do I reset the router password?",
        "What did the senate decide about tariffs?",
        "Which planets have rings?",
    )
    found = [len(real.ask(question, floor=0.25).hits) for question in unknown]
    assert sum(number == 0 for number in found) >= 4, found


def test_a_message_is_found_as_soon_as_it_is_stored(plain: Bench) -> None:
    segment, _ = plain.seeds.segment(TALK)
    plain.settle()
    said = plain.seeds.message("The spare key is under the terracotta pot.", segment)
    found = plain.ask("Where is the spare key?")
    assert first(found).id == said
    assert first(found).reasons.vector == 0
    assert found.degraded == ()


def test_an_answer_is_found_by_the_words_of_its_question(plain: Bench) -> None:
    _, (_, answer, *_) = plain.seeds.segment(
        [Line(text="Where did you grow up?", role="assistant"), "In a village near Braga.", *TALK]
    )
    plain.settle()
    assert answer in ids(plain.ask("growing up", limit=3, kinds=frozenset({"message"})))


def test_a_question_counts_twice_for_the_answer_right_after_it(plain: Bench) -> None:
    _, (_, answered) = plain.seeds.segment(["How often does the choir sing?", "Twice a week."])
    _, (_, told) = plain.seeds.segment(["It often sings, the choir.", "Once a week."])
    plain.settle()
    found = plain.ask("How often does the choir sing?", kinds=frozenset({"message"}))
    words = {hit.id: hit.reasons.text for hit in found.hits}
    assert words[answered] > words[told]


def test_a_neighbour_said_later_is_taken_in(plain: Bench) -> None:
    segment, (question, *_) = plain.seeds.segment(["How was the concert?"])
    plain.settle()
    plain.seeds.message("The trombones were too loud.", segment)
    assert question in ids(plain.ask("trombones"))


def test_a_hit_says_all_that_is_known_of_it(plain: Bench) -> None:
    segment, (message,) = plain.seeds.segment(
        [Line(text="My boat is called Gull.", external_id="old-7")]
    )
    memory = plain.seeds.memory(
        "The user's boat is called Gull.", from_message=message, segment_id=segment
    )
    plain.settle()
    told = {hit.kind: hit for hit in plain.ask("boat", kinds=frozenset({"memory"})).hits}
    assert (told["memory"].id, told["memory"].source_message_ids) == (memory, (message,))
    assert told["memory"].segment_id == segment
    said = first(plain.ask("boat", kinds=frozenset({"message"})))
    assert (said.text, said.external_id) == ("My boat is called Gull.", "old-7")
    assert (said.source_message_ids, said.segment_id) == ((message,), segment)
    assert said.created_at == BEGAN


def test_a_summary_is_found_with_its_segment(plain: Bench) -> None:
    segment, _ = plain.seeds.segment(["Hello."], summary="They compared sailing schools.")
    plain.settle()
    hit = first(plain.ask("sailing", kinds=frozenset({"segment"})))
    assert (hit.kind, hit.id, hit.segment_id) == ("segment", segment, segment)
    assert hit.text == "A talk\nThey compared sailing schools."


def test_the_parts_of_every_hit_add_up(plain: Bench) -> None:
    plain.seeds.segment([*TALK, *(fact for fact, _ in FACTS)], summary="About peanuts and cats.")
    for fact, _ in FACTS:
        plain.seeds.memory(fact, importance=0.7)
    plain.settle()
    found = plain.ask("What about my cat in March 2026?", limit=30)
    assert len(found.hits) > 10
    for hit in found.hits:
        r = hit.reasons
        assert math.isclose(
            hit.score, r.vector + r.text + r.entity + r.time + r.links + r.importance
        )
    assert [hit.score for hit in found.hits] == sorted((h.score for h in found.hits), reverse=True)


def test_two_statements_are_enough_whatever_is_found(plain: Bench) -> None:
    _, said = plain.seeds.segment([f"boat number {n}" for n in range(30)], summary="Boats.")
    for message in said:
        plain.seeds.entity(plain.seeds.memory("a boat", from_message=message), "Gull", "thing")
    plain.settle()
    for text, expected in (("boat", 2), ("Gull boats?", 2)):
        plain.counted.statements.clear()
        assert plain.ask(text, limit=50).hits
        assert len(plain.counted.statements) == expected
    plain.counted.statements.clear()
    assert not plain.ask("boat", floor=1.0).hits
    assert len(plain.counted.statements) == 1


def test_the_order_of_storing_changes_nothing(plain: Bench) -> None:
    texts = [f"{fact} Note {n}." for n, (fact, _) in enumerate(FACTS * 3)]
    numbered = {UUID(int=n + 1): text for n, text in enumerate(texts)}
    rankings = []
    for order in (sorted(numbered), sorted(numbered, reverse=True)):
        plain.seeds.run("DELETE FROM memories")
        for id_ in order:
            plain.seeds.memory(numbered[id_], id=id_)
        plain.settle()
        plain.index.purge()
        rankings.append([(hit.id, hit.score) for hit in plain.ask("my sister", limit=20).hits])
    assert rankings[0] == rankings[1]


def test_without_a_vector_words_alone_are_asked(plain: Bench) -> None:
    _, (said, *_) = plain.seeds.segment(["The spare key is under the pot.", *TALK])
    plain.settle()
    found = plain.ask("spare key", vector=None)
    assert first(found).id == said
    assert first(found).reasons.vector == 0


def test_without_the_text_index_vectors_alone_are_asked_and_it_is_said(
    plain: Bench, database: Postgres
) -> None:
    _, (said, *_) = plain.seeds.segment(["The spare key is under the pot.", *TALK])
    plain.settle()
    lost = FakeTextIndex(PostgresTexts(database))
    lost.lost = True
    plain.recall = replace(plain.recall, index=lost)
    found = plain.ask("spare key")
    assert first(found).id == said
    assert first(found).reasons.text == 0
    assert found.degraded == (INDEX_LOST,)


def test_the_index_and_the_database_hold_as_many_texts(plain: Bench) -> None:
    plain.seeds.segment(["The spare key is under the pot.", *TALK])
    plain.seeds.memory("The spare key is under the pot.")
    plain.settle()
    assert plain.index.agrees()


def test_texts_that_the_index_never_heard_of_are_noticed_and_taken_in(
    plain: Bench, database: Postgres
) -> None:
    _, (said, *_) = plain.seeds.segment(["The spare key is under the pot."])
    with database.transaction() as transaction:
        transaction.run("DELETE FROM text_changes")
    assert not plain.index.agrees()
    plain.settle()
    assert plain.index.agrees()
    assert first(plain.ask("spare key")).id == said


def test_an_index_that_cannot_keep_up_is_said(plain: Bench, database: Postgres) -> None:
    behind = FakeTextIndex(PostgresTexts(database))
    behind.asleep = True
    plain.recall = replace(plain.recall, index=behind)
    plain.seeds.segment(["The spare key is under the pot."])
    assert plain.ask("spare key").degraded == (INDEX_BEHIND,)


def test_a_lost_index_is_back_within_one_search_when_little_was_said(
    plain: Bench, database: Postgres, tmp_path: Path
) -> None:
    _, (said,) = plain.seeds.segment(["The spare key is under the pot."])
    plain.settle()
    with TantivyIndex(tmp_path / "another", PostgresTexts(database)) as new:
        plain.recall = replace(plain.recall, index=new)
        found = plain.ask("spare key", vector=None)
        assert (ids(found), found.degraded) == ([said], ())


def test_nothing_is_found_in_an_empty_store(plain: Bench) -> None:
    assert plain.ask("anything") == Found(hits=())
