"""Sums up the beginning of a long open chapter, which is read no more with each turn."""

from dataclasses import dataclass
from itertools import takewhile

from cns.domain.segment import SoFar
from cns.errors import SpendingCeiling
from cns.ports import ContinuumStore, User
from cns.services.summary import Summariser


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginnings:
    """Writes anew what stands for it whenever more of the chapter is left behind.

    Attributes:
        plain: takes the other's place above the day's ceiling.
    """

    store: ContinuumStore
    user: User
    summariser: Summariser
    plain: Summariser

    def sum_up(self) -> bool:
        """Whether there was something to write."""
        continuum = self.store.load(self.user.id)
        segment, known = continuum.segment, continuum.so_far
        if segment is None or not continuum.earlier:
            return False
        first = continuum.messages[0].id
        path = self.store.segment_messages(segment.id)
        left = tuple(takewhile(lambda message: message.id != first, path))
        if not left or (known and known.to == left[-1].id):
            return False
        try:
            summary = self.summariser.summarise(left)
        except SpendingCeiling:
            summary = self.plain.summarise(left)
        read = tuple(message.id for message in left)
        self.store.sum_up(segment.id, SoFar(text=summary.text, to=read[-1], drawn_from=read))
        return True
