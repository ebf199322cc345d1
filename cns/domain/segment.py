"""A segment: one sitting of the endless conversation, between two silences."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cns.domain.message import MessageId, SegmentId


class SegmentStatus(StrEnum):
    ACTIVE = "active"
    COLLAPSED = "collapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """The hours in which another silence than the usual one ends a segment.

    Attributes:
        begins: the first hour, on the user's clock.
        ends: the first hour of the day; may be smaller, beyond midnight.
    """

    begins: int
    ends: int
    timeout: timedelta

    def covers(self, hour: int) -> bool:
        if self.begins < self.ends:
            return self.begins <= hour < self.ends
        return hour >= self.begins or hour < self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a collapsed segment was about; complexity is 1 (light) to 3 (deep).

    Attributes:
        drawn_from: messages that must still be there when it is kept: a model takes its time.
    """

    title: str
    text: str
    complexity: int = 2
    drawn_from: tuple[MessageId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SoFar:
    """What stands for the beginning of a long open segment, up to that message.

    Attributes:
        drawn_from: as of a summary.
    """

    text: str
    to: MessageId
    drawn_from: tuple[MessageId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The sentinel of a segment: written with its first message, closed by its collapse.

    Attributes:
        message_count: how many messages a person sees as said.
        turns: how many times the user has spoken.
        imported: it was had elsewhere.
    """

    id: SegmentId
    started_at: datetime
    last_message_at: datetime
    status: SegmentStatus = SegmentStatus.ACTIVE
    title: str | None = None
    summary: str | None = None
    complexity: int | None = None
    ended_at: datetime | None = None
    message_count: int = 0
    tools_used: tuple[str, ...] = ()
    turns: int = 0
    imported: bool = False
