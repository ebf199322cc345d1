"""Statements that a connection plans once."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from psycopg2 import errors

from adapters.postgres import Postgres
from cns.sql import Prepared, as_uuids
from config.settings import DatabaseSettings

pytestmark = pytest.mark.postgres

ASKED = Prepared(
    "SELECT %(n)s::int * %(n)s::int AS square, '100 %%' AS share, %(ids)s::uuid[] AS ids"
)


@pytest.fixture
def one_connection(dsn: str) -> Iterator[Postgres]:
    database = Postgres(dsn, DatabaseSettings(pool_min=1))
    yield database
    database.close()


def squares(database: Postgres, number: int, *ids: UUID) -> dict[str, object]:
    with database.transaction() as transaction:
        return dict(transaction.one(ASKED, n=number, ids=as_uuids(ids)))


def plans(database: Postgres) -> list[str]:
    with database.transaction() as transaction:
        return [row["name"] for row in transaction.all("SELECT name FROM pg_prepared_statements")]


def test_a_prepared_statement_is_planned_once_and_takes_other_values(
    one_connection: Postgres,
) -> None:
    id_ = uuid4()
    assert squares(one_connection, 3) == {"square": 9, "share": "100 %", "ids": []}
    assert squares(one_connection, 4, id_) == {"square": 16, "share": "100 %", "ids": [id_]}
    assert len(plans(one_connection)) == 1


def asked_in_vain(database: Postgres, query: str, **values: object) -> None:
    with database.transaction() as transaction:
        transaction.one(query, **values)
        raise InterruptedError


def test_a_plan_outlives_a_transaction_that_is_taken_back(one_connection: Postgres) -> None:
    with pytest.raises(InterruptedError):
        asked_in_vain(one_connection, ASKED, n=2, ids="{}")
    assert squares(one_connection, 3)["square"] == 9


def test_a_statement_that_could_not_be_prepared_is_tried_again(one_connection: Postgres) -> None:
    asked = Prepared("SELECT count(*) AS count FROM later_made")
    with pytest.raises(errors.UndefinedTable):
        asked_in_vain(one_connection, asked)
    with one_connection.transaction() as transaction:
        transaction.run("CREATE TABLE later_made ()")
        assert transaction.one(asked)["count"] == 0


def test_each_connection_has_plans_of_its_own(dsn: str) -> None:
    database = Postgres(dsn, DatabaseSettings(pool_min=2))
    with database.transaction() as one, database.transaction() as other:
        found = [each.one(ASKED, n=5, ids="{}")["square"] for each in (one, other, one)]
    database.close()
    assert found == [25, 25, 25]
