"""The periodic look at silent and unfinished chapters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from cns.services.segments import SegmentService


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentTimeouts:
    """Implements `cns.ports.Job`."""

    segments: SegmentService
    interval: timedelta
    name: str = "segment_timeout"

    def run(self) -> Mapping[str, object]:
        return self.segments.sweep()
