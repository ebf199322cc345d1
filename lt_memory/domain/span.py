"""The days that a question asks about, worked out from the moment and place of asking."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lt_memory.domain.stretch import View
from lt_memory.domain.stretches import stretches
from lt_memory.domain.timing import instant, is_southern

LONGEST_WAIT = timedelta(days=7)  # what happened is told within as long again, at most so long
_LOOKS_AHEAD = re.compile(
    r"\b(?:will|shall|next|upcoming|coming|tomorrow|plan(?:s|ned|ning)?|going to|due|until|'ll)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From `first` up to, not with, `after`."""

    first: datetime
    after: datetime

    def holds(self, at: datetime) -> bool:
        return self.first <= at < self.after

    def just_before(self, at: datetime) -> bool:
        return self.after <= at < self.after + min(self.after - self.first, LONGEST_WAIT)


def spans(text: str, now: datetime, zone: ZoneInfo) -> tuple[Span, ...]:
    """Those that a question names in English, in order."""
    return tuple(_spans(text, now.astimezone(zone).date(), zone))


def _spans(text: str, today: date, zone: ZoneInfo) -> Iterator[Span]:
    view = View(today=today, past=not _LOOKS_AHEAD.search(text), southern=is_southern(zone))
    for named in stretches(text, view):
        first, after = named.stretch.first, named.stretch.after
        yield Span(first=instant(first, time(), zone), after=instant(after, time(), zone))
