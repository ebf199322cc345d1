"""What stands in every prompt about the user, and the sentences that it is drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from lt_memory.domain.memory import MemoryId, RunId

LONGEST = 4000  # characters
BY_LIST = "list"  # the model's name of what no model wrote
WAYS = (BY_LIST, "model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A memory that is pinned, or a preference."""

    memory_id: MemoryId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInformation:
    """The text, as it stands.

    Attributes:
        by_hand: the user wrote it: no run writes over it.
        memory_ids: what it was drawn from.
        basis: tells whether that has changed since; see `basis_of`.
    """

    text: str
    by_hand: bool
    updated_at: datetime
    memory_ids: tuple[MemoryId, ...] = ()
    basis: str = ""
    run_id: RunId | None = None
    model: str | None = None


def basis_of(sentences: Sequence[Sentence], way: str) -> str:
    """The same for the same sentences in the same order, written in the same way."""
    parts = [way, *(f"{each.memory_id} {each.text}" for each in sentences)]
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def listed(sentences: Sequence[Sentence], room: int = LONGEST) -> str:
    """One sentence a line, as many of the first as have room."""
    lines: list[str] = []
    for each in sentences:
        line = f"- {' '.join(each.text.split())}"
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    return "\n".join(lines)
