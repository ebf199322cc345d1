"""Looking back and reshaping, over memories in a dictionary."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from cns.errors import NotFound
from cns.ports import Page
from lt_memory.domain.memory import Memory, MemoryId, RunId
from lt_memory.history import Met
from lt_memory.memories import NewMemory
from lt_memory.ports import MemoryFilter
from lt_memory.reshaping import Reshaped
from tests.fakes.memories import FakeMemories


@dataclass(frozen=True, slots=True)
class FakeHistory:
    """Implements `api.looking_back.History`: what is there now was so from its birth on."""

    memories: FakeMemories

    def list(
        self, then: datetime, narrowed: MemoryFilter, page: Page
    ) -> tuple[Sequence[Memory], str | None]:
        found, following = self.memories.list(narrowed, page)
        return [memory for memory in found if memory.created_at <= then], following

    def search(self, then: datetime, narrowed: MemoryFilter, question: str) -> Sequence[Met]:
        found, _ = self.list(then, narrowed, Page(limit=200))
        words = question.casefold().split()
        met = [(each, sum(word in each.text.casefold() for word in words)) for each in found]
        shares = [Met(memory=memory, share=many / len(words)) for memory, many in met if many]
        return sorted(shares, key=lambda each: -each.share)

    def get(self, then: datetime, memory_id: MemoryId) -> Memory:
        memory = self.memories.get(memory_id)
        if memory.created_at > then:
            raise NotFound(f"There was no memory {memory_id}.", code="memory_not_found")
        return memory

    def restore(self, memory_id: MemoryId, revision: int) -> Memory:
        after = {each.revision: each.after for each in self.memories.history(memory_id)}
        fields = after.get(revision)
        if fields is None:
            raise NotFound(f"There is no revision {revision}.", code="revision_not_found")
        return self.memories.edit(memory_id, fields)


@dataclass(frozen=True, slots=True)
class FakeReshaping:
    """Implements `api.services.Reshaping`: puts away and adds."""

    memories: FakeMemories

    def merge(self, ids: Sequence[MemoryId], text: str) -> Reshaped:
        return self._made([self.memories.get(each).id for each in ids], [text])

    def split(self, memory_id: MemoryId, texts: Sequence[str]) -> Reshaped:
        return self._made([self.memories.get(memory_id).id], texts)

    def _made(self, sources: Sequence[MemoryId], texts: Sequence[str]) -> Reshaped:
        for each in sources:
            self.memories.edit(each, {"archived": True})
        made = self.memories.add_all([NewMemory(text=text) for text in texts])
        return Reshaped(memories=tuple(made), run_id=RunId(uuid4()))
