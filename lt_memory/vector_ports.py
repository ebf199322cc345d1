"""What is asked of the place where vectors are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from cns.ports import Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Unembedded:
    """A text that has no vector yet."""

    kind: str
    id: UUID
    text: str


class VectorStore(Protocol):
    """Where vectors are kept, with the name of the model that made them."""

    def without_vector(self, limit: int) -> Sequence[Unembedded]:
        """Newest first."""
        ...

    def keep(self, made: Sequence[tuple[Unembedded, Vector]], model: str) -> int:
        """Store them, but for texts that changed meanwhile; how many were stored."""
        ...

    def forget_others(self, model: str) -> int:
        """Drop vectors of other models, so that they are made anew; how many there were."""
        ...
