"""What is asked of the store while one embedding model takes the place of another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from cns.ports import Vector
from lt_memory.vector_ports import Unembedded


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOfVectors:
    """A model that vectors are made by.

    Attributes:
        made_by: the settings by which it is run again, without its key; empty when not known.
    """

    name: str
    dimensions: int
    made_by: Mapping[str, object] = field(default_factory=dict)


class Reached(NamedTuple):
    """How many of the texts have a vector of the new model."""

    done: int
    total: int


class SwitchStore(Protocol):
    """Keeps the vectors of two models beside each other until the new one's are complete."""

    def standing(self) -> ModelOfVectors | None:
        """Whose vectors search compares; None while nobody's were made."""
        ...

    def adopt(self, model: ModelOfVectors) -> bool:
        """Write down the first model there is; False when the columns hold other dimensions."""
        ...

    def prepare(self, model: ModelOfVectors) -> None:
        """Make room for its vectors, with an index, unless that stands from an earlier run."""
        ...

    def lacking(self, limit: int) -> Sequence[Unembedded]:
        """Texts that it has not read yet, the newest messages first."""
        ...

    def keep(self, made: Sequence[tuple[Unembedded, Vector]], model: str) -> int:
        """Store them, but for texts that changed meanwhile; how many were stored."""
        ...

    def reached(self) -> Reached: ...

    def ahead(self, name: str) -> Reached:
        """As `reached` by a model of that name, which may not have begun."""
        ...

    def switch(self, *, anyway: bool) -> bool:
        """Put the new vectors in the place of the old ones, in one transaction.

        Args:
            anyway: though texts are lacking: they have no vector then.

        Returns:
            False, with nothing done, when texts are lacking.
        """
        ...

    def abandon(self) -> None:
        """Drop what was made for a switch that is not wanted any more."""
        ...
