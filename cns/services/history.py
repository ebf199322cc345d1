"""What of the active segment a model is sent: the newest that fits, nothing said twice."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from cns.domain.message import (
    Block,
    Document,
    Image,
    Message,
    MessageId,
    MessageStatus,
    Role,
    Text,
)
from cns.domain.tokens import tokens

UNREAD = "(A {} was attached here, which could not be read. It would have to be attached again.)"


def for_model(messages: Sequence[Message], room: int, step: int = 1) -> tuple[Message, ...]:
    """The newest messages within the room, beginning with a user's; the last one always.

    Failed answers are left out, and of several answers to one message only the last is sent.
    What was attached to an earlier message that was never answered is not sent again, since it
    may be what the model refused; the newest message keeps its own.

    Args:
        messages: those of one segment, oldest first.
        room: in tokens.
        step: what is too much goes in stretches of so many tokens, so that the beginning stays
            the same for many turns and can be cached.
    """
    said = _without_unread(settled(messages))
    excess = sum(map(tokens, said)) - room
    if excess > 0:
        surplus = -(-excess // step) * step
        before = accumulate(map(tokens, said), initial=0)
        first = next((i for i, passed in enumerate(before) if passed >= surplus), len(said))
        said = said[min(first, len(said) - 1) :]
    while len(said) > 1 and said[0].role is not Role.USER:
        del said[0]
    return tuple(said)


def settled(messages: Sequence[Message]) -> list[Message]:
    """What stands: no failed answers, and of several answers to one message only the last."""
    last_turn: dict[MessageId, object] = {}
    for message in messages:
        if message.role is not Role.USER and message.parent_id is not None:
            last_turn[message.parent_id] = message.turn_id
    return [m for m in messages if _counts(m, last_turn)]


def _counts(message: Message, last_turn: dict[MessageId, object]) -> bool:
    if message.role is Role.USER or message.parent_id is None:
        return True
    answered = last_turn.get(message.parent_id) == message.turn_id
    return answered and message.status is not MessageStatus.FAILED


def _without_unread(said: Sequence[Message]) -> list[Message]:
    answered = {m.parent_id for m in said if m.role is Role.ASSISTANT and not m.tools_called}
    newest = next((m.id for m in reversed(said) if m.role is Role.USER), None)
    return [
        _told(m) if m.role is Role.USER and m.id != newest and m.id not in answered else m
        for m in said
    ]


def _told(message: Message) -> Message:
    """With a note in the place of each attachment."""
    return replace(message, content=tuple(map(_noted, message.content)))


def _noted(block: Block) -> Block:
    match block:
        case Image():
            return Text(text=UNREAD.format("picture"))
        case Document():
            return Text(text=UNREAD.format("document"))
        case _:
            return block
