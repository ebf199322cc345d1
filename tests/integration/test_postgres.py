"""The PostgreSQL adapter against the real server."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg2
import pytest
from psycopg2 import errors
from psycopg2.pool import PoolError

from adapters.postgres import Postgres, check_vector, check_version, completed, connected
from adapters.postgres_errors import explained, translated
from cns.errors import Conflict, Misconfigured, NotFound, StoreUnavailable
from cns.ports import Database, Transaction
from config.settings import DatabaseSettings
from tests.servers import TestServer

pytestmark = pytest.mark.postgres


@pytest.fixture
def transaction(database: Database) -> Iterator[Transaction]:
    with database.transaction() as transaction:
        yield transaction


def end_sessions(dsn: str) -> None:
    """As a restarting server would: every other session of this database is gone."""
    connection = psycopg2.connect(dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connection.close()


def within(database: Database, *steps: Callable[[Transaction], object]) -> None:
    with database.transaction() as transaction:
        for step in steps:
            step(transaction)


def make_things(transaction: Transaction) -> None:
    transaction.run("CREATE TABLE things (id integer PRIMARY KEY)")


def fail(_: object) -> None:
    raise ZeroDivisionError


def test_a_transaction_commits_on_leaving(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.run("CREATE TABLE things (id integer)")
        assert transaction.run("INSERT INTO things VALUES (%(id)s)", id=1) == 1
    with database.transaction() as transaction:
        assert transaction.one("SELECT id FROM things")["id"] == 1


def test_a_transaction_rolls_back_on_an_exception(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        within(database, make_things, fail)
    with database.transaction() as transaction:
        assert transaction.maybe("SELECT 1 FROM pg_tables WHERE tablename = 'things'") is None


def test_a_missing_row_is_not_found(transaction: Transaction) -> None:
    with pytest.raises(NotFound):
        transaction.one("SELECT 1 AS one WHERE false")


def test_two_rows_where_one_is_meant_are_a_mistake(transaction: Transaction) -> None:
    with pytest.raises(ValueError, match="expected one row, got 2"):
        transaction.one("SELECT * FROM generate_series(1, 2)")


def test_all_rows_come_in_order(transaction: Transaction) -> None:
    rows = transaction.all("SELECT n FROM generate_series(1, 3) AS n WHERE n %% 2 = 1")
    assert [row["n"] for row in rows] == [1, 3]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uuid", UUID("0192f0c1-2c3d-7e4f-8a5b-6c7d8e9f0a1b")),
        ("jsonb", {"a": [1, {"b": None}], "c": "ü"}),
        ("jsonb", [{"a": 1}]),
        ("jsonb", [1, "two"]),
        ("jsonb", []),
        ("jsonb", {}),
        ("text[]", ["one", "it's"]),
        ("text[]", []),
        ("uuid[]", [UUID(int=1), UUID(int=2)]),
        ("uuid[]", []),
        ("timestamptz", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        ("numeric", 0.125),
        ("text", None),
    ],
)
def test_values_come_back_as_they_went(transaction: Transaction, kind: str, value: object) -> None:
    row = transaction.one(f"SELECT %(value)s::{kind} AS value", value=value)
    assert row["value"] == value
    assert type(row["value"]) is type(value)


def test_instants_come_back_in_utc(transaction: Transaction) -> None:
    assert transaction.one("SELECT now() AS now")["now"].tzinfo is UTC


def test_tuples_and_sets_are_arrays(transaction: Transaction) -> None:
    row = transaction.one(
        "SELECT %(a)s::text[] AS a, 2 = ANY(%(b)s) AS b", a=("x", "y"), b=frozenset({1, 2})
    )
    assert row == {"a": ["x", "y"], "b": True}


def test_an_empty_list_fits_any_array_column(transaction: Transaction) -> None:
    transaction.run("CREATE TABLE things (names text[], ids uuid[])")
    transaction.run("INSERT INTO things VALUES (%(names)s, %(ids)s)", names=[], ids=())
    assert transaction.one("SELECT * FROM things") == {"names": [], "ids": []}


def test_an_empty_list_is_never_stored_as_an_empty_object(transaction: Transaction) -> None:
    transaction.run("CREATE TABLE things (made jsonb)")
    with pytest.raises(errors.InvalidTextRepresentation):
        transaction.run("INSERT INTO things VALUES (%(made)s)", made=[])


def test_a_repeat_of_something_unique_is_a_conflict(database: Database) -> None:
    with pytest.raises(Conflict) as caught:
        within(database, make_things, lambda it: it.run("INSERT INTO things VALUES (1), (1)"))
    assert caught.value.code == "conflict"
    assert isinstance(caught.value.__cause__, errors.UniqueViolation)


def test_a_mistake_in_sql_stays_what_it_is(database: Database) -> None:
    with pytest.raises(errors.UndefinedTable), database.transaction() as transaction:
        transaction.run("SELECT * FROM nowhere")


def test_a_slow_statement_is_stopped(dsn: str) -> None:
    database = Postgres(dsn, DatabaseSettings(pool_min=1, statement_seconds=0.05))
    with (
        pytest.raises(StoreUnavailable, match="too long"),
        database.transaction() as transaction,
    ):
        transaction.run("SELECT pg_sleep(5)")
    database.close()


def test_the_next_transaction_works_after_the_connections_were_lost(
    database: Postgres, dsn: str
) -> None:
    with database.transaction(), database.transaction():
        pass
    end_sessions(dsn)
    with database.transaction() as transaction:
        assert transaction.one("SELECT 1 AS one")["one"] == 1


def test_a_connection_lost_within_a_transaction_is_unavailable_and_then_replaced(
    database: Postgres, dsn: str
) -> None:
    with pytest.raises(StoreUnavailable):
        within(database, lambda _: end_sessions(dsn), lambda it: it.run("SELECT 1"))
    assert database.ping().ok


def test_a_commit_that_was_cut_off_is_not_taken_for_done(database: Postgres, dsn: str) -> None:
    with pytest.raises(StoreUnavailable):
        within(database, make_things, lambda _: end_sessions(dsn))
    with database.transaction() as transaction:
        assert transaction.maybe("SELECT 1 FROM pg_tables WHERE tablename = 'things'") is None


def test_a_full_pool_waits_for_a_connection(dsn: str) -> None:
    database = Postgres(dsn, DatabaseSettings(pool_min=1, pool_max=2))
    answers: list[object] = []

    def ask() -> None:
        with database.transaction() as transaction:
            answers.append(transaction.one("SELECT 1 AS one")["one"])

    with database.transaction(), database.transaction():
        waiting = threading.Thread(target=ask)
        waiting.start()
        assert not answers
    waiting.join(10)
    assert answers == [1]
    database.close()


def test_a_pool_that_stays_full_is_an_error_that_names_the_setting(dsn: str) -> None:
    settings = DatabaseSettings(pool_min=1, pool_max=2, connect_seconds=0.05)
    database = Postgres(dsn, settings)
    with (
        database.transaction(),
        database.transaction(),
        pytest.raises(StoreUnavailable, match="MIRA_DATABASE__POOL_MAX"),
        database.transaction(),
    ):
        pass
    database.close()


def test_many_threads_never_mix_their_answers(dsn: str) -> None:
    database = Postgres(dsn, DatabaseSettings(pool_min=1, pool_max=3))
    wrong: list[object] = []

    def ask() -> None:
        for _ in range(20):
            mine = uuid4()
            with database.transaction() as transaction:
                if transaction.one("SELECT %(mine)s::uuid AS mine", mine=mine)["mine"] != mine:
                    wrong.append(mine)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    database.close()


def test_a_server_that_is_away_is_unavailable(tmp_path: object) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        Postgres(f"host={tmp_path} dbname=mira", DatabaseSettings())


def test_a_lost_server_shows_in_the_ping_and_is_refused_at_once(
    postgres_server: TestServer,
) -> None:
    with postgres_server.empty_database() as dsn:
        database = Postgres(dsn, DatabaseSettings(pool_min=1))
    for _ in range(2):
        ping = database.ping()
        assert not ping.ok
        assert "cannot be reached" in ping.detail
    database.close()


def test_a_closed_store_is_unavailable(dsn: str) -> None:
    database = Postgres(dsn, DatabaseSettings(pool_min=1))
    database.close()
    database.close()
    with pytest.raises(StoreUnavailable, match="stopping"), database.transaction():
        pass


def test_closing_within_a_transaction_does_not_hide_what_went_wrong(dsn: str) -> None:
    database = Postgres(dsn, DatabaseSettings(pool_min=1))
    with pytest.raises(ZeroDivisionError):
        within(database, lambda _: database.close(), fail)


def test_a_fit_server_is_taken(empty_dsn: str) -> None:
    with connected(empty_dsn, DatabaseSettings(pool_min=1)) as database:
        assert database.ping().ok


@pytest.mark.parametrize(
    ("offered", "installed", "advice"),
    [
        (None, None, "Install pgvector 0.8"),
        ("0.7.4", None, "offers pgvector 0.7.4"),
        ("0.8.1", "0.7.4", "ALTER EXTENSION vector UPDATE"),
    ],
)
def test_an_unfit_pgvector_is_refused_with_the_fix(
    offered: str | None, installed: str | None, advice: str
) -> None:
    with pytest.raises(Misconfigured, match=advice):
        check_vector(offered, installed)


def test_an_old_server_is_refused() -> None:
    with pytest.raises(Misconfigured, match="PostgreSQL 13; MIRA needs 14"):
        check_version(130_015)


def test_options_in_the_address_are_kept() -> None:
    whole = completed(
        "postgresql://u@one,two/mira?options=-c%20work_mem%3D1MB&connect_timeout=3",
        DatabaseSettings(),
    )
    assert "work_mem=1MB -c statement_timeout=60000" in whole
    assert "connect_timeout=3" in whole
    assert "host=one,two" in whole


@pytest.mark.parametrize(
    ("vendor", "ours", "code"),
    [
        (errors.DiskFull(), StoreUnavailable, "disk_full"),
        (errors.QueryCanceled(), StoreUnavailable, "store_unavailable"),
        (errors.SerializationFailure(), Conflict, "conflict"),
        (errors.DeadlockDetected(), Conflict, "conflict"),
        (errors.UniqueViolation(), Conflict, "conflict"),
        (errors.AdminShutdown(), StoreUnavailable, "store_unavailable"),
        (psycopg2.OperationalError(), StoreUnavailable, "store_unavailable"),
        (psycopg2.InterfaceError(), StoreUnavailable, "store_unavailable"),
        (psycopg2.DatabaseError(), StoreUnavailable, "store_unavailable"),
        (PoolError(), StoreUnavailable, "store_unavailable"),
    ],
)
def test_each_exception_of_the_vendor_becomes_one_of_ours(
    vendor: psycopg2.Error, ours: type[Exception], code: str
) -> None:
    with pytest.raises(ours) as caught, translated():
        raise vendor
    assert getattr(caught.value, "code", None) == code
    assert caught.value.__cause__ is vendor


def test_a_mistake_of_our_own_has_no_other_word() -> None:
    assert explained(errors.SyntaxError()) is None
