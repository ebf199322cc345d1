"""What becomes of an extractor's findings before they are compared with what is known."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from cns.domain.message import Message
from lt_memory.correcting import with_corrections
from lt_memory.dating import with_dates
from lt_memory.dictation import heeding
from lt_memory.ports import Extracted


def settled(found: Extracted, messages: Sequence[Message], zone: ZoneInfo) -> Extracted:
    """In turn: the user's orders are heeded, times dated, corrections noticed."""
    heeded = heeding(found, messages)
    return with_corrections(with_dates(heeded, messages, zone), messages)
