"""What of the active segment a model is sent: the newest that fits, nothing said twice."""

from collections.abc import Sequence

from cns.domain.message import (
    Block,
    Document,
    Image,
    Message,
    MessageId,
    MessageStatus,
    Role,
    Text,
    Thought,
    ToolCall,
    ToolResult,
)

CHARACTERS_PER_TOKEN = 3
IMAGE_TOKENS = 1600


def for_model(messages: Sequence[Message], token_budget: int) -> tuple[Message, ...]:
    """The newest messages within the budget, beginning with a user's; the last one always.

    Failed answers are left out, and of several answers to one message only the last is sent.
    """
    kept: list[Message] = []
    for message in reversed(_settled(messages)):
        token_budget -= tokens(message)
        if kept and token_budget < 0:
            break
        kept.append(message)
    kept.reverse()
    while len(kept) > 1 and kept[0].role is not Role.USER:
        del kept[0]
    return tuple(kept)


def tokens(message: Message) -> int:
    """An upper estimate, at three characters a token."""
    return sum(_tokens(block) for block in message.content) + 4


def _tokens(block: Block) -> int:
    match block:
        case Text(text=text) | ToolResult(text=text) | Thought(text=text):
            return len(text) // CHARACTERS_PER_TOKEN + 1
        case Image() | Document():
            return IMAGE_TOKENS
        case ToolCall(input=given):
            return len(str(given)) // CHARACTERS_PER_TOKEN + 20


def _settled(messages: Sequence[Message]) -> list[Message]:
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
