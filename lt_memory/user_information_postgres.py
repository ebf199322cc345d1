"""The user-information section in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from cns.ports import Database, Transaction
from lt_memory.domain.memory import MemoryId, RunId
from lt_memory.domain.run import Run
from lt_memory.domain.user_information import Sentence, UserInformation
from lt_memory.drawn import SQL, sentence_from
from lt_memory.recording import recorded


class PostgresUserInformation:
    """Implements `UserInformationStore` and `cns.knowledge.AboutUser`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def about_user(self) -> str:
        stands = self.read()
        return stands.text if stands else ""

    def read(self) -> UserInformation | None:
        with self._database.transaction() as tx:
            return _read(tx)

    def sentences(self, at: datetime) -> Sequence[Sentence]:
        with self._database.transaction() as tx:
            return [sentence_from(row) for row in tx.all(SQL["sentences"], at=at)]

    def put(self, information: UserInformation) -> None:
        with self._database.transaction() as tx:
            tx.all(SQL["hold"])
            _put(tx, information)

    def keep(
        self,
        before: UserInformation | None,
        after: UserInformation,
        drawn_from: Sequence[Sentence],
        run: Run,
    ) -> bool:
        with self._database.transaction() as tx:
            tx.all(SQL["hold"])
            tx.all(SQL["hold_sources"], ids=list(after.memory_ids))
            rows = tx.all(SQL["sentences"], at=after.updated_at)
            if [sentence_from(row) for row in rows] != list(drawn_from) or _read(tx) != before:
                return False
            recorded(tx, run)
            _put(tx, after)
        return True


def _put(tx: Transaction, information: UserInformation) -> None:
    tx.run(SQL["put"], **{**asdict(information), "memory_ids": list(information.memory_ids)})


def _read(tx: Transaction) -> UserInformation | None:
    row = tx.maybe(SQL["read"])
    if row is None:
        return None
    ids = tuple(MemoryId(each) for each in row["memory_ids"])
    run_id = row["run_id"] and RunId(row["run_id"])
    return UserInformation(**{**row, "memory_ids": ids, "run_id": run_id})
