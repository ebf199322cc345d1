"""The table of contents of the conversation so far."""

from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from typing_extensions import override

from cns.domain.segment import Segment
from cns.ports import ContinuumStore, Page, Turn
from working_memory.trinket import Slot, Trinket


class Manifest(Trinket):
    """Collapsed segments by day, oldest first, in the user's zone."""

    slot = Slot.CONVERSATION_MANIFEST

    def __init__(self, store: ContinuumStore, manifest_length: int) -> None:
        self._store = store
        self._length = manifest_length

    @override
    def render(self, turn: Turn) -> str:
        if turn.compact:
            return ""
        newest_first, _ = self._store.segments(Page(limit=self._length), imported=False)
        ended = [s for s in reversed(newest_first) if s.ended_at is not None]
        if not ended:
            return ""
        zone = ZoneInfo(turn.user.timezone)
        lines = ["Earlier chapters of this conversation:"]
        for day, segments in groupby(ended, key=lambda s: s.started_at.astimezone(zone).date()):
            lines.append(f"{day:%a %d %b %Y}")
            lines += [_line(segment, zone) for segment in segments]
        return "\n".join(lines)


def _line(segment: Segment, zone: ZoneInfo) -> str:
    ended = segment.ended_at or segment.last_message_at
    return f"  [{_clock(segment.started_at, zone)} - {_clock(ended, zone)}] {segment.title}"


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"
