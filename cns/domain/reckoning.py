"""What a call of a model will take, before it is made."""

from cns.domain.model import ModelRequest
from cns.domain.stream import Usage
from cns.domain.tokens import text_tokens, tokens

ANSWERED = 0.25  # of the longest answer allowed


def reckoned(request: ModelRequest) -> Usage:
    """An estimate: of what is asked an upper one, of the answer a quarter of the longest."""
    asked = sum(text_tokens(block.text) for block in request.system)
    asked += sum(tokens(message) for message in request.messages)
    return Usage(input_tokens=asked, output_tokens=int(request.max_tokens * ANSWERED))
