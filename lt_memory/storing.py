"""What all that is kept has in common: who keeps it, and how it is tied to what is near."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from lt_memory.deduplication import Neighbour
from lt_memory.domain.memory import Actor, MemoryId, RunId
from lt_memory.domain.trust import Review
from lt_memory.ports import MemoryWork, NewLink

UTC = ZoneInfo("UTC")
NEAREST = 12
Decision = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who keeps candidates, in which run if in one, from which segment, and the instant of it.

    Attributes:
        segment_id: None for what nobody said in a conversation.
        review: what of it waits for the user.
    """

    run_id: RunId | None
    segment_id: UUID | None
    at: datetime
    actor: Actor = Actor.EXTRACTION
    zone: ZoneInfo = UTC
    review: Review = Review.UNTRUSTED


def linked(
    work: MemoryWork, origin: Origin, memory_id: MemoryId, neighbours: Sequence[Neighbour]
) -> list[dict[str, str]]:
    """Tie a memory to its neighbours; what a run decided of it."""
    for neighbour in neighbours:
        work.link(NewLink(
            id=uuid4(),
            source_id=memory_id,
            target_id=neighbour.id,
            kind=neighbour.kind,
            reason=neighbour.reason,
            at=origin.at,
            run_id=origin.run_id,
        ))  # fmt: skip
    return [{"kind": n.kind, "memory_id": str(n.id)} for n in neighbours]
