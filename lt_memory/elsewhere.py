"""What is drawn from a conversation that was had elsewhere is not the user's own word here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from cns.domain.imported import SOURCE
from cns.domain.message import Message
from lt_memory.domain.memory import Candidate, Provenance, Source
from lt_memory.domain.trust import place, said_in
from lt_memory.ports import Extracted


def labelled(extracted: Extracted, messages: Sequence[Message]) -> Extracted:
    """Candidates that rest on imported messages, as words of that import; they end nothing."""
    origins: dict[UUID, str] = {
        m.id: _origin(m) for m in messages if m.metadata.get("source") == SOURCE
    }
    if not origins:
        return extracted
    return replace(
        extracted,
        candidates=tuple(_labelled(each, origins) for each in extracted.candidates if _whole(each)),
    )


def _whole(candidate: Candidate) -> bool:
    """A bare correction speaks of what was known there, not of what is known here."""
    return candidate.patch is None


def _labelled(candidate: Candidate, origins: Mapping[UUID, str]) -> Candidate:
    there = [piece for piece in candidate.evidence if piece.message_id in origins]
    if candidate.provenance is not None or not there:
        return candidate
    provenance = Provenance(
        source=Source.IMPORT,
        origin=origins[there[0].message_id],
        through=said_in(candidate.evidence),
    )
    return replace(candidate, correction=None, supersedes=(), provenance=provenance)


def _origin(message: Message) -> str:
    """The file and the day: so many may wait from one place, and a file may tell of years."""
    return place("import", f"{message.metadata.get('file', '')}, {message.created_at:%d %b %Y}")
