"""The continuum: one person's one endless conversation, as an immutable aggregate."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from cns.domain.events import (
    Event,
    MessageReceivedEvent,
    PathChangedEvent,
    SegmentCollapsedEvent,
    SegmentOpenedEvent,
    TurnCompletedEvent,
)
from cns.domain.message import ContinuumId, Message, Role, UserId
from cns.domain.segment import Segment, SegmentStatus, SoFar, Summary
from cns.domain.touchstone import Touchstone
from cns.errors import Conflict, InvalidInput


class Mark(NamedTuple):
    """What the identities of a command's events come of, and their instant.

    Both are given by the caller: the domain has neither chance nor clock.
    """

    root: UUID
    at: datetime

    def id_of(self, kind: type[Event]) -> UUID:
        """Its own for each kind of event: a command tells of each kind once."""
        return uuid5(self.root, kind.__name__)


class Change(NamedTuple):
    """What every command returns: the new value, and what happened."""

    continuum: "Continuum"
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuum:
    """The active segment with its messages; what came before lives in the store.

    Attributes:
        messages: the newest of the active segment's path, oldest first. What leaves the path stays
            in the store.
        segment: the active one; None when the last has collapsed.
        earlier: how many were said in the active segment before those.
        so_far: what those were about, once somebody has summed them up.
    """

    id: ContinuumId
    user_id: UserId
    messages: tuple[Message, ...] = ()
    segment: Segment | None = None
    earlier: int = 0
    so_far: SoFar | None = None
    touchstone: Touchstone | None = None

    @property
    def turns(self) -> int:
        """How many times the user has spoken in the active segment."""
        return self.segment.turns if self.segment else 0

    def hear(self, message: Message, mark: Mark) -> Change:
        """Take in a user's message, opening a segment when none is active.

        Raises:
            InvalidInput: the message is not the user's.
            Conflict: it names another segment than the active one.
        """
        if message.role is not Role.USER:
            raise InvalidInput("Only a user's message can be heard.")
        opened: tuple[Event, ...] = ()
        segment = self.segment
        if segment is None:
            segment = Segment(
                id=message.segment_id,
                started_at=message.created_at,
                last_message_at=message.created_at,
            )
            opened = (
                SegmentOpenedEvent(
                    continuum_id=self.id,
                    user_id=self.user_id,
                    event_id=mark.id_of(SegmentOpenedEvent),
                    occurred_at=mark.at,
                    segment=segment,
                ),
            )
        heard = MessageReceivedEvent(
            continuum_id=self.id,
            user_id=self.user_id,
            event_id=mark.id_of(MessageReceivedEvent),
            occurred_at=mark.at,
            message=message,
        )
        return Change(self._with(_grown(segment, message), message), (*opened, heard))

    def answer(self, messages: tuple[Message, ...], mark: Mark) -> Change:
        """Take in what the assistant said and did: tool calls, their results, the reply last.

        Raises:
            InvalidInput: nothing was answered, or a message is the user's.
            Conflict: no segment is active, or a message names another.
        """
        if not messages or any(m.role is Role.USER for m in messages):
            raise InvalidInput("An answer is one or more messages of the assistant or its tools.")
        if self.segment is None:
            raise Conflict("There is no open chapter to answer in.")
        segment, continuum = self.segment, self
        for message in messages:
            segment = _grown(segment, message)
            continuum = continuum._with(segment, message)
        completed = TurnCompletedEvent(
            continuum_id=self.id,
            user_id=self.user_id,
            event_id=mark.id_of(TurnCompletedEvent),
            occurred_at=mark.at,
            turn_number=self.turns,
            messages=messages,
        )
        return Change(continuum, (completed,))

    def choose(self, path: tuple[Message, ...], mark: Mark) -> Change:
        """Make these the messages of the active segment that count; nothing is lost by it.

        What another path was about says nothing of this one: its touchstone stays behind.
        Both the path that stands and the new one are given whole: there is nothing `earlier`.

        Raises:
            Conflict: no segment is active (`chapter_ended`), or a message names another.
        """
        if self.segment is None:
            raise Conflict(
                "That chapter has ended, and what was said in it stays as it is:"
                " say it anew, as a new message.",
                code="chapter_ended",
            )
        if path == self.messages:
            return Change(self, ())
        segment = replace(self.segment, message_count=0, tools_used=(), turns=0)
        for message in path:
            segment = _grown(segment, message)
        before, after = ({m.id: None for m in some} for some in (self.messages, path))
        event = PathChangedEvent(
            continuum_id=self.id,
            user_id=self.user_id,
            event_id=mark.id_of(PathChangedEvent),
            occurred_at=mark.at,
            segment_id=segment.id,
            left=tuple(gone for gone in before if gone not in after),
            joined=tuple(come for come in after if come not in before),
        )
        return Change(replace(self, segment=segment, messages=path, touchstone=None), (event,))

    def collapse(self, summary: Summary, mark: Mark) -> Change:
        """Close the active segment under its summary.

        Raises:
            Conflict: no segment is active.
        """
        if self.segment is None:
            raise Conflict("There is no open chapter to end.", code="no_active_segment")
        collapsed = replace(
            self.segment,
            status=SegmentStatus.COLLAPSED,
            title=summary.title,
            summary=summary.text,
            complexity=summary.complexity,
            ended_at=self.segment.last_message_at,
        )
        event = SegmentCollapsedEvent(
            continuum_id=self.id,
            user_id=self.user_id,
            event_id=mark.id_of(SegmentCollapsedEvent),
            occurred_at=mark.at,
            segment=collapsed,
        )
        return Change(replace(self, segment=None, messages=(), earlier=0, so_far=None), (event,))

    def _with(self, segment: Segment, message: Message) -> "Continuum":
        return replace(self, segment=segment, messages=(*self.messages, message))


def _grown(segment: Segment, message: Message) -> Segment:
    """The segment's sentinel once the message has been said in it."""
    if message.segment_id != segment.id:
        raise Conflict("The message belongs to another chapter than the open one: reload.")
    return replace(
        segment,
        last_message_at=max(segment.last_message_at, message.created_at),
        message_count=segment.message_count + message.is_said,
        tools_used=tuple(sorted({*segment.tools_used, *message.tools_called})),
        turns=segment.turns + (message.role is Role.USER),
    )
