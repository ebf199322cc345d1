"""What is known about the user, held against the memories that it was drawn from."""

from collections.abc import Mapping
from pathlib import Path

from cns.ports import Row, Transaction
from cns.sql import load_queries
from lt_memory.domain.memory import MemoryId
from lt_memory.domain.user_information import WAYS, Sentence, basis_of

SQL = load_queries(Path(__file__).with_name("user_information.sql"))


def is_drawn_from_what_holds(tx: Transaction, image: Mapping[str, object]) -> bool:
    """Whether the memories behind a row of the journal still say what it was drawn from."""
    if image["by_hand"]:
        return True
    found = [sentence_from(row) for row in tx.all(SQL["drawn_from"], ids=image["memory_ids"])]
    return image["basis"] in {basis_of(found, way) for way in WAYS}


def sentence_from(row: Row) -> Sentence:
    return Sentence(memory_id=MemoryId(row["memory_id"]), text=row["text"])
