"""What erasing a message asks of the place where the conversation and the memories are kept."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cns.domain.branches import Kin
from cns.domain.message import Message, MessageId, SegmentId, TurnId
from cns.domain.segment import Summary
from lt_memory.domain.falling import Resting
from lt_memory.ports import MemoryWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A message of the user's and all that was said and done in answer to it, on every branch.

    Attributes:
        parent_id: what it followed.
        since: when it began.
        collapsed: whether its chapter has ended.
    """

    message_ids: tuple[MessageId, ...]
    turn_ids: tuple[TurnId, ...]
    segment_id: SegmentId
    parent_id: MessageId | None
    since: datetime
    collapsed: bool


class Exchanges(Protocol):
    """The conversation, within one transaction; each change counts what it took, by kind."""

    def find(self, message_id: MessageId) -> Exchange:
        """The exchange that the message belongs to; its chapter is held till the end.

        Raises:
            NotFound: there is no such message (`message_not_found`).
        """
        ...

    def resting(self, exchange: Exchange) -> Sequence[Resting]:
        """All memories, undone ones too, that rest on it, and all that were made of those."""
        ...

    def release(self, exchange: Exchange) -> Mapping[str, int]:
        """Take the evidence away that lies in it, out of the journal too."""
        ...

    def silence(self, exchange: Exchange) -> Mapping[str, int]:
        """Take its words out of what other turns noted: hits, touchstones, results of tools."""
        ...

    def let_go(self, at: datetime) -> None:
        """Forget what the conversation is about; what was begun to be said of it comes too late."""
        ...

    def remove(self, exchange: Exchange) -> Mapping[str, int]:
        """Take the messages and their turns away; what followed them follows what they followed."""
        ...

    def kin(self, segment_id: SegmentId) -> Sequence[Kin]:
        """Where each message of the chapter stands; oldest first."""
        ...

    def choose(self, path: Collection[MessageId]) -> None:
        """Put these on the path, of a chapter that has none."""
        ...

    def recount(self, segment_id: SegmentId) -> None:
        """Bring a chapter's counts, tools and times up to date."""
        ...

    def said(self, segment_id: SegmentId) -> Sequence[Message]:
        """What is on the chapter's path, oldest first."""
        ...

    def sum_up(self, segment_id: SegmentId, summary: Summary) -> None:
        """Put this for the collapsed chapter's summary; its final one is still to be written."""
        ...

    def drop_chapter(self, segment_id: SegmentId) -> None:
        """Remove a chapter without messages."""
        ...


class ErasingWork(MemoryWork, Protocol):
    """One transaction on the memories and the conversation: all of it is kept, or nothing."""

    @property
    def exchanges(self) -> Exchanges: ...


class ErasingStore(Protocol):
    def work(self, *, dry_run: bool = False) -> AbstractContextManager[ErasingWork]:
        """One transaction; of a dry run nothing is kept."""
        ...
