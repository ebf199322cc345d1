"""What is known about the user, held against the memories that it was drawn from."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cns.ports import Row, Transaction
from cns.sql import load_queries
from lt_memory.domain.memory import MemoryId, RunId
from lt_memory.domain.user_information import WAYS, Sentence, basis_of

SQL = load_queries(Path(__file__).with_name("user_information.sql"))


def is_drawn_from_what_holds(tx: Transaction, image: Mapping[str, object]) -> bool:
    """Whether the memories behind a row of the journal still say what it was drawn from."""
    if image["by_hand"]:
        return True
    found = [sentence_from(row) for row in tx.all(SQL["drawn_from"], ids=image["memory_ids"])]
    return image["basis"] in {basis_of(found, way) for way in WAYS}


@contextmanager
def brought_back(tx: Transaction, run_id: RunId) -> Iterator[None]:
    """While a run is turned: what goes with its memories comes again when it is turned back.

    A trigger takes the section away with a memory that it was drawn from. It is noted under the run
    then, for as long as the run stays turned, and erased there with any memory behind it.
    """
    dropped = tx.all(SQL["take_dropped"], run_id=run_id)
    stood = tx.maybe(SQL["section"])
    yield
    if tx.maybe(SQL["section"]) is not None:
        return
    if stood is not None:
        tx.run(SQL["note_dropped"], run_id=run_id, image=stood["image"])
    for row in dropped:
        if is_drawn_from_what_holds(tx, row["image"]):
            tx.run(SQL["bring_back"], image=row["image"])


def sentence_from(row: Row) -> Sentence:
    return Sentence(memory_id=MemoryId(row["memory_id"]), text=row["text"])
