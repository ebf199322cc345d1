"""What a trinket is: one section of the prompt, and its place."""

from abc import ABC, abstractmethod
from enum import IntEnum

from cns.ports import Turn


class Slot(IntEnum):
    """The order of the sections; those before `NOW` are cached and must not change each turn."""

    BASE_PROMPT = 1
    USER_INFORMATION = 2
    DOMAIN_KNOWLEDGE = 3
    CONVERSATION_MANIFEST = 4
    DATETIME_SECTION = 5
    RELEVANT_MEMORIES = 10
    INCOGNITO = 11
    DEEDS = 12

    @property
    def cached(self) -> bool:
        return self < Slot.DATETIME_SECTION


class Trinket(ABC):
    """Renders one section from the frozen turn; blank means nothing to say."""

    slot: Slot

    @property
    def section(self) -> str:
        return self.slot.name.lower()

    @abstractmethod
    def render(self, turn: Turn) -> str:
        """The section's text."""
