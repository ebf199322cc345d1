"""Links in a list: what the edge asks of `LinkService`."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from cns import paging
from cns.errors import Conflict, InvalidInput, NotFound
from cns.ports import Page
from lt_memory.domain.linking import (
    Alike,
    Dispute,
    Graph,
    Keep,
    KnownEntity,
    LinkAlias,
    LinkKind,
    Node,
    Tie,
    ends,
)
from lt_memory.domain.memory import EntityId, Memory, MemoryId
from lt_memory.linking import Gathered
from lt_memory.ports import MemoryFilter
from tests.fakes.memories import FakeMemories
from tests.values import START


@dataclass(slots=True)
class FakeLinks:
    """Implements `api.services.Links` over memories in a dictionary.

    Attributes:
        known: the entities that there are said to be.
    """

    memories: FakeMemories
    known: list[KnownEntity] = field(default_factory=list)
    ties: dict[UUID, Tie] = field(default_factory=dict)

    def link(
        self,
        memory_id: MemoryId,
        target_id: MemoryId,
        word: LinkKind | LinkAlias,
        confidence: float = 1.0,
    ) -> Tie:
        if memory_id == target_id:
            raise InvalidInput("A memory cannot be linked to itself.")
        wanted = ends(memory_id, target_id, word)
        for each in (memory_id, target_id):
            self.memories.get(each)
        tie = Tie(
            id=uuid4(),
            kind=wanted.kind.value,
            source_id=wanted.source_id,
            target_id=wanted.target_id,
            confidence=confidence,
            reason="",
            created_at=START,
        )
        self.ties[tie.id] = tie
        return tie

    def unlink(self, memory_id: MemoryId, link_id: UUID) -> Memory:
        tie = self._tie(link_id)
        if memory_id not in {tie.source_id, tie.target_id}:
            raise NotFound("It has no such link.", code="link_not_found")
        del self.ties[link_id]
        return self.memories.get(memory_id)

    def graph(self, memory_id: MemoryId, depth: int) -> Graph:
        memory = self.memories.get(memory_id)
        node = Node(
            id=memory_id,
            text=memory.text,
            kind=memory.kind,
            importance=memory.importance,
            state=memory.state,
            depth=0,
        )
        return Graph(nodes=(node,), edges=(), truncated=depth > 1)

    def similar(self, memory_id: MemoryId, limit: int) -> Sequence[Alike]:
        self.memories.get(memory_id)
        others, _ = self.memories.list(MemoryFilter(), Page(limit=limit + 1))
        found = [each for each in others if each.id != memory_id]
        return [Alike(memory=each, score=0.5) for each in found[:limit]]

    def conflicts(self, page: Page) -> tuple[Sequence[Dispute], str | None]:
        paging.position(page.cursor)
        found = [t for t in self._standing() if t.kind == "conflicts" and t.settled_at is None]
        return [self._dispute(tie) for tie in found[: page.limit]], None

    def resolve(self, link_id: UUID, keep: Keep) -> Dispute:
        tie = self._tie(link_id)
        if tie.settled_at is not None:
            raise Conflict("This conflict is settled already.", code="conflict_settled")
        self.ties[link_id] = replace(tie, settled_at=START, settlement=keep.value)
        return self._dispute(self.ties[link_id])

    def entities(self, q: str | None, page: Page) -> tuple[Sequence[KnownEntity], str | None]:
        paging.position(page.cursor)
        found = [each for each in self.known if q is None or q in each.entity.name]
        return found[: page.limit], None

    def entity(self, entity_id: EntityId, page: Page) -> Gathered:
        for each in self.known:
            if each.entity.id == entity_id:
                memories, following = self.memories.list(MemoryFilter(), page)
                return Gathered(known=each, memories=memories, next_cursor=following)
        raise NotFound(f"There is no entity {entity_id}.", code="entity_not_found")

    def _tie(self, link_id: UUID) -> Tie:
        for tie in self._standing():
            if tie.id == link_id:
                return tie
        raise NotFound(f"There is no link {link_id}.", code="link_not_found")

    def _standing(self) -> Sequence[Tie]:
        """A link goes with either memory."""
        memories, _ = self.memories.list(MemoryFilter(), Page(limit=10_000))
        there = {memory.id for memory in memories}
        return [t for t in self.ties.values() if {t.source_id, t.target_id} <= there]

    def _dispute(self, tie: Tie) -> Dispute:
        return Dispute(
            tie=tie, a=self.memories.get(tie.source_id), b=self.memories.get(tie.target_id)
        )
