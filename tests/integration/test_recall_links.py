"""What a hit brings along: links, what took its place, what it is in conflict with, neighbours."""

import math
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import pytest

from adapters.postgres import Postgres
from cns.domain.grounds import Via
from tests.fakes.embedder import FakeEmbedder
from tests.recalling import Bench, bench, first, ids
from tests.seeding import BEGAN, Line

pytestmark = pytest.mark.postgres

LATER = BEGAN + timedelta(days=30)
MEMORIES = frozenset({"memory"})


@pytest.fixture
def plain(database: Postgres, tmp_path: Path) -> Iterator[Bench]:
    """With the embedder that knows words alone."""
    with bench(database, tmp_path, FakeEmbedder()) as made:
        yield made


def link(plain: Bench, one: UUID, other: UUID, kind: str, **columns: object) -> None:
    values = {"confidence": 0.9, "settled_at": None, **columns}
    plain.seeds.run(
        "INSERT INTO memory_links (id, source_id, target_id, kind, confidence, settled_at,"
        " settlement, created_at) VALUES (%(id)s, %(one)s, %(other)s, %(kind)s, %(confidence)s,"
        " %(settled_at)s, CASE WHEN %(settled_at)s::timestamptz IS NOT NULL THEN 'both' END,"
        " %(at)s)",
        id=uuid4(),
        one=one,
        other=other,
        kind=kind,
        at=BEGAN,
        **values,
    )


def crowd(plain: Bench) -> None:
    """So many nearer ones that what is far comes up by no leg."""
    for number in range(120):
        plain.seeds.memory(f"boat number {number}")


def superseded(plain: Bench, *texts: str) -> list[UUID]:
    """Memories of which each took the place of the one before."""
    made = [
        plain.seeds.memory(text, valid_until=LATER if text is not texts[-1] else None)
        for text in texts
    ]
    for old, new in pairwise(made):
        link(plain, new, old, "supersedes")
    return made


def test_what_links_lead_to_comes_up_with_its_way(plain: Bench) -> None:
    crowd(plain)
    best = plain.seeds.memory("the sloop Gull was laid up in autumn")
    reason, before = plain.seeds.memory("dry rot"), plain.seeds.memory("a wet summer")
    link(plain, best, reason, "caused_by")
    link(plain, reason, before, "caused_by")
    plain.settle()
    found = plain.ask("Why was the sloop Gull laid up?", limit=100)
    told = {hit.id: hit for hit in found.hits}
    assert first(found).id == best
    assert told[reason].via == Via(id=best, link="caused_by", hops=1)
    assert told[before].via == Via(id=best, link="caused_by", hops=2)
    assert told[reason].reasons.links > told[before].reasons.links > 0


@pytest.mark.parametrize(
    ("kind", "columns"),
    [("related", {"confidence": 0.5}), ("conflicts", {"settled_at": LATER})],
)
def test_a_link_that_is_unsure_or_settled_is_not_followed(
    plain: Bench, kind: str, columns: dict[str, object]
) -> None:
    best, far = plain.seeds.memory("the sloop Gull"), plain.seeds.memory("dry rot")
    link(plain, best, far, kind, **columns)
    plain.settle()
    assert far not in ids(plain.ask("sloop Gull", vector=None))


def test_what_was_put_away_is_reached_by_no_link(plain: Bench) -> None:
    best = plain.seeds.memory("the sloop Gull")
    for state in ("archived", "pending"):
        link(plain, best, plain.seeds.memory(f"dry rot, {state}", state=state), "related")
    plain.settle()
    assert ids(plain.ask("sloop Gull")) == [best]


def test_what_was_put_away_is_no_bridge_between_two_that_stand(plain: Bench) -> None:
    crowd(plain)
    best = plain.seeds.memory("the red boat of Ann")
    bridge = plain.seeds.memory("nothing of the kind", state="archived")
    beyond = plain.seeds.memory("a garden gate")
    link(plain, best, bridge, "caused_by")
    link(plain, bridge, beyond, "caused_by")
    assert beyond not in ids(plain.ask("the red boat of Ann", kinds=MEMORIES, limit=200))


def test_a_question_about_what_holds_no_more_is_answered_by_what_took_its_place(
    plain: Bench,
) -> None:
    *old, newest = superseded(plain, "lives in Leeds", "lives in York", "moved on to Bath")
    plain.settle()
    found = plain.ask("Who lives in Leeds?")
    assert ids(found) == [newest]
    assert first(found).via == Via(id=old[0], link="supersedes", hops=2)
    assert first(found).reasons.text > 0
    assert first(found).legs.text is not None


def test_of_a_chain_that_ends_in_the_archive_nothing_comes(plain: Bench) -> None:
    *_, newest = superseded(plain, "lives in Leeds", "moved on to Bath")
    plain.seeds.run("UPDATE memories SET state = 'archived' WHERE id = %(id)s", id=newest)
    plain.settle()
    assert not plain.ask("Who lives in Leeds?").hits


def test_links_that_go_round_in_a_circle_come_to_an_end(plain: Bench) -> None:
    one, other = superseded(plain, "lives in Leeds", "moved on to Bath")
    link(plain, one, other, "supersedes")
    link(plain, one, other, "related")
    plain.settle()
    assert ids(plain.ask("Who lives in Leeds?")) == [other]


def test_what_holds_no_more_is_shown_itself_to_those_who_look_for_it(plain: Bench) -> None:
    old, _ = superseded(plain, "lives in Leeds", "moved on to Bath")
    plain.settle()
    assert first(plain.ask("lives in Leeds", put_away=True)).id == old


def test_the_message_of_what_holds_no_more_is_found_beside_what_took_its_place(
    plain: Bench,
) -> None:
    """It may say something else as well, and tells how things stood."""
    _, (said,) = plain.seeds.segment(["I live in Leeds."])
    old, new = superseded(plain, "lives in Leeds", "moved on to Bath")
    plain.seeds.run(
        "INSERT INTO memory_evidence (memory_id, message_id, start_at, end_at)"
        " VALUES (%(memory)s, %(message)s, 0, 5)",
        memory=old,
        message=said,
    )
    plain.settle()
    assert ids(plain.ask("Who lives in Leeds?")) == [new, said]


def test_what_is_in_conflict_with_a_hit_stands_beside_it(plain: Bench) -> None:
    crowd(plain)
    one, other = plain.seeds.memory("the sloop Gull is green"), plain.seeds.memory("painted blue")
    link(plain, one, other, "conflicts", confidence=0.3)
    plain.settle()
    found = plain.ask("Which colour has the sloop Gull?", limit=4)
    assert ids(found)[:2] == [one, other]
    assert len(found.hits) == 4
    assert [hit.conflicts_with for hit in found.hits[:3]] == [(other,), (one,), ()]
    for hit in found.hits:
        assert math.isclose(hit.reasons.total, hit.score)
    assert [hit.score for hit in found.hits] == sorted((h.score for h in found.hits), reverse=True)


def test_what_is_not_to_be_shown_is_not_shown_beside_another(plain: Bench) -> None:
    one, other = plain.seeds.memory("the sloop Gull is green"), plain.seeds.memory("painted blue")
    link(plain, one, other, "conflicts")
    plain.settle()
    assert ids(plain.ask("Gull", exclude_memories=frozenset({other}))) == [one]


def test_what_says_the_same_is_told_once(plain: Bench) -> None:
    same = {
        plain.seeds.memory("My sister lives in Leeds."),
        plain.seeds.memory("my sister lives in leeds."),
        plain.seeds.memory("My sister is living in Leeds."),
    }
    twenty, forty = plain.seeds.memory("Takes 20 mg"), plain.seeds.memory("Takes 40 mg")
    plain.settle()
    found = plain.ask("My sister lives in Leeds", vector=None)
    assert len(same.intersection(ids(found))) < len(same)
    assert "repeat" in {each.why for each in found.passed_over}
    assert set(ids(plain.ask("takes mg"))) >= {twenty, forty}


def test_a_message_comes_with_what_was_said_around_it(plain: Bench) -> None:
    _, (_, answer, _) = plain.seeds.segment(
        [Line(text="Where did you grow up?", role="assistant"), "In Braga.", "It was quiet."]
    )
    plain.settle()
    hit = next(hit for hit in plain.ask("Braga").hits if hit.id == answer)
    assert (hit.before, hit.after) == ("Where did you grow up?", "It was quiet.")


def test_a_hit_says_its_place_and_score_in_each_leg(plain: Bench) -> None:
    best, other = plain.seeds.memory("the sloop Gull"), plain.seeds.memory("a tern")
    plain.settle()
    hits = {hit.id: hit.legs for hit in plain.ask("sloop Gull", limit=5).hits}
    places = [None if leg is None else leg.rank for leg in (hits[best].vector, hits[best].text)]
    assert places == [1, 1]
    assert hits[other].text is None


def tangle(seed: int) -> dict[UUID, str]:
    chance = Random(seed)
    return {UUID(int=n + 1): f"boat {chance.choice('abcdef')} {n}" for n in range(40)}


def test_two_statements_do_whatever_there_is(plain: Bench) -> None:
    texts = tangle(1)
    for id_, text in texts.items():
        plain.seeds.memory(text, id=id_)
    chance = Random(2)
    for number, (one, other) in enumerate(
        {tuple(chance.sample(sorted(texts), 2)) for _ in range(80)}
    ):
        link(plain, one, other, ("conflicts", "related", "caused_by")[number % 3])
    superseded(plain, "boat of old", "boat of today")
    plain.seeds.segment([f"boat {n}" for n in range(20)], summary="Boats.")
    plain.settle()
    for limit in (1, 10, 50, 150):
        plain.counted.statements.clear()
        assert plain.ask("Which boat is it?", limit=limit).hits
        assert len(plain.counted.statements) == 2


def test_two_statements_do_when_the_text_index_is_behind(plain: Bench) -> None:
    _, said = plain.seeds.segment([f"boat {n}" for n in range(3)])
    memories = [plain.seeds.memory(f"boat of memory {n}") for n in range(3)]
    link(plain, memories[0], memories[1], "conflicts")
    found = plain.ask("boat", limit=20)
    assert len(plain.counted.statements) == 2
    assert set(ids(found)) == {*said, *memories}
    assert found.hits == plain.ask("boat", limit=20).hits


def test_the_order_of_storing_changes_nothing_to_what_links_bring(plain: Bench) -> None:
    texts = tangle(3)
    chance = Random(4)
    pairs = sorted({tuple(sorted(chance.sample(sorted(texts), 2))) for _ in range(60)})
    rankings = []
    for _ in range(3):
        plain.seeds.run("DELETE FROM memories")
        order, tied = sorted(texts), list(pairs)
        chance.shuffle(order)
        chance.shuffle(tied)
        for id_ in order:
            plain.seeds.memory(texts[id_], id=id_)
        for one, other in tied:
            kind = ("conflicts", "related")[pairs.index((one, other)) % 4 > 0]
            link(plain, one, other, kind)
        plain.settle()
        plain.index.purge()
        found = plain.ask("boat a 7", limit=15)
        rankings.append([(hit.id, hit.score, hit.via) for hit in found.hits])
    assert rankings[0] == rankings[1] == rankings[2]
