"""The PostgreSQL adapter against the real server."""

import pytest

from adapters.postgres import Postgres

pytestmark = pytest.mark.postgres


def test_a_transaction_commits_on_leaving(database: Postgres) -> None:
    with database.transaction() as transaction:
        transaction.run("CREATE TABLE things (id integer)")
        assert transaction.run("INSERT INTO things VALUES (%(id)s)", id=1) == 1
    with database.transaction() as transaction:
        assert transaction.one("SELECT id FROM things")["id"] == 1
