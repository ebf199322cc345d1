"""Saying or answering something anew: which branch of the open chapter is the conversation."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import uuid4

from cns.bus import EventBus
from cns.domain.branches import START, path_through, path_to
from cns.domain.continuum import Change, Continuum, Mark
from cns.domain.message import Block, Message, MessageId, Role
from cns.errors import Conflict, InvalidInput
from cns.ports import Clock, ContinuumStore, User
from cns.services.gate import Gate


def whole(store: ContinuumStore, continuum: Continuum) -> Continuum:
    """With all of the open chapter's path, of which a long one's beginning was not loaded."""
    if continuum.segment is None or not continuum.earlier:
        return continuum
    messages = tuple(store.segment_messages(continuum.segment.id))
    return replace(continuum, messages=messages, earlier=0)


def standing_at(
    store: ContinuumStore, continuum: Continuum, parent_id: MessageId, mark: Mark
) -> Change:
    """The whole continuum as it stood when that message, with all of its answer, was the last one.

    Raises:
        NotFound: there is no such message.
        Conflict: it stands in a chapter that has ended (`chapter_ended`).
    """
    if parent_id == START:
        begun = continuum.segment is not None or store.segment_count()
        return continuum.choose((), mark) if begun else Change(continuum, ())
    parent = _in_open_chapter(store, continuum, parent_id)
    path = path_to(store.kin(parent.segment_id), parent_id)
    return continuum.choose(_messages(store, continuum, path), mark)


def is_asked_again(continuum: Continuum, content: tuple[Block, ...]) -> bool:
    """Whether this is no new message, but the last one, to be answered anew.

    Raises:
        InvalidInput: nothing is said, and the last message is none that could be answered.
    """
    last = continuum.messages[-1] if continuum.messages else None
    asked = last is not None and last.role is Role.USER
    if not content and not asked:
        raise InvalidInput(
            "There is nothing to answer: `message` may be left out only when"
            " `parent_message_id` names a message of the user. Name that one, or say something."
        )
    return asked and (not content or (last is not None and last.content == content))


@dataclass(frozen=True, slots=True, kw_only=True)
class Branching:
    """Goes back to a branch that was left."""

    store: ContinuumStore
    gate: Gate
    bus: EventBus
    clock: Clock
    user: User

    def activate(self, message_id: MessageId) -> Message:
        """Make the branch through that message the conversation again, to where it was left.

        Raises:
            NotFound: there is no such message.
            Conflict: a turn is running, or the message's chapter has ended (`chapter_ended`).
        """
        with self.gate.pause():
            continuum = whole(self.store, self.store.load(self.user.id))
            message = _in_open_chapter(self.store, continuum, message_id)
            path = path_through(self.store.kin(message.segment_id), message_id)
            chosen = _messages(self.store, continuum, path)
            change = continuum.choose(chosen, Mark(uuid4(), self.clock.now()))
            if change.events:
                self.store.change_path(change)
        self.bus.publish(change.events)
        return message


def _in_open_chapter(store: ContinuumStore, continuum: Continuum, message_id: MessageId) -> Message:
    message = store.message(message_id)
    if continuum.segment is None or message.segment_id != continuum.segment.id:
        raise Conflict(
            "That message stands in a chapter that has ended, and what was said there stays as it"
            " is: say it anew, as a new message.",
            code="chapter_ended",
        )
    return message


def _messages(
    store: ContinuumStore, continuum: Continuum, path: Iterable[MessageId]
) -> tuple[Message, ...]:
    known = {message.id: message for message in continuum.messages}
    wanted = tuple(path)
    if continuum.segment is not None and any(message_id not in known for message_id in wanted):
        all_of_it = store.segment_messages(continuum.segment.id, off_path=True)
        known = {message.id: message for message in all_of_it}
    return tuple(known[message_id] for message_id in wanted)
