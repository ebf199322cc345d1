"""What an import asks of the place where its messages go, and of the one where its file waits."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol
from uuid import UUID

from cns.domain.message import Message, MessageId, SegmentId
from cns.domain.segment import Summary
from cns.ports import Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be imported, and how.

    Attributes:
        file: the name that the file came under.
        extract: memories are to be drawn from it.
    """

    file: str
    extract: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """A message with the vector by which it is found, unless the embedder is lost."""

    message: Message
    vector: Vector | None


class ImportStore(Protocol):
    """Where imported messages go: into chapters that were closed before anyone saw them."""

    def known(self, ids: Collection[MessageId]) -> Collection[MessageId]:
        """Those of them that stand there already."""
        ...

    def brought(self, import_id: UUID) -> int:
        """How many messages stand there that this import brought, before a restart or since."""
        ...

    def unembedded(self, import_id: UUID) -> int:
        """How many of those are found by their words alone as yet."""
        ...

    def add(self, landed: Sequence[Landed], model: str, now: datetime) -> int:
        """Store messages in this order, opening their chapters; how many were new.

        A chapter that something comes to has no summary until it is closed.
        """
        ...

    def unclosed(self, chapters: Collection[SegmentId]) -> Sequence[SegmentId]:
        """Those of them that are there, without a summary."""
        ...

    def close(
        self,
        chapter: SegmentId,
        summary: Summary,
        vector: Vector | None,
        model: str,
        *,
        extract: bool,
    ) -> None:
        """Store what it was about; `extract`: facts are to be drawn from it."""
        ...

    def draw_from(self, chapters: Collection[SegmentId]) -> int:
        """Have facts drawn from those that none were drawn from; how many there were."""
        ...


class Parcels(Protocol):
    """Files that are to be imported, kept until that is done."""

    def keep(self, job_id: UUID, order: Order, content: BinaryIO) -> None:
        """Copy it to where it outlasts a crash.

        Raises:
            Unavailable: there is no room for it.
        """
        ...

    def waiting(self) -> Iterator[tuple[UUID, Order]]: ...

    def open(self, job_id: UUID) -> AbstractContextManager[BinaryIO]:
        """Its content, from the beginning; offsets count from there."""
        ...

    def drop(self, job_id: UUID) -> None: ...
