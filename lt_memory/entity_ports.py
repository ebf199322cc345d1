"""What looking after names asks of the place where they are kept."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from lt_memory.domain.memory import EntityId
from lt_memory.domain.run import Run
from lt_memory.standing_ports import StandingWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An entity; its key is what its name is compared by."""

    id: EntityId
    name: str
    kind: str
    key: str
    created_at: datetime


class Twins(NamedTuple):
    one: EntityId
    other: EntityId


class EntityWork(Protocol):
    """Names and what they stand for, within one transaction."""

    def unembedded(self, model: str) -> int:
        """How many names have no vector of that model yet."""
        ...

    def spelt_alike(self) -> Sequence[Twins]:
        """Pairs of one kind and key that were not judged yet."""
        ...

    def first_names(self) -> Sequence[Twins]:
        """Bare first names, each with the only person who is known by it in full."""
        ...

    def unexamined(self, model: str, limit: int) -> Sequence[EntityId]: ...

    def near(self, ids: Collection[EntityId]) -> Mapping[Twins, float]:
        """Those of the same kind whose names lie near, with their cosine; judged ones are none."""
        ...

    def company(self, pairs: Sequence[Twins]) -> Mapping[Twins, float]:
        """The Jaccard measure of the memories that name them."""
        ...

    def known(self, ids: Collection[EntityId]) -> Mapping[EntityId, Known]: ...

    def hold(self, ids: Collection[EntityId]) -> None: ...

    def linkless(self) -> Sequence[EntityId]:
        """Those that no memory names that is not put away."""
        ...

    def dormant(self, limit: int) -> Sequence[EntityId]:
        """Those of few memories, none of them new, that nobody reviewed since."""
        ...

    def given_up(self, ids: Collection[EntityId]) -> AbstractSet[EntityId]:
        """Those whose answer could not be read twice before."""
        ...

    def texts(self, ids: Collection[EntityId]) -> Mapping[EntityId, Sequence[str]]: ...

    def merge(self, gone: EntityId, heir: EntityId) -> None:
        """All memories and names of one become the other's."""
        ...

    def archive(self, ids: Collection[EntityId], at: datetime) -> None: ...

    def note_judged(self, pairs: Collection[Twins], at: datetime) -> None: ...

    def note_examined(self, ids: Collection[EntityId]) -> None: ...


class NamedWork(Protocol):
    """One transaction: all of it is kept, or nothing. See `lt_memory.ports.MemoryWork`."""

    @property
    def entities(self) -> EntityWork: ...

    @property
    def standings(self) -> StandingWork: ...

    def record(self, run: Run) -> None: ...


class NamedMemories(Protocol):
    def work(self, *, dry_run: bool = False) -> AbstractContextManager[NamedWork]: ...
