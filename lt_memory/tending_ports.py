"""What the weekly work on the memories' wording asks of the place where they are kept."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from cns.ports import Page
from config.settings import MemorySettings
from lt_memory.domain.memory import Memory, MemoryId
from lt_memory.domain.run import Run
from lt_memory.offspring import ReshapingWork
from lt_memory.ports import MemoryFilter
from lt_memory.standing_ports import StandingWork

Wording = tuple[MemoryId, int]  # a memory, and the revision since which it says what it says


class TendingWork(Protocol):
    """What may be merged or worded anew, within one transaction."""

    def hubs(self, at: datetime, figures: MemorySettings) -> Sequence[MemoryId]:
        """Memories of weight that may be merged, the most important first."""
        ...

    def near(
        self, hubs: Sequence[MemoryId], at: datetime, least: float
    ) -> Mapping[frozenset[MemoryId], float]:
        """Cosines of all pairs among each hub and what may be merged and lies so near it."""
        ...

    def mergeable(self, ids: Sequence[MemoryId], at: datetime) -> frozenset[MemoryId]:
        """Those awake, unpinned, true till now, with a vector, and in no open conflict."""
        ...

    def wordings(self, ids: Sequence[MemoryId]) -> Mapping[MemoryId, int]:
        """Since which revision each says what it says."""
        ...

    def answered(self) -> frozenset[frozenset[Wording]]:
        """Which wordings were looked at together before, so that an answer is known."""
        ...

    def refinable(self, at: datetime, figures: MemorySettings) -> Sequence[MemoryId]:
        """Long ones in use whose words are not the user's own, the longest first."""
        ...

    def looked_at(self, memory_id: MemoryId, at: datetime, *, rejected: bool) -> None:
        """Note that it was; `rejected` when nothing came of it."""
        ...


class UpkeepWork(ReshapingWork, Protocol):
    """One transaction: all of it is kept, or nothing. See `lt_memory.ports.MemoryWork`."""

    @property
    def standings(self) -> StandingWork: ...

    @property
    def tending(self) -> TendingWork: ...


class UpkeepStore(Protocol):
    """Where memories are changed and read; see `lt_memory.ports.MemoryStore`."""

    def work(self, *, dry_run: bool = False) -> AbstractContextManager[UpkeepWork]: ...

    def note(self, run: Run) -> None: ...

    def list(self, narrowed: MemoryFilter, page: Page) -> tuple[Sequence[Memory], str | None]: ...
