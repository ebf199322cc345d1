"""What day and hour it is for the user."""

from zoneinfo import ZoneInfo

from typing_extensions import override

from cns.ports import Turn
from working_memory.trinket import Slot, Trinket


class TimeOfDay(Trinket):
    """Weekday, date, time and zone."""

    slot = Slot.DATETIME_SECTION

    @override
    def render(self, turn: Turn) -> str:
        here = turn.now.astimezone(ZoneInfo(turn.user.timezone))
        return f"It is {here:%A, %d %B %Y, %H:%M} ({turn.user.timezone})."
