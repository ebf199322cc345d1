"""How many tokens a text or a message will be, reckoned without asking the model."""

from cns.domain.message import Block, Document, Image, Message, Text, Thought, ToolCall, ToolResult

BYTES_PER_TOKEN = 3  # UTF-8: on the safe side of English (about 4), and one a character in Chinese
IMAGE_TOKENS = 1600
MESSAGE_TOKENS = 4
CALL_TOKENS = 20


def text_tokens(text: str) -> int:
    """An upper estimate, at three bytes of UTF-8 a token; nothing is nothing."""
    return -(-len(text.encode()) // BYTES_PER_TOKEN)


def tokens(message: Message) -> int:
    """An upper estimate, with what a message costs beside its words."""
    return sum(map(_of_block, message.content)) + MESSAGE_TOKENS


def _of_block(block: Block) -> int:
    match block:
        case Text(text=text) | ToolResult(text=text) | Thought(text=text):
            return text_tokens(text)
        case Image() | Document():
            return IMAGE_TOKENS
        case ToolCall(input=given):
            return text_tokens(str(given)) + CALL_TOKENS
