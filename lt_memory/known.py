"""What an extractor is told of the memories that were on the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cns.domain.message import Message
from lt_memory.domain.memory import MemoryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A memory that was on the table while something was said; shown by its short id."""

    id: MemoryId
    text: str

    @property
    def short(self) -> str:
        return str(self.id)[:8]


class Surroundings(Protocol):
    """What was on the table while something was said."""

    def of(self, messages: Sequence[Message]) -> Sequence[Known]:
        """Memories that were shown to the model or cited by it, and still hold."""
        ...
