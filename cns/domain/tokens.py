"""How many tokens a text or a message will be, reckoned without asking the model."""

from cns.domain.message import Block, Document, Image, Message, Text, Thought, ToolResult

BYTES_PER_TOKEN = 3  # UTF-8: on the safe side of English (about 4), and one a character in Chinese
IMAGE_TOKENS = 1600
PAGE_TOKENS = 3000  # the upper end of what Anthropic's documentation names for a page
PAGE_BYTES = 50_000  # between a page of words (a few kB) and a scanned one (more)
DOCUMENT_TOKENS = 100_000  # at most: one fits a context of 200,000, and not half of it
MESSAGE_TOKENS = 4
CALL_TOKENS = 20


def text_tokens(text: str) -> int:
    """An upper estimate, at three bytes of UTF-8 a token; nothing is nothing."""
    return -(-len(text.encode()) // BYTES_PER_TOKEN)


def document_tokens(size: int) -> int:
    """A guess from a PDF's bytes, which do not tell its pages: never less than one picture's."""
    pages = -(-size // PAGE_BYTES)
    return min(max(IMAGE_TOKENS, pages * PAGE_TOKENS), DOCUMENT_TOKENS)


def tokens(message: Message) -> int:
    """An estimate, upper but for documents, with what a message costs beside its words."""
    return sum(map(_of_block, message.content)) + MESSAGE_TOKENS


def _of_block(block: Block) -> int:
    match block:
        case Text(text=text) | ToolResult(text=text) | Thought(text=text):
            return text_tokens(text)
        case Image():
            return IMAGE_TOKENS
        case Document(data=data):
            return document_tokens(len(data) * 3 // 4)
        case call:
            return text_tokens(str(call.input)) + CALL_TOKENS
