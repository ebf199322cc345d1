"""What erasing memories asks of the other places that hold their words."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from lt_memory.domain.memory import MemoryId


class Echoes(Protocol):
    """One transaction, before the memories themselves go; each change counts what it took."""

    def put_away_for(self, memory_id: MemoryId) -> Sequence[MemoryId]:
        """Those that it was made of, and that are put away since it was made."""
        ...

    def silence(self, falls: Collection[MemoryId]) -> Mapping[str, int]:
        """Take their words out of tools' results; texts about the user that are drawn from them.

        Those texts go with the memories themselves, and are drawn anew.
        """
        ...

    def said_in(self, ids: Collection[MemoryId]) -> Sequence[UUID]:
        """The messages that these rest on."""
        ...

    def staying(self, falls: Collection[MemoryId]) -> Mapping[str, int]:
        """What holds their words and stays, by kind.

        The memories that they were made of, the messages that they were drawn from, and the
        summaries of those messages' chapters.
        """
        ...

    def unlearn(self, messages: Sequence[UUID]) -> Mapping[str, int]:
        """Take each block of domain knowledge back to before it was rewritten from one of these.

        What was written since goes, by hand too; the other turns wait to be taken in again.

        Returns:
            How many versions went of each block, by its label.
        """
        ...

    def pass_over(self, messages: Sequence[UUID]) -> None:
        """From now on no block is rewritten from these."""
        ...
