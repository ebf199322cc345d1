"""What the edge asks of the past."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from cns.ports import Page
from lt_memory.domain.memory import Memory, MemoryId
from lt_memory.history import Met
from lt_memory.ports import MemoryFilter


class History(Protocol):
    """The memories as they stood; see lt_memory.history.HistoryService."""

    def list(
        self, then: datetime, narrowed: MemoryFilter, page: Page
    ) -> tuple[Sequence[Memory], str | None]: ...

    def search(self, then: datetime, narrowed: MemoryFilter, question: str) -> Sequence[Met]: ...

    def get(self, then: datetime, memory_id: MemoryId) -> Memory: ...

    def restore(self, memory_id: MemoryId, revision: int) -> Memory: ...
