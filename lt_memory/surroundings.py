"""Which memories were on the table while something was said: an extractor may supersede these."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from cns.domain.message import Message
from cns.ports import ContinuumStore, Page
from lt_memory.domain.memory import MemoryId, State
from lt_memory.known import Known
from lt_memory.ports import MemoryFilter, MemoryStore

MOST = 30  # memories that a model is shown, those of the latest turns first


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMemories:
    """Implements `lt_memory.known.Surroundings`, from the traces of the turns."""

    conversation: ContinuumStore
    memories: MemoryStore

    def of(self, messages: Sequence[Message]) -> Sequence[Known]:
        """Memories that were shown to the model or cited by it, and still hold."""
        ids = tuple(dict.fromkeys(self._ids(messages)))[:MOST]
        if not ids:
            return ()
        found, _ = self.memories.list(MemoryFilter(ids=ids), Page(limit=MOST))
        return [
            Known(id=MemoryId(memory.id), text=memory.text)
            for memory in found
            if memory.state in {State.ACTIVE, State.DORMANT} and memory.valid_until is None
        ]

    def _ids(self, messages: Sequence[Message]) -> Iterator[UUID]:
        for message in reversed(messages):
            yield from message.memory_refs
        turns = dict.fromkeys(m.turn_id for m in reversed(messages) if m.turn_id is not None)
        for turn_id in turns:
            shown = (self.conversation.turn(turn_id).trace or {}).get("shown", [])
            if isinstance(shown, list):
                yield from (UUID(str(each)) for each in shown)
