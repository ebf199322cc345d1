"""What a memory takes from those that it is made of."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from lt_memory.domain.memory import Evidence, Kind, Memory, MemoryId, Source, State, Trust

# From the word of the user down to what anybody may have written.
_LESS_AND_LESS = (Source.USER, Source.ASSISTANT, Source.IMPORT, Source.TOOL, Source.WEB)


def joined(sources: Sequence[Memory], memory_id: MemoryId, text: str, now: datetime) -> Memory:
    """One in place of several: as pinned and important as the most, as sure as the least.

    It ends when the first of them ends, and is held true, whatever had superseded them.
    """
    ends = [each.expires_at for each in sources if each.expires_at is not None]
    begins = {each.happens_at for each in sources if each.happens_at is not None}
    kinds = {each.kind for each in sources}
    chapters = {each.segment_id for each in sources}
    return Memory(
        id=memory_id,
        text=text,
        created_at=now,
        updated_at=now,
        kind=kinds.pop() if len(kinds) == 1 else Kind.FACT,
        importance=max(each.importance for each in sources),
        confidence=min(each.confidence for each in sources),
        source=max((each.source for each in sources), key=_LESS_AND_LESS.index),
        trust=_trust(sources),
        pinned=any(each.pinned for each in sources),
        happens_at=begins.pop() if len(begins) == 1 else None,
        expires_at=min(ends, default=None),
        segment_id=chapters.pop() if len(chapters) == 1 else None,
        evidence=_evidence(sources),
        origins=tuple(sorted({place for each in sources for place in each.origins})),
    )


def parted(source: Memory, memory_id: MemoryId, text: str, now: datetime) -> Memory:
    """One of several in place of one: all as it was but the words."""
    return replace(
        source,
        id=memory_id,
        text=text,
        created_at=now,
        updated_at=now,
        state=State.ACTIVE,
        last_accessed_at=None,
        access_count=0,
        revision=1,
        entities=(),
        links=(),
    )


def _trust(sources: Sequence[Memory]) -> Trust:
    trusted = all(each.trust is Trust.TRUSTED for each in sources)
    return Trust.TRUSTED if trusted else Trust.UNTRUSTED


def _evidence(sources: Sequence[Memory]) -> tuple[Evidence, ...]:
    """Each place once; of two that begin together the longer."""
    places: dict[tuple[UUID, int], Evidence] = {}
    for piece in (piece for each in sources for piece in each.evidence):
        known = places.setdefault((piece.message_id, piece.start), piece)
        if piece.end > known.end:
            places[piece.message_id, piece.start] = piece
    return tuple(places.values())
