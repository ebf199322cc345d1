"""What judging pairs of memories asks of the place where they are kept."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from typing import Protocol

from lt_memory.domain.judging import Pair, Shown
from lt_memory.domain.memory import Memory, MemoryId
from lt_memory.domain.run import Run
from lt_memory.ports import NewLink, Rewrite
from lt_memory.standing_ports import StandingWork


class JudgingWork(Protocol):
    """What was looked at, within one transaction."""

    def unlinked(self, limit: int, seen: Collection[MemoryId]) -> Sequence[MemoryId]:
        """The newest memories that hold and whose neighbours nobody has looked at."""
        ...

    def neighbours(self, ids: Sequence[MemoryId]) -> Sequence[tuple[MemoryId, MemoryId]]:
        """Each with those near it that nothing is settled with yet, the nearest first."""
        ...

    def shown(self, ids: Collection[MemoryId]) -> Mapping[MemoryId, Shown]: ...

    def unchanged(self, shown: Collection[Shown]) -> AbstractSet[MemoryId]:
        """Those that are awake, and still as they were shown."""
        ...

    def handled(self, pair: Pair) -> bool:
        """Whether more than nearness stands between the two, or the user has tied or cut them."""
        ...

    def given_up(self, pairs: Collection[Pair]) -> AbstractSet[Pair]:
        """Those whose answer could not be read twice before."""
        ...

    def note(self, pairs: Sequence[Pair], looked_at: Collection[MemoryId]) -> None:
        """Neither these pairs nor these memories' neighbours are to be looked at again."""
        ...


class JudgedWork(Protocol):
    """One transaction: all of it is kept, or nothing. See `lt_memory.ports.MemoryWork`."""

    @property
    def judging(self) -> JudgingWork: ...

    @property
    def standings(self) -> StandingWork: ...

    def record(self, run: Run) -> None: ...

    def memory(self, memory_id: MemoryId) -> Memory: ...

    def rewrite(self, change: Rewrite) -> None: ...

    def link(self, link: NewLink) -> None: ...


class JudgedMemories(Protocol):
    def work(self, *, dry_run: bool = False) -> AbstractContextManager[JudgedWork]: ...
