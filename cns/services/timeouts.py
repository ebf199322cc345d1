"""The periodic look at silent and unfinished chapters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from cns.services.segments import SegmentService


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentTimeouts:
    """Implements `cns.ports.Job`.

    Attributes:
        segments: with the time-outs that hold now.
    """

    segments: Callable[[], SegmentService]
    interval: timedelta
    name: str = "segment_timeout"

    def run(self) -> Mapping[str, object]:
        return self.segments().sweep()

    def rehearse(self) -> Mapping[str, object]:
        """Which chapter would be ended now, and which are to be finished; nothing is summed up."""
        return self.segments().due()
