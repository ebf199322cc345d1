"""One MIRA to a folder and one to a database."""

import os
from pathlib import Path

import psycopg2
import pytest

from adapters.exclusive import OnlyOne, hold
from adapters.postgres import Postgres
from cns.errors import Misconfigured, StoreUnavailable
from config.settings import DatabaseSettings
from tests.waiting import until

SETTINGS = DatabaseSettings(pool_min=1)


def end_lock_holders(dsn: str) -> None:
    """As a failing network would: the sessions that hold the lock are gone."""
    connection = psycopg2.connect(dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    connection.close()


def test_a_held_folder_is_refused_to_a_second(tmp_path: Path) -> None:
    with (
        hold(tmp_path),
        pytest.raises(Misconfigured, match=f"process {os.getpid()}"),
        hold(tmp_path),
    ):
        pass


def test_a_folder_let_go_can_be_held_again(tmp_path: Path) -> None:
    with hold(tmp_path):
        pass
    with hold(tmp_path):
        assert (tmp_path / "mira.lock").read_text() == str(os.getpid())


def test_a_folder_that_cannot_be_written_is_an_error_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "mira.lock").mkdir()
    with pytest.raises(Misconfigured, match="MIRA_DATA_DIR"), hold(tmp_path):
        pass


@pytest.mark.postgres
def test_a_second_mira_on_one_database_is_refused(empty_dsn: str) -> None:
    with (
        OnlyOne(empty_dsn, SETTINGS),
        pytest.raises(Misconfigured, match="MIRA_DATABASE__URL"),
        OnlyOne(empty_dsn, SETTINGS),
    ):
        pass


@pytest.mark.postgres
def test_the_database_is_free_after_the_first_has_left(empty_dsn: str) -> None:
    with OnlyOne(empty_dsn, SETTINGS):
        pass
    with OnlyOne(empty_dsn, SETTINGS) as second:
        second.check()


@pytest.mark.postgres
def test_a_lost_lock_is_taken_again_with_the_next_transaction(empty_dsn: str) -> None:
    with OnlyOne(empty_dsn, SETTINGS) as right:
        database = Postgres(empty_dsn, SETTINGS, right.check)
        end_lock_holders(empty_dsn)
        with database.transaction() as transaction:
            transaction.one("SELECT 1 AS one")
        with pytest.raises(Misconfigured), OnlyOne(empty_dsn, SETTINGS):
            pass
        database.close()


@pytest.mark.postgres
def test_nothing_is_stored_once_another_has_the_database(empty_dsn: str) -> None:
    with OnlyOne(empty_dsn, SETTINGS) as first:
        database = Postgres(empty_dsn, SETTINGS, first.check)
        end_lock_holders(empty_dsn)
        with (
            OnlyOne(empty_dsn, SETTINGS),
            pytest.raises(StoreUnavailable, match="Another MIRA took over"),
            database.transaction(),
        ):
            pass
        until(lambda: database.ping().ok)
        database.close()
