"""A world in which nothing but the memories holds their words."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from lt_memory.domain.memory import MemoryId


class Silence:
    """Implements `lt_memory.echo_ports.Echoes`."""

    def put_away_for(self, memory_id: MemoryId) -> Sequence[MemoryId]:
        del memory_id
        return ()

    def silence(self, falls: Collection[MemoryId]) -> Mapping[str, int]:
        del falls
        return {}

    def said_in(self, ids: Collection[MemoryId]) -> Sequence[UUID]:
        del ids
        return ()

    def staying(self, falls: Collection[MemoryId]) -> Mapping[str, int]:
        del falls
        return {}

    def unlearn(self, messages: Sequence[UUID]) -> Mapping[str, int]:
        del messages
        return {}

    def pass_over(self, messages: Sequence[UUID]) -> None:
        del messages
