"""One embedding model takes the place of another, while search goes on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.exchangeable_embedder import AbsentEmbedder, ExchangeableEmbedder
from adapters.postgres import Postgres, connected
from cns.errors import Misconfigured, StoreUnavailable, Unavailable
from cns.ports import Found, Query
from cns.services.search import EMBEDDER_LOST, Search
from config.settings import DatabaseSettings
from lt_memory.jobs.reembed import BATCH, UNREAD, Reembed
from lt_memory.recall import HybridRecall
from lt_memory.recall_postgres import PostgresRecall
from lt_memory.successor import Successor
from lt_memory.switching_ports import ModelOfVectors
from lt_memory.switching_postgres import PLACES, PostgresSwitch
from tests.fakes.embedder import FakeEmbedder
from tests.recalling import LONG, Bench, bench, ids

pytestmark = pytest.mark.postgres
STANDS = ModelOfVectors(name="old", dimensions=384)
SHAPE = """
SELECT tablename, regexp_replace(indexdef, '^.* ON', '') AS shape, indexname FROM pg_indexes
WHERE schemaname = current_schema() AND indexdef ~ 'embedding' ORDER BY indexname
"""
COLUMNS = """
SELECT table_name, column_name, format_type(a.atttypid, a.atttypmod) AS type
FROM information_schema.columns c JOIN pg_attribute a
    ON a.attrelid = c.table_name::regclass AND a.attname = c.column_name
WHERE column_name ~ 'embedding' AND table_schema = current_schema()
ORDER BY table_name, column_name
"""


@dataclass(slots=True)
class World:
    """A store full of the old model's vectors, and a new model that is wanted."""

    bench: Bench
    database: Postgres
    old: FakeEmbedder
    new: FakeEmbedder
    service: ExchangeableEmbedder
    patience: timedelta = LONG

    @property
    def store(self) -> PostgresSwitch:
        return PostgresSwitch(self.database)

    def job(self, wanted: FakeEmbedder | None = None) -> Reembed:
        successor = Successor(
            service=self.service,
            wanted=wanted or self.new,
            made_by={"model": "m"},
            patience=self.patience,
        )
        return Reembed(self.store, successor)

    @property
    def search(self) -> Search:
        store = PostgresRecall(self.database, lambda: self.service.name)
        recall = HybridRecall(store=store, index=self.bench.index, patience=LONG)
        return Search(embedder=self.service, recall=recall)

    def find(self, text: str) -> Found:
        return self.search.find(Query(text=text, vector=None))

    def rows(self, query: str) -> Sequence[Mapping[str, object]]:
        with self.database.transaction() as transaction:
            return transaction.all(query)

    def models(self, column: str = "embedding") -> set[object]:
        each = [
            f"SELECT {column}_model AS model, vector_dims({column}) AS d FROM {place}"
            for place in PLACES
        ]
        return {(row["model"], row["d"]) for row in self.rows(" UNION ".join(each))}


@pytest.fixture
def world(database: Postgres, tmp_path: Path) -> Iterator[World]:
    old = FakeEmbedder("old")
    with bench(database, tmp_path, old) as made:
        made.seeds.segment(["my boat is blue", "a talk about tulips"], summary="About a boat.")
        made.seeds.entity(made.seeds.memory("The boat is called Ada."), "Ada")
        made.settle()
        assert PostgresSwitch(database).adopt(STANDS)
        new = FakeEmbedder("new", dimensions=24)
        yield World(made, database, old, new, ExchangeableEmbedder(old))


def vector_hits(found: Found) -> list[object]:
    return [hit.id for hit in found.hits if hit.reasons.vector > 0]


def test_a_switch_leaves_every_text_with_a_vector_of_the_new_model(world: World) -> None:
    assert world.job().run() == {"standing": "new", "switched": True}
    assert world.models() == {("new", 24)}
    assert world.service.present() is world.new
    found = world.find("boat")
    assert vector_hits(found)
    assert found.degraded == ()
    stands = world.store.standing()
    assert stands == ModelOfVectors(name="new", dimensions=24, made_by={"model": "m"})


def test_a_rehearsal_says_how_much_is_to_be_read_and_asks_no_model(world: World) -> None:
    world.bench.seeds.segment([f"boat number {n}" for n in range(BATCH)])
    world.bench.settle()
    world.patience, columns = timedelta(0), world.rows(COLUMNS)
    told = world.job().rehearse()
    assert (told["standing"], told["next"], told["done"]) == ("old", "new", 0)
    assert world.rows(COLUMNS) == columns
    world.job().run()
    assert world.job().rehearse() == {**told, "done": BATCH}
    world.patience = LONG
    world.job().run()
    assert world.job().rehearse() == {"standing": "new"}


def test_indexes_and_columns_are_the_same_after_it_but_for_the_size(world: World) -> None:
    shape, columns = world.rows(SHAPE), world.rows(COLUMNS)
    world.job().run()
    assert world.rows(SHAPE) == shape
    told = [{**row, "type": str(row["type"]).replace("24", "384")} for row in world.rows(COLUMNS)]
    assert told == columns


def test_the_new_index_is_the_one_that_is_asked(world: World) -> None:
    world.job().run()
    with world.database.transaction() as transaction:
        transaction.run("SET LOCAL enable_seqscan = off")
        plan = transaction.all(
            "EXPLAIN SELECT id FROM messages WHERE embedding_model = 'new'"
            " ORDER BY embedding <=> %(vector)s::halfvec LIMIT 5",
            vector=str(list(world.new.embed(["boat"])[0])),
        )
    assert "messages_by_vector" in str(plan)


def test_search_goes_on_by_the_old_model_until_all_is_read(world: World) -> None:
    world.bench.seeds.segment([f"boat number {n}" for n in range(BATCH + 6)])
    world.bench.settle()
    before = ids(world.find("boat"))
    world.patience = timedelta(0)
    told = world.job().run()
    assert (told["standing"], told["next"], told["done"]) == ("old", "new", BATCH)
    assert isinstance(told["total"], int)
    assert told["total"] > BATCH
    found = world.find("boat")
    assert (ids(found), found.degraded) == (before, ())
    assert vector_hits(found)


def test_a_later_pass_takes_up_where_the_last_one_ended(world: World) -> None:
    world.bench.seeds.segment([f"boat number {n}" for n in range(BATCH + 6)])
    world.bench.settle()
    world.patience = timedelta(0)
    world.job().run()
    read = len(world.new.texts)
    world.job().run()
    assert world.service.present() is world.new
    assert len(world.new.texts) == len(set(world.new.texts))
    assert len(world.new.texts) > read


def test_a_new_model_that_goes_away_midway_loses_nothing(world: World) -> None:
    world.new.lost = True
    with pytest.raises(Unavailable):
        world.job().run()
    assert world.models() == {("old", 384)}
    assert vector_hits(world.find("boat"))
    world.new.lost = False
    world.job().run()
    assert world.models() == {("new", 24)}


def test_what_is_said_meanwhile_is_found_at_once_and_read_by_both(world: World) -> None:
    world.store.prepare(ModelOfVectors(name="new", dimensions=24))
    _, (said,) = world.bench.seeds.segment(["a submarine"])
    world.bench.settle()
    assert said in vector_hits(world.find("submarine"))
    world.job().run()
    assert said in vector_hits(world.find("submarine"))


def test_a_text_that_changes_meanwhile_is_read_anew(world: World) -> None:
    world.store.prepare(ModelOfVectors(name="new", dimensions=24))
    pending = world.store.lacking(100)
    made = list(zip(pending, world.new.embed([each.text for each in pending]), strict=True))
    memory = next(each for each, _ in made if each.kind == "memory")
    world.bench.seeds.run("UPDATE memories SET text = 'Ada is sold.'")
    assert world.store.keep(made, "new") == len(made) - 1
    world.store.keep([(each, v) for each, v in made if each is memory], "new")
    assert [each.text for each in world.store.lacking(100)] == ["Ada is sold."]
    (left,) = world.store.lacking(100)
    world.store.keep([(left, world.new.embed([left.text])[0])], "new")
    world.bench.seeds.run("UPDATE segments SET title = 'Sold'")
    world.bench.seeds.run("UPDATE entities SET name = 'Ada II'")
    assert {each.kind for each in world.store.lacking(100)} == {"segment", "entity"}
    assert not world.store.switch(anyway=False)


def test_switching_back_works(world: World) -> None:
    world.job().run()
    world.job(world.old).run()
    assert world.models() == {("old", 384)}
    assert world.service.present() is world.old
    assert vector_hits(world.find("boat"))


def test_a_switch_that_is_not_wanted_any_more_leaves_nothing_behind(world: World) -> None:
    columns = world.rows(COLUMNS)
    world.store.prepare(ModelOfVectors(name="new", dimensions=24))
    assert world.rows(COLUMNS) != columns
    assert world.job(world.old).run() == {"standing": "old"}
    assert world.rows(COLUMNS) == columns
    assert world.models() == {("old", 384)}


def test_a_third_model_takes_the_place_of_the_second_midway(world: World) -> None:
    world.store.prepare(ModelOfVectors(name="new", dimensions=24))
    world.job(FakeEmbedder("third", dimensions=8)).run()
    assert world.models() == {("third", 8)}


def test_an_old_model_that_cannot_be_run_is_relieved_at_once_and_it_is_said(world: World) -> None:
    world.bench.seeds.segment([f"boat number {n}" for n in range(BATCH + 6)])
    world.bench.settle()
    world.service.put(AbsentEmbedder("old", 384, "its folder is gone."))
    assert world.find("boat").degraded == (EMBEDDER_LOST,)
    assert world.job().run() == {"standing": "new", "switched": True}
    found = world.find("boat")
    assert found.degraded == (UNREAD,)
    assert vector_hits(found)
    assert UNREAD in world.service.ping()
    assert world.models() == {("new", 24), (None, None)}


def test_while_neither_can_be_run_the_old_vectors_stay(world: World) -> None:
    world.old.lost = world.new.lost = True
    with pytest.raises(Unavailable):
        world.job().run()
    assert world.models() == {("old", 384)}


def test_a_vector_of_another_size_never_breaks_a_search(world: World) -> None:
    query = Query(text="boat", vector=world.new.embed(["boat"])[0])
    assert vector_hits(world.search.recall.recall(query)) == []


def test_the_first_model_is_written_down_whatever_its_size(
    database: Postgres, tmp_path: Path
) -> None:
    first = FakeEmbedder("first", dimensions=24)
    with bench(database, tmp_path, first) as made:
        made.seeds.segment(["my boat is blue"])
        assert made.vectors.run() == {"embedded": 0, "made_anew": 0}
        world = World(made, database, first, first, ExchangeableEmbedder(first))
        assert world.job().run() == {"standing": "first", "switched": True}
        made.settle()
        assert ("first", 24) in world.models()
        assert vector_hits(world.find("boat"))
        assert world.job().run() == {"standing": "first"}


def test_a_first_model_that_fits_the_columns_is_only_written_down(
    database: Postgres, tmp_path: Path
) -> None:
    first = FakeEmbedder("first")
    with bench(database, tmp_path, first) as made:
        made.seeds.segment(["my boat is blue"])
        made.settle()
        world = World(made, database, first, first, ExchangeableEmbedder(first))
        assert world.job().run() == {"standing": "first", "switched": True}
        assert vector_hits(world.find("boat"))


def test_a_model_whose_vectors_no_index_takes_is_refused(world: World) -> None:
    with pytest.raises(Misconfigured, match="MIRA_EMBEDDINGS__DIMENSIONS"):
        world.job(FakeEmbedder("huge", dimensions=4001)).run()


def test_a_switch_gives_way_to_whoever_holds_the_tables(world: World, dsn: str) -> None:
    settings = DatabaseSettings(pool_min=1)
    with connected(dsn, settings) as other, other.transaction() as reading:
        reading.all("SELECT id FROM messages")
        with pytest.raises(StoreUnavailable):
            world.job().run()
    assert world.models() == {("old", 384)}
    assert world.job().run()["switched"]
