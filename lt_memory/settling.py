"""What becomes of an extractor's findings before they are compared with what is known."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from cns.domain.message import Message
from lt_memory.correcting import with_corrections
from lt_memory.dating import with_dates
from lt_memory.dictation import heeding
from lt_memory.grounded import grounded
from lt_memory.ports import Extracted


def settled(found: Extracted, messages: Sequence[Message], zone: ZoneInfo) -> Extracted:
    """In turn: orders are heeded, times dated, the unsaid refused, corrections noticed."""
    told = with_dates(heeding(found, messages), messages, zone)
    return with_corrections(grounded(told, messages, zone), messages)
