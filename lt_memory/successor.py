"""The embedding model that the settings want, and the place that it is to take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from cns.ports import Embedder


class Service(Embedder, Protocol):
    """The place of whichever model is asked for vectors; an embedder by that model."""

    def present(self) -> Embedder: ...

    def put(self, embedder: Embedder, shortfall: Sequence[str] = ()) -> None:
        """Have this one asked from now on; what a search lacks by it for a while, in words."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """Who is to make the vectors.

    Attributes:
        made_by: the settings by which it is run again, without its key.
        patience: how long one pass of the job goes on.
    """

    service: Service
    wanted: Embedder
    made_by: Mapping[str, object]
    patience: timedelta = timedelta(minutes=1)
