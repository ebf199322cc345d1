"""Recall on the real database, the real text index and, where meaning counts, the real model."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from adapters import models
from adapters.embedding_export import export
from adapters.embeddings import OnnxEmbedder
from adapters.postgres import Postgres
from adapters.text_index import TantivyIndex
from cns.domain.stream import Recalled
from cns.ports import Database, Embedder, Found, Query, Row, Transaction
from lt_memory.domain.question import core
from lt_memory.jobs.embed import EmbedPending
from lt_memory.recall import INDEX_BEHIND, INDEX_LOST, HybridRecall
from lt_memory.recall_postgres import PostgresRecall, PostgresTexts, PostgresVectors
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.text_index import FakeTextIndex
from tests.seeding import BEGAN, Line, Seeds

pytestmark = pytest.mark.postgres

LONG = timedelta(seconds=20)

# What a stranger says of themselves, and how they ask for it later in other words.
FACTS = (
    ("I'm allergic to peanuts, even a trace of them.", "Which food must I avoid?"),
    ("My sister Ines works as a vet in Leeds.", "What does my sister do for a living?"),
    ("We moved to Lisbon in March 2019.", "When did we come to Lisbon?"),
    ("I drive an old green Volvo.", "What car do I have?"),
    (
        "My daughter plays the cello in the school orchestra.",
        "Which instrument does my child play?",
    ),
    ("I can't stand the smell of coriander.", "Which herb do I dislike?"),
    ("I start my new job at the harbour on the first of June.", "When do I begin my new work?"),
    ("Our cat is called Mustard.", "What is the name of our pet?"),
    ("I ran the Porto marathon in under four hours.", "How fast did I finish the race in Porto?"),
    ("My doctor told me to take vitamin D every morning.", "What supplement do I take?"),
)
TALK = (
    "Good morning! How is the weather over there?",
    "It rained all night but the sun is out now.",
    "Could you explain how a heat pump works?",
    "A heat pump moves warmth from the outside air into the house.",
    "What would you cook from leeks and potatoes?",
    "A soup, with a bit of cream and nutmeg.",
    "Thanks, that was helpful. Let us talk tomorrow.",
    "You are welcome. Sleep well!",
)


@dataclass(slots=True)
class CountingDatabase:
    """A database that counts the statements sent to it."""

    database: Database
    statements: list[str] = field(default_factory=list)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self.database.transaction() as transaction:
            yield CountingTransaction(transaction, self.statements)


@dataclass(slots=True)
class CountingTransaction:
    transaction: Transaction
    statements: list[str]

    def all(self, query: str, **values: object) -> list[Row]:
        self.statements.append(query)
        return self.transaction.all(query, **values)

    def one(self, query: str, **values: object) -> Row:
        self.statements.append(query)
        return self.transaction.one(query, **values)

    def maybe(self, query: str, **values: object) -> Row | None:
        self.statements.append(query)
        return self.transaction.maybe(query, **values)

    def run(self, query: str, **values: object) -> int:
        self.statements.append(query)
        return self.transaction.run(query, **values)


@dataclass(slots=True)
class Bench:
    """Recall with all that it stands on."""

    seeds: Seeds
    index: TantivyIndex
    recall: HybridRecall
    embedder: Embedder
    vectors: EmbedPending
    counted: CountingDatabase

    def settle(self) -> None:
        """Let everything pending be embedded and indexed."""
        self.vectors.run()
        assert self.index.catch_up(LONG)

    def ask(self, text: str, **rest: object) -> Found:
        query = Query(text=text, vector=self.embedder.embed([core(text)])[0])
        return self.recall.recall(replace(query, **rest))  # type: ignore[arg-type]  # by name


@contextmanager
def bench(database: Postgres, folder: Path, embedder: Embedder) -> Iterator[Bench]:
    counted = CountingDatabase(database)
    seeds = Seeds(database)
    seeds.user()
    with TantivyIndex(folder / "text_index", PostgresTexts(database)) as index:
        assert index.catch_up(LONG)
        yield Bench(
            seeds=seeds,
            index=index,
            recall=HybridRecall(
                store=PostgresRecall(counted, embedder.name), index=index, patience=LONG
            ),
            embedder=embedder,
            vectors=EmbedPending(PostgresVectors(database), embedder),
            counted=counted,
        )


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


def ids(found: Found) -> list[UUID]:
    return [hit.id for hit in found.hits]


def first(found: Found) -> Recalled:
    return found.hits[0]


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


def test_nothing_is_found_in_an_empty_store(plain: Bench) -> None:
    assert plain.ask("anything") == Found(hits=())


def test_a_kind_that_was_not_asked_for_does_not_come(plain: Bench) -> None:
    plain.seeds.segment(["a boat"], summary="About a boat.")
    plain.seeds.memory("a boat")
    plain.settle()
    for kind in ("memory", "message", "segment"):
        assert {hit.kind for hit in plain.ask("boat", kinds=frozenset({kind})).hits} == {kind}


def test_a_memory_deleted_between_the_two_statements_is_left_out(plain: Bench) -> None:
    plain.seeds.memory("a boat", id=uuid4())
    plain.settle()
    store = PostgresRecall(plain.counted, plain.embedder.name)
    query = Query(text="boat", vector=plain.embedder.embed(["boat"])[0])
    ranked = plain.recall._ranked(query, store.consider(query, ()))
    plain.seeds.run("DELETE FROM memories")
    assert ranked
    assert store.details(ranked) == []
