"""What reviewing asks of the place where memories are kept."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from cns.ports import Page
from lt_memory.domain.memory import Memory, MemoryId
from lt_memory.ports import MemoryFilter, MemoryWork


class Origins(Protocol):
    """Where memories came from, within one transaction."""

    def refuse(self, memory: Memory, at: datetime) -> None:
        """From now on these words do not come again from that place."""
        ...

    def waited(self, memory_id: MemoryId) -> bool:
        """Whether it waits for the user, or did."""
        ...

    def known(self, origin: str) -> bool:
        """Whether anything came from there, put away or not; or it is a message that was said."""
        ...

    def brought(self, origin: str) -> Sequence[MemoryId]:
        """What came from there and is not put away.

        Others' words, with all that runs made of them; of a message, what rests on it alone too.
        """
        ...

    def displaced(self, ids: Sequence[MemoryId], origin: str) -> Sequence[MemoryId]:
        """What runs put away when they made one of these of it, and is not from there."""
        ...


class ReviewWork(MemoryWork, Protocol):
    """One transaction: all of it is kept, or nothing."""

    @property
    def origins(self) -> Origins: ...


class ReviewStore(Protocol):
    def work(self, *, dry_run: bool = False) -> AbstractContextManager[ReviewWork]: ...

    def get(self, memory_id: MemoryId) -> Memory: ...

    def list(self, narrowed: MemoryFilter, page: Page) -> tuple[Sequence[Memory], str | None]: ...
