"""That this exchange is off the record, while it is."""

from typing_extensions import override

from cns.ports import Turn
from working_memory.trinket import Slot, Trinket


class Incognito(Trinket):
    """A short notice, so that nothing is promised that will not be kept."""

    slot = Slot.INCOGNITO

    @override
    def render(self, turn: Turn) -> str:
        if not turn.incognito:
            return ""
        return (
            "This exchange is incognito: nothing of it is kept, and you will not remember it."
            " Nothing can be stored or changed from here; do not promise to."
        )
