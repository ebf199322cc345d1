"""By which figures memories fade and sink, from the settings."""

from dataclasses import dataclass, field

from config.settings import MemorySettings
from lt_memory.domain.ladder import Ladder
from lt_memory.domain.scoring import Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """How fast memories fade, and where the rungs are."""

    pace: Pace = field(default_factory=Pace)
    ladder: Ladder = field(default_factory=Ladder)


def ageing(settings: MemorySettings) -> Ageing:
    return Ageing(
        pace=Pace(
            free_days=settings.free_days,
            half_life_days=settings.half_life_days,
            surfaced_weight=settings.surfaced_weight,
        ),
        ladder=Ladder(
            dormant_below=settings.dormant_below,
            archived_below=min(settings.archived_below, settings.dormant_below),
            delete_after_days=settings.delete_after_days,
            delete_after_active_days=settings.delete_after_active_days,
            notice_days=settings.notice_days,
        ),
    )
