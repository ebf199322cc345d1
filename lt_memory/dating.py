"""Dates for candidates: what they say of time is read against the message they were drawn from."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID
from zoneinfo import ZoneInfo

from cns.domain.message import Message
from lt_memory.domain.memory import Candidate
from lt_memory.domain.timing import comes_back_yearly, dated
from lt_memory.ports import Extracted


def with_dates(extracted: Extracted, messages: Sequence[Message], zone: ZoneInfo) -> Extracted:
    """Candidates that say the date for "tomorrow", with the instants that their words name.

    What an extractor has worked out itself stands, but for the date of what comes back every year:
    the memory would sink once that has passed. The evidence still points to the words said.
    """
    by_id: dict[UUID, Message] = {message.id: message for message in messages}
    return replace(
        extracted,
        candidates=tuple(_dated(each, by_id, zone) for each in extracted.candidates),
    )


def _dated(candidate: Candidate, by_id: dict[UUID, Message], zone: ZoneInfo) -> Candidate:
    said = [by_id[piece.message_id].created_at for piece in candidate.evidence]
    if not said:
        return candidate
    said_at = max(said)
    found = dated(candidate.text, said_at, zone)
    own = None if comes_back_yearly(candidate.text) else candidate.happens_at
    return replace(
        candidate,
        text=found.text,
        said_at=said_at,
        happens_at=own or found.happens_at,
        expires_at=candidate.expires_at or found.expires_at,
    )
