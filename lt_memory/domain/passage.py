"""A stretch of one message that an order looks back upon."""

from dataclasses import dataclass
from uuid import UUID

from lt_memory.domain.memory import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """`words` is what stands at `[start:end]` of the message."""

    message_id: UUID
    start: int
    end: int
    words: str

    def holds(self, piece: Evidence | None) -> bool:
        return (
            piece is not None
            and piece.message_id == self.message_id
            and self.start <= piece.start
            and piece.end <= self.end
        )
