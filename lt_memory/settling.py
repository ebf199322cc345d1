"""What becomes of an extractor's findings before they are compared with what is known."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from cns.domain.message import Message
from lt_memory.correcting import with_corrections
from lt_memory.dating import with_dates
from lt_memory.dictation import heeding
from lt_memory.grounded import grounded
from lt_memory.ports import Extracted


def settled(found: Extracted, messages: Sequence[Message], zone: ZoneInfo) -> Extracted:
    """In turn: orders are heeded, times dated, the unsaid refused, corrections noticed.

    What is not the user's own word passes as it is: nobody's order or correction speaks of it.
    """
    own = tuple(each for each in found.candidates if each.provenance is None)
    others = tuple(each for each in found.candidates if each.provenance is not None)
    told = with_dates(heeding(replace(found, candidates=own), messages), messages, zone)
    done = with_corrections(grounded(told, messages, zone), messages)
    return replace(done, candidates=(*done.candidates, *others))
