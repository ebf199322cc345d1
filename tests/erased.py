"""Whether a word stands anywhere in a database."""

from collections.abc import Mapping
from dataclasses import dataclass

from cns.ports import Database


@dataclass(frozen=True, slots=True)
class Everywhere:
    """Looks through every column of every table."""

    database: Database

    def rows(self, word: str) -> Mapping[str, int]:
        """How many rows of which table hold the word, in whatever case."""
        with self.database.transaction() as tx:
            names = tx.all(
                "SELECT table_name AS name FROM information_schema.tables"
                " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1"
            )
            counted = {
                row["name"]: int(
                    tx.one(
                        f'SELECT count(*) FROM "{row["name"]}" t WHERE t::text ILIKE %(like)s',
                        like=f"%{word}%",
                    )["count"]
                )
                for row in names
            }
        return {name: count for name, count in counted.items() if count}
