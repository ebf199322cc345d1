"""What must hold of every database of MIRA, whatever happened to the program; breaches in words.

Usage: python -m tests.invariants DSN | DATA_DIR
A data directory is that of a stopped MIRA: its database is started for the look. Prints each breach
on a line of its own and ends with 1 when there is one. A database at which MIRA is at work may
show a running turn or job; everything else must hold at any instant.
"""

import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import tantivy

from adapters.account import find_home
from adapters.embedded import PostgresServer, running
from adapters.exclusive import hold
from adapters.postgres import Postgres
from adapters.text_index import COMPLETE, KINDS
from cns.ports import Database, Row, Transaction
from cns.sql import load_queries
from config.settings import DatabaseSettings
from lt_memory.recall_postgres import PostgresTexts

AT_REST = "at_rest_"
SHOWN = 20  # breaches of one kind that are told one by one
BATCH = 500


class Check(NamedTuple):
    """One thing that must hold: how its breach is told, and the query that finds it."""

    name: str
    sentence: str
    query: str

    def told(self, rows: Sequence[Row]) -> Iterator[str]:
        yield from (self.sentence.format_map(row) for row in rows[:SHOWN])
        if len(rows) > SHOWN:
            yield f"... and {len(rows) - SHOWN} more of the same kind ({self.name})."


@dataclass(slots=True)
class Ledger:
    """What was sent, and what clients were told of it: no crash may take that back.

    Attributes:
        sent: each text that was sent, all different, in the order of sending.
        acknowledged: the text that each turn was told to have begun with.
        answered: the answer's message that each turn was told to have ended with.
        called: the turn in which each tool call was told.
    """

    sent: list[str] = field(default_factory=list)
    acknowledged: dict[str, str] = field(default_factory=dict)
    answered: dict[str, str] = field(default_factory=dict)
    called: dict[str, str] = field(default_factory=dict)


def checks() -> Sequence[Check]:
    queries = load_queries(Path(__file__).with_name("invariants.sql"))
    return [_check(name, query) for name, query in queries.items()]


def breaches(
    database: Database, ledger: Ledger | None = None, *, at_rest: bool = True
) -> Sequence[str]:
    """Every breach in words, all from the same instant.

    Args:
        at_rest: no turn and no job runs: those left running are breaches too.
    """
    with database.transaction() as tx:
        tx.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return found_in(tx, ledger or Ledger(), at_rest=at_rest)


def found_in(tx: Transaction, ledger: Ledger, *, at_rest: bool) -> Sequence[str]:
    """The breaches that a transaction sees, in the order of the checks."""
    told = asdict(ledger)
    return [
        line
        for check in checks()
        if at_rest or not check.name.startswith(AT_REST)
        for line in check.told(tx.all(check.query, **told))
    ]


def index_breaches(database: Database, folder: Path) -> Sequence[str]:
    """Where the text index differs from the database in more than what is pending.

    One that was not finished is made anew at the next start, whatever is in it: no breach.

    Args:
        folder: the index's, of a stopped MIRA.
    """
    if not (folder / COMPLETE).is_file():
        return []
    with database.transaction() as tx:
        pending = {row["item_id"].hex for row in tx.all("SELECT item_id FROM text_changes")}
    pages = PostgresTexts(database).everything(BATCH)
    wanted = {f"{item.kind}:{item.id.hex}" for page in pages for item in page}
    held = _held(folder / "files")
    return [
        *_told("{} is in no text index, and not pending.", wanted - held, pending),
        *_told("{} is in the text index, and is gone from the database.", held - wanted, pending),
    ]


def _told(sentence: str, keys: Collection[str], pending: Collection[str]) -> Sequence[str]:
    left = sorted(key for key in keys if key.partition(":")[2] not in pending)
    return [sentence.format(key.replace(":", " ").capitalize()) for key in left[:SHOWN]]


def _held(files: Path) -> frozenset[str]:
    """The keys of all documents."""
    searcher = tantivy.Index.open(str(files)).searcher()
    found = searcher.search(tantivy.Query.all_query(), max(1, searcher.num_docs)).hits
    columns = [
        searcher.fast_field_values(name, [place for _, place in found])
        for name in ("kind", "high", "low")
    ]
    return frozenset(
        f"{KINDS[int(kind or 0)]}:{UUID(int=int(high or 0) << 64 | int(low or 0)).hex}"
        for kind, high, low in zip(*columns, strict=True)
    )


def _check(name: str, body: str) -> Check:
    lines = body.splitlines()
    comment = [line for line in lines if line.startswith("-- ")]
    sentence = " ".join(line.removeprefix("-- ").strip() for line in comment)
    return Check(name, sentence, "\n".join(line for line in lines if not line.startswith("-- ")))


@contextmanager
def _database(place: str) -> Iterator[Database]:
    if not Path(place).is_dir():
        with closing(Postgres(place, DatabaseSettings(pool_min=1))) as database:
            yield database
        return
    home = find_home(Path(place), explicit=True)
    server = PostgresServer(home)
    with hold(home.data_dir), running(server), _database(server.dsn) as database:
        yield database


def main(words: Sequence[str]) -> int:
    """The exit code: 0 when everything holds."""
    (place,) = words
    index = Path(place) / "text_index"
    with _database(place) as database:
        found = [*breaches(database), *(index_breaches(database, index) if index.is_dir() else ())]
    sys.stdout.writelines(f"{line}\n" for line in found)
    sys.stdout.write(f"{len(checks())} invariants looked at, {len(found)} breaches.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
