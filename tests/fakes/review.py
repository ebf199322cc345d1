"""The user's yes and no, over memories in a dictionary."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from cns.errors import Conflict, NotFound
from cns.ports import Page
from lt_memory.domain.memory import MemoryId, RunId, State
from lt_memory.domain.trust import place_of, reason_of
from lt_memory.ports import MemoryFilter
from lt_memory.review import Item, RolledBack
from tests.fakes.memories import FakeMemories

EVERYTHING = Page(limit=200)


@dataclass(frozen=True, slots=True)
class FakeReview:
    """Implements `api.services.Reviewing`."""

    memories: FakeMemories

    def list(self, origin: str | None, page: Page) -> tuple[Sequence[Item], str | None]:
        narrowed = MemoryFilter(state=State.PENDING.value)
        found, following = self.memories.list(narrowed, page)
        items = [self._item(memory.id) for memory in found]
        return [each for each in items if origin in {None, each.origin}], following

    def approve(self, memory_id: MemoryId) -> Item:
        return self._moved(memory_id, State.ACTIVE)

    def reject(self, memory_id: MemoryId) -> Item:
        return self._moved(memory_id, State.ARCHIVED)

    def decide(
        self, approved: Sequence[MemoryId], rejected: Sequence[MemoryId]
    ) -> tuple[RunId | None, Sequence[Item]]:
        done = [self.approve(each) for each in approved] + [self.reject(each) for each in rejected]
        return RunId(uuid4()), done

    def rollback(self, origin: str, *, dry_run: bool) -> RolledBack:
        known, _ = self.memories.list(MemoryFilter(), EVERYTHING)
        gone = tuple(memory.id for memory in known if origin in memory.origins)
        if not gone:
            raise NotFound(f"Nothing came from {origin}.", code="origin_not_found")
        if not dry_run:
            for memory_id in gone:
                self.memories.edit(memory_id, {"archived": True})
        run_id = RunId(uuid4()) if gone and not dry_run else None
        return RolledBack(
            origin=origin, run_id=run_id, put_away=gone, brought_back=(), dry_run=dry_run
        )

    def _moved(self, memory_id: MemoryId, state: State) -> Item:
        known, _ = self.memories.list(MemoryFilter(ids=(memory_id,)), EVERYTHING)
        if not known:
            raise NotFound(f"Nothing waits as {memory_id}.", code="review_item_not_found")
        if known[0].state not in {State.PENDING, state}:
            raise Conflict(f"{memory_id} was decided.", code="review_decided")
        self.memories.keep(replace(known[0], state=state))
        return self._item(memory_id)

    def _item(self, memory_id: MemoryId) -> Item:
        memory = self.memories.get(memory_id)
        return Item(memory=memory, origin=place_of(memory), reason=reason_of(memory))
