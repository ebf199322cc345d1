"""Erasing in a conversation that is kept in memory: what the edge asks of `ErasingService`."""

from dataclasses import dataclass

from cns.domain.message import Message, MessageId, Role
from cns.services.gate import Gate
from lt_memory.erasing import Erased
from tests.fakes.store import FakeContinuumStore


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeErasing:
    """Implements `api.services.Erasing`: knows what would go, and takes nothing away."""

    store: FakeContinuumStore
    gate: Gate

    def erase(self, message_id: MessageId, *, dry_run: bool) -> Erased:
        with self.gate.pause():
            named = self.store.message(message_id)
            asked = named.id if named.role is Role.USER else named.parent_id
            every = self.store.segment_messages(named.segment_id, off_path=True)
            gone = tuple(each.id for each in every if asked in (each.id, _answers(each)))
        return Erased(
            message_ids=gone,
            removed={"messages": len(gone)},
            knowledge_blocks=(),
            dry_run=dry_run,
        )


def _answers(message: Message) -> MessageId | None:
    return None if message.role is Role.USER else message.parent_id
