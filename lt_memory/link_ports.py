"""What linking by hand asks of the place where memories are kept."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from cns.ports import Page
from lt_memory.domain.linking import Ends, Graph, KnownEntity, Tie
from lt_memory.domain.memory import EntityId, Memory, MemoryId, RunId
from lt_memory.domain.run import Run
from lt_memory.ports import MemoryFilter, NewLink, Rewrite


class TieWork(Protocol):
    """Links, within one transaction; whoever changes one holds both its memories."""

    def get(self, link_id: UUID) -> Tie:
        """Raises NotFound (`link_not_found`)."""
        ...

    def between(self, ends: Ends) -> Tie | None: ...

    def cut(self, link_id: UUID) -> None: ...

    def settle(self, link_id: UUID, settlement: str, at: datetime) -> None:
        """Raises Conflict (`conflict_settled`)."""
        ...

    def reopen(self, outcome: Tie) -> None:
        """Let the conflict that was settled by this link be open again, its run taken back."""
        ...

    def superseded_otherwise(self, tie: Tie) -> bool:
        """Whether another link than this one supersedes its target."""
        ...

    def note(self, tie: Tie, at: datetime, *, stands: bool, run_id: RunId | None = None) -> None:
        """Write into the history of both ends that the link stands from here on, or no more."""
        ...


class LinkWork(Protocol):
    """One transaction: all of it is kept, or nothing. See `lt_memory.ports.MemoryWork`."""

    @property
    def ties(self) -> TieWork: ...

    def record(self, run: Run) -> None: ...

    def memory(self, memory_id: MemoryId) -> Memory: ...

    def rewrite(self, change: Rewrite) -> None: ...

    def link(self, link: NewLink) -> None: ...


class LinkedMemories(Protocol):
    """Where memories are changed and read; see `lt_memory.ports.MemoryStore`."""

    def work(self, *, dry_run: bool = False) -> AbstractContextManager[LinkWork]: ...

    def get(self, memory_id: MemoryId) -> Memory: ...

    def list(self, narrowed: MemoryFilter, page: Page) -> tuple[Sequence[Memory], str | None]: ...


class LinkStore(Protocol):
    """What can be seen through links and names."""

    def graph(self, memory_id: MemoryId, depth: int, most: int) -> Graph:
        """Breadth first, both ways; raises NotFound (`memory_not_found`)."""
        ...

    def similar(self, memory_id: MemoryId, limit: int) -> Sequence[tuple[MemoryId, float]]:
        """The nearest that are active or dormant, with their cosine.

        Raises:
            NotFound: there is no such memory (`memory_not_found`).
            Unavailable: it has no vector yet (`not_embedded_yet`).
        """
        ...

    def conflicts(self, page: Page) -> tuple[Sequence[Tie], str | None]:
        """Unsettled ones, newest first, with the next cursor.

        Raises:
            InvalidInput: the cursor is not one of ours.
        """
        ...

    def entities(self, q: str | None, page: Page) -> tuple[Sequence[KnownEntity], str | None]:
        """Newest first, with the next cursor; `q` is a part of a name or alias.

        Raises:
            InvalidInput: the cursor is not one of ours.
        """
        ...

    def entity(self, entity_id: EntityId) -> KnownEntity:
        """Raises NotFound (`entity_not_found`)."""
        ...
