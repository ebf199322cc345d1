"""An embedder in whose place another is put once that has read everything; and one that is gone."""

from collections.abc import Sequence

from cns.embedding_ports import pinged
from cns.errors import Unavailable
from cns.ports import Embedder, Vector


class ExchangeableEmbedder:
    """Implements `cns.ports.Embedder` by whichever model's vectors stand in the store."""

    def __init__(self, embedder: Embedder) -> None:
        self._present = embedder
        self._shortfall: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self._present.name

    @property
    def dimensions(self) -> int:
        return self._present.dimensions

    @property
    def shortfall(self) -> Sequence[str]:
        """What a search lacks by this model, in words."""
        return self._shortfall

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        return self._present.embed(texts)

    def present(self) -> Embedder:
        """The one in service now."""
        return self._present

    def put(self, embedder: Embedder, shortfall: Sequence[str] = ()) -> None:
        """Have this one asked from now on; what a search lacks by it for a while, in words."""
        self._present, self._shortfall = embedder, tuple(shortfall)

    def ping(self) -> str:
        """How the one in service is; raises Unavailable."""
        return "; ".join((pinged(self._present), *self._shortfall))


class AbsentEmbedder:
    """A model that made the vectors that stand, and cannot be run any more."""

    def __init__(self, name: str, dimensions: int, why: str) -> None:
        self._name = name
        self._dimensions = dimensions
        self._why = why

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """Raises Unavailable, always."""
        raise Unavailable(
            f"The vectors were made by {self._name}, which cannot be run now: {self._why}"
        )
