"""What is remembered and known, without ids and instants, so that two databases compare."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cns.ports import Database
from cns.sql import load_queries

QUERIES = load_queries(Path(__file__).with_name("portrait.sql"))
Portrait = Mapping[str, Sequence[str]]


def portrait(database: Database) -> Portrait:
    """The answers to the queries of `portrait.sql`, each row as text."""
    with database.transaction() as tx:
        tx.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return {
            name: [
                row["row"] for row in tx.all(f"SELECT t::text AS row FROM ({query}) t ORDER BY 1")
            ]
            for name, query in QUERIES.items()
        }
