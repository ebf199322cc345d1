"""Branches in the database: what recall sees of them, and what older conversations become."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from adapters.account import Home
from adapters.migrations import migrate, read_migrations
from adapters.postgres import Postgres, connected
from config.settings import DatabaseSettings
from tests.fakes.embedder import FakeEmbedder
from tests.recalling import Bench, bench, ids
from tests.seeding import BEGAN, Line, Seeds
from tests.servers import dumps_of

pytestmark = pytest.mark.postgres


@pytest.fixture
def plain(database: Postgres, tmp_path: Path) -> Iterator[Bench]:
    with bench(database, tmp_path, FakeEmbedder()) as made:
        yield made


def leave(plain: Bench, *said: UUID) -> None:
    """Take messages off the path."""
    plain.seeds.run(
        "UPDATE messages SET on_path = false, left_path_at = now() WHERE id = ANY (%(ids)s)",
        ids=list(said),
    )


def test_what_left_the_path_comes_to_mind_in_no_turn(plain: Bench) -> None:
    _, (old, new) = plain.seeds.segment(["a red boat", "a blue boat"])
    plain.settle()
    leave(plain, old)
    assert set(ids(plain.ask("boat"))) == {new}
    assert set(ids(plain.ask("boat", vector=None))) == {new}


def test_who_searches_finds_what_left_the_path(plain: Bench) -> None:
    _, (old, new) = plain.seeds.segment(["a red boat", "a blue boat"])
    plain.settle()
    leave(plain, old)
    assert set(ids(plain.ask("boat", off_path=True))) == {old, new}


def test_a_change_of_path_leaves_nothing_unfindable(plain: Bench) -> None:
    _, (old, _) = plain.seeds.segment(["a red boat", "a blue boat"])
    plain.settle()
    leave(plain, old)
    assert plain.ask("boat").degraded == ()


def test_a_message_is_found_by_its_neighbours_on_the_path_alone(plain: Bench) -> None:
    segment, said = plain.seeds.segment(["one", "the xylophone", "two"])
    plain.settle()
    leave(plain, said[1])
    plain.settle()
    assert not plain.ask("xylophone", vector=None).hits
    added = plain.seeds.message("the trombone", segment)
    plain.settle()
    assert set(ids(plain.ask("trombone", vector=None))) == {said[2], added}


def test_what_left_the_path_is_found_by_its_own_words(plain: Bench) -> None:
    _, said = plain.seeds.segment(["one", "the xylophone", "two"])
    leave(plain, said[1])
    plain.settle()
    assert ids(plain.ask("xylophone", vector=None, off_path=True)) == [said[1]]


def test_an_answer_that_was_tried_again_has_left_the_path_of_old_conversations(
    empty_dsn: str, home: Home
) -> None:
    every, dumps = read_migrations(), dumps_of(home)
    (branching,) = [each.number for each in every if each.name.endswith("_branches.sql")]
    migrate(empty_dsn, [each for each in every if each.number < branching], dumps)
    with connected(empty_dsn, DatabaseSettings(pool_min=1)) as database:
        seeds = Seeds(database)
        seeds.user()
        segment, (asked, tried, answered, after) = seeds.segment(
            [
                "Well?",
                Line(text="I th", role="assistant"),
                Line(text="Yes.", role="assistant"),
                "And?",
            ]
        )
        for message in (tried, answered):
            turn = uuid4()
            seeds.run(
                "INSERT INTO turns (id, continuum_id, state, user_message_id, started_at)"
                " VALUES (%(turn)s, %(continuum)s, 'completed', %(asked)s, %(at)s)",
                turn=turn,
                continuum=seeds.continuum_id,
                asked=asked,
                at=BEGAN,
            )
            seeds.run(
                "UPDATE messages SET parent_id = %(asked)s, turn_id = %(turn)s WHERE id = %(id)s",
                asked=asked,
                turn=turn,
                id=message,
            )
        migrate(empty_dsn, every, dumps)
        with database.transaction() as tx:
            rows = tx.all("SELECT id, on_path FROM messages ORDER BY seq")
            count = tx.one("SELECT message_count FROM segments WHERE id = %(id)s", id=segment)
    assert [row["id"] for row in rows if row["on_path"]] == [asked, answered, after]
    assert count["message_count"] == 3
