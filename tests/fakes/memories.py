"""Memories in a dictionary: what the edge asks of `MemoryService`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from cns import paging
from cns.errors import InvalidInput, NotFound
from cns.ports import Page
from lt_memory.domain.memory import Actor, Memory, MemoryId, Revision, State
from lt_memory.forgetting import Effect, Touched, told
from lt_memory.memories import MemoryChange, NewMemory, Receipt
from lt_memory.ports import MemoryFilter
from tests.fakes.clock import FrozenClock


class FakeMemories:
    """Implements `api.services.Memories`; newest first, each change a revision."""

    def __init__(self, clock: FrozenClock) -> None:
        self._clock = clock
        self._kept: dict[MemoryId, Memory] = {}
        self._history: dict[MemoryId, list[Revision]] = {}

    def keep(self, memory: Memory) -> Memory:
        """Put a memory there as it is."""
        self._kept[memory.id] = memory
        self._note(memory.id, "created", None, {"text": memory.text})
        return memory

    def list(self, narrowed: MemoryFilter, page: Page) -> tuple[Sequence[Memory], str | None]:
        begin = _begin(page.cursor)
        fitting = [m for m in reversed(self._kept.values()) if _fits(m, narrowed)]
        end = begin + page.limit
        return fitting[begin:end], paging.encode([end]) if end < len(fitting) else None

    def ids(self, narrowed: MemoryFilter) -> Sequence[UUID]:
        return [m.id for m in self._kept.values() if _fits(m, narrowed)]

    def get(self, memory_id: MemoryId) -> Memory:
        if memory_id not in self._kept:
            raise NotFound(f"There is no memory {memory_id}.", code="memory_not_found")
        return self._kept[memory_id]

    def add(self, new: NewMemory) -> Memory:
        # a moment later each, so that "newest first" has one meaning
        self._clock.move(timedelta(milliseconds=1))
        now = self._clock.now()
        return self.keep(
            Memory(
                id=MemoryId(uuid4()),
                text=new.text,
                kind=new.kind,
                happens_at=new.happens_at,
                expires_at=new.expires_at,
                pinned=new.pinned,
                confidence=new.confidence,
                importance=new.importance,
                created_at=now,
                updated_at=now,
            )
        )

    def add_all(self, several: Sequence[NewMemory]) -> Sequence[Memory]:
        return [self.add(each) for each in several]

    def edit(self, memory_id: MemoryId, change: MemoryChange) -> Memory:
        before = self.get(memory_id)
        fields = dict(change)
        archived = fields.pop("archived", None)
        if archived is not None:
            fields["state"] = State.ARCHIVED if archived else State.ACTIVE
        after = replace(before, revision=before.revision + 1, **fields)  # type: ignore[arg-type]  # as asked
        self._kept[memory_id] = after
        self._note(memory_id, "edited", {"text": before.text}, {"text": after.text})
        return after

    def delete(self, memory_id: MemoryId, *, dry_run: bool) -> Receipt:
        text = self.get(memory_id).text
        removed = {"memories": 1, "memory_revisions": len(self._history[memory_id])}
        if not dry_run:
            del self._kept[memory_id], self._history[memory_id]
        return Receipt(
            memory_id=memory_id,
            removed=removed,
            kept={},
            knowledge_blocks=(),
            dry_run=dry_run,
            memories=told(
                [Touched(id=memory_id, effect=Effect.ERASED, text=text)], dry_run=dry_run
            ),
        )

    def history(self, memory_id: MemoryId) -> Sequence[Revision]:
        self.get(memory_id)
        return self._history[memory_id]

    def _note(
        self,
        memory_id: MemoryId,
        change: str,
        before: Mapping[str, object] | None,
        after: Mapping[str, object] | None,
    ) -> None:
        revisions = self._history.setdefault(memory_id, [])
        revisions.append(
            Revision(
                revision=len(revisions) + 1,
                at=self._clock.now(),
                actor=Actor.USER,
                change=change,
                before=dict(before) if before else None,
                after=dict(after) if after else None,
            )
        )


def _begin(cursor: str | None) -> int:
    if cursor is None:
        return 0
    (begin,) = paging.decode(cursor, 1)
    if not isinstance(begin, int) or begin < 0:
        raise InvalidInput("`cursor` is not one that this list returned: ask again without it.")
    return begin


def _fits(memory: Memory, narrowed: MemoryFilter) -> bool:
    wanted: tuple[tuple[object, object], ...] = (
        (narrowed.kind, memory.kind),
        (narrowed.source, memory.source),
        (narrowed.trust, memory.trust),
        (narrowed.state, memory.state),
        (narrowed.segment_id, memory.segment_id),
        (narrowed.archived, memory.state is State.ARCHIVED),
    )
    same = all(asked is None or asked == has for asked, has in wanted)
    chosen: tuple[UUID, ...] | None = narrowed.ids
    return same and (chosen is None or memory.id in chosen)
