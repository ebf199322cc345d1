"""The invariants: a sound database keeps them all, and each breach is seen and told in words."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from adapters.postgres import Postgres
from adapters.text_index import TantivyIndex
from cns.domain.job import JobRecord
from cns.domain.message import MessageId, Role, SegmentId, Text, ToolCall, TurnId, UserId
from cns.domain.segment import Summary
from cns.ports import Transaction
from cns.postgres import PostgresContinuumStore
from cns.postgres_jobs import PostgresJobStore
from cns.sql import load_queries
from config.settings import DatabaseSettings
from lt_memory.domain.memory import Actor, EntityName, Evidence, Memory, MemoryId
from lt_memory.knowledge import NewBlock
from lt_memory.knowledge_postgres import PostgresKnowledge
from lt_memory.ports import Birth, Embedded, NewLink
from lt_memory.postgres import PostgresMemories
from lt_memory.recall_postgres import PostgresTexts
from tests.invariants import Ledger, breaches, checks, found_in, index_breaches, main
from tests.servers import TestServer
from tests.values import START, at, mark, message, result, turn_record

pytestmark = pytest.mark.postgres
VECTOR = Embedded(vector=[0.0] * 383 + [1.0], model="fake")
SAID = "My sister Anna lives in Leeds."
SUMMARY = Summary(title="Anna", text="Anna was spoken of.", complexity=1)


@dataclass(frozen=True, slots=True)
class Sound:
    """A database in which everything is as it should be, and what clients were told of it."""

    dsn: str
    database: Postgres
    ledger: Ledger


def chapter(store: PostgresContinuumStore, text: str, minutes: int) -> tuple[SegmentId, Ledger]:
    """A turn with a tool, in which everything is acknowledged."""
    user = store.only_user("Anna", "Europe/Berlin", START)
    before, turn_id, call = store.load(user.id), TurnId(uuid4()), str(uuid4())
    said = message(text, minutes=minutes, turn_id=turn_id)
    record = turn_record(said)
    heard = before.hear(said, mark(minutes))
    store.commit(heard, record)
    own: dict[str, Any] = {"segment_id": said.segment_id, "turn_id": turn_id, "parent_id": said.id}
    steps = (
        message(
            (Text(text="I look."), ToolCall(id=call, name="search_tool", input={})),
            Role.ASSISTANT,
            minutes=minutes + 1,
            **own,
        ),
        replace(result("nothing", said.segment_id, call), created_at=at(minutes + 1), **own),
        message("I see.", Role.ASSISTANT, minutes=minutes + 2, **own),
    )
    done = replace(
        record, state="completed", assistant_message_id=steps[-1].id, finished_at=at(minutes + 2)
    )
    store.commit(heard.continuum.answer(steps, mark(minutes + 2)), done)
    told = str(turn_id)
    return said.segment_id, Ledger([text], {told: text}, {told: str(steps[-1].id)}, {call: told})


def remember(database: Postgres, user_id: UserId, of: MessageId) -> None:
    """Two linked memories of the message, one of them with an entity."""
    kept = [
        Memory(
            id=MemoryId(uuid4()),
            text=SAID,
            created_at=at(9),
            updated_at=at(9),
            evidence=(Evidence(message_id=of, start=0, end=len(SAID)),),
        )
        for _ in range(2)
    ]
    with PostgresMemories(database, user_id).work() as work:
        for memory in kept:
            names = (EntityName(name="Anna", kind="person"),)
            work.add(Birth(memory=memory, actor=Actor.EXTRACTION, names=names, vector=VECTOR))
        first, second = (memory.id for memory in kept)
        link = NewLink(
            id=uuid4(), source_id=first, target_id=second, kind="related", reason="", at=at(9)
        )
        work.link(link)


@pytest.fixture(scope="module")
def sound(postgres_server: TestServer) -> Iterator[Sound]:
    with postgres_server.migrated_database() as dsn:
        database = Postgres(dsn, DatabaseSettings(pool_min=1))
        store = PostgresContinuumStore(database)
        segment_id, ledger = chapter(store, SAID, 0)
        user = store.only_user("Anna", "Europe/Berlin", START)
        store.close_segment(store.load(user.id).collapse(SUMMARY, mark(30)))
        store.finish_segment(segment_id, SUMMARY, VECTOR.vector, VECTOR.model)
        remember(database, user.id, store.segment_messages(segment_id)[0].id)
        _, more = chapter(store, "And my brother in Bath.", 60)
        job = JobRecord(
            id=uuid4(), name="collapse", created_at=at(30), state="done", finished_at=at(31)
        )
        PostgresJobStore(database).save(replace(job, progress=1.0, done=1, total=1, result={}))
        knowledge = PostgresKnowledge(database)
        knowledge.add(NewBlock(label="rye", name="Rye bread"), START)
        knowledge.edit("rye", {"content": "Feed it."}, at(1))
        whole = Ledger(
            ledger.sent + more.sent,
            ledger.acknowledged | more.acknowledged,
            ledger.answered | more.answered,
            ledger.called | more.called,
        )
        yield Sound(dsn, database, whole)
        database.close()


@contextmanager
def broken(sound: Sound, *statements: str) -> Iterator[Transaction]:
    """The database after the statements, past its foreign keys and triggers; then as it was."""
    with sound.database.transaction() as tx:
        tx.run("SET LOCAL session_replication_role = replica")
        for statement in statements:
            assert tx.run(statement) != 0, f"nothing was broken by {statement}"
        yield tx
        tx.run("ROLLBACK")


AGAIN = (
    "INSERT INTO messages (id, continuum_id, segment_id, turn_id, parent_id, role, content, text,"
    " status, created_at) SELECT %(id)s, continuum_id, segment_id, turn_id, parent_id, role,"
    " content, text, status, created_at FROM messages WHERE text = 'I see.' LIMIT 1"
)
ANOTHER_TURN = (
    "INSERT INTO turns (id, continuum_id, state, user_message_id, started_at, finished_at)"
    " SELECT gen_random_uuid(), continuum_id, state, user_message_id, started_at, finished_at"
    " FROM turns LIMIT 2"
)
BREAKS = load_queries(Path(__file__).parents[1] / "breaches.sql")


def test_a_sound_database_has_no_breach(sound: Sound) -> None:
    assert breaches(sound.database, sound.ledger) == []


def test_every_check_has_its_breach_here() -> None:
    assert [check.name for check in checks()] == list(BREAKS)


@pytest.mark.parametrize("name", BREAKS)
def test_a_breach_is_seen_and_told(sound: Sound, name: str) -> None:
    words, _, statements = BREAKS[name].removeprefix("-- ").partition("\n")
    (check,) = (check for check in checks() if check.name == name)
    with broken(sound, *statements.split(";")) as tx:
        found = list(check.told(tx.all(check.query, **asdict(sound.ledger))))
        assert any(words in line for line in found), found
        assert set(found) <= set(found_in(tx, sound.ledger, at_rest=True))


def test_a_turn_under_way_is_no_breach_where_work_goes_on(sound: Sound) -> None:
    with broken(sound, "UPDATE turns SET state = 'running', finished_at = NULL") as tx:
        (resting,) = (c for c in checks() if c.name == "at_rest_no_turn_runs")
        told = set(resting.told(tx.all(resting.query)))
        assert len(told) == 2
        assert told <= set(found_in(tx, sound.ledger, at_rest=True))
        assert not told & set(found_in(tx, sound.ledger, at_rest=False))


def test_many_breaches_of_a_kind_are_counted(sound: Sound) -> None:
    with broken(sound, *[ANOTHER_TURN] * 12, "UPDATE turns SET state = 'failed'") as tx:
        found = found_in(tx, Ledger(), at_rest=True)
    assert sum("failed without a reason" in line for line in found) == 20
    assert "... and 6 more of the same kind (failed_turn_says_why)." in found


@pytest.fixture
def folder(sound: Sound, tmp_path: Path) -> Path:
    """A text index that has taken in everything."""
    with TantivyIndex(tmp_path, PostgresTexts(sound.database)) as index:
        assert index.catch_up(timedelta(seconds=30))
    return tmp_path


def test_an_index_that_took_in_everything_has_no_breach(sound: Sound, folder: Path) -> None:
    assert index_breaches(sound.database, folder) == []


def test_what_no_index_holds_is_told_unless_it_is_pending(sound: Sound, folder: Path) -> None:
    new = uuid4()
    run(sound, AGAIN, id=new)
    assert index_breaches(sound.database, folder) == []
    run(sound, "DELETE FROM text_changes")
    told = f"Message {new.hex} is in no text index, and not pending."
    assert index_breaches(sound.database, folder) == [told]
    run(sound, "DELETE FROM messages WHERE id = %(id)s", id=new)
    run(sound, "DELETE FROM text_changes")


def test_what_is_gone_and_still_in_the_index_is_told(sound: Sound, folder: Path) -> None:
    old = uuid4()
    run(sound, AGAIN, id=old)
    with TantivyIndex(folder, PostgresTexts(sound.database)) as index:
        assert index.catch_up(timedelta(seconds=30))
    run(sound, "DELETE FROM messages WHERE id = %(id)s", id=old)
    assert index_breaches(sound.database, folder) == []
    run(sound, "DELETE FROM text_changes")
    told = f"Message {old.hex} is in the text index, and is gone from the database."
    assert index_breaches(sound.database, folder) == [told]


def run(sound: Sound, statement: str, **values: object) -> None:
    with sound.database.transaction() as tx:
        tx.run(statement, **values)


def test_the_program_says_that_all_is_well(
    sound: Sound, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([sound.dsn]) == 0
    assert capsys.readouterr().out == f"{len(BREAKS)} invariants looked at, 0 breaches.\n"
