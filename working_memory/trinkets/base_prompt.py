"""Who the assistant is, and how it treats what it remembers."""

from typing_extensions import override

from cns.ports import Turn
from working_memory.trinket import Slot, Trinket


class BasePrompt(Trinket):
    """The prompt file, with the user's name in it; a short one for a small model."""

    slot = Slot.BASE_PROMPT

    def __init__(self, base_prompt: str, compact_prompt: str) -> None:
        self._base = base_prompt
        self._compact = compact_prompt

    @override
    def render(self, turn: Turn) -> str:
        return (self._compact if turn.compact else self._base).replace("{name}", turn.user.name)
