"""What some embedders are beside being one: exchangeable, or told questions from other texts."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from cns.errors import Unavailable
from cns.ports import Embedder, Vector


@runtime_checkable
class Exchangeable(Protocol):
    """An embedder in whose place another may be put at any time."""

    def present(self) -> Embedder:
        """The one in service now: its name goes with its vectors."""
        ...


@runtime_checkable
class Asked(Protocol):
    """An embedder that reads a question otherwise than what may answer it."""

    def for_questions(self) -> Embedder:
        """The same model, for questions."""
        ...


def present(embedder: Embedder) -> Embedder:
    """The one in service now, to be asked for vectors and for its name together."""
    return embedder.present() if isinstance(embedder, Exchangeable) else embedder


def for_questions(embedder: Embedder) -> Embedder:
    """The one in service now, as questions are put to it."""
    now = present(embedder)
    return now.for_questions() if isinstance(now, Asked) else now


class Made(NamedTuple):
    """Vectors, and the name of the model that made them."""

    vectors: Sequence[Vector | None]
    model: str


def made(embedder: Embedder, texts: Sequence[str]) -> Made:
    """One a text; None for each when the embedder is lost: a job fills them in later."""
    now = present(embedder)
    try:
        return Made(now.embed(texts) if texts else (), now.name)
    except Unavailable:
        return Made([None] * len(texts), now.name)


@runtime_checkable
class Partial(Protocol):
    """An embedder that may not have read everything that is searched."""

    @property
    def shortfall(self) -> Sequence[str]:
        """What a search lacks by it, in words."""
        ...


def shortfall(embedder: Embedder) -> Sequence[str]:
    """What a search lacks by this model though it answers; mostly nothing."""
    return embedder.shortfall if isinstance(embedder, Partial) else ()


@runtime_checkable
class Pinged(Protocol):
    """An embedder that can say how it is without making a vector."""

    def ping(self) -> str:
        """A word on how it is; raises Unavailable when it is not well."""
        ...


def pinged(embedder: Embedder) -> str:
    """How it is: as it says itself, or by having it make a vector; raises Unavailable."""
    if isinstance(embedder, Pinged):
        return embedder.ping()
    embedder.embed(["well?"])
    return embedder.name
