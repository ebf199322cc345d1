"""What the wire protocols share: the live block, token estimates, calls that come in pieces."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cns.domain.message import Block, Document, Image, Message, Role, ToolCall
from cns.errors import ModelStopped, ModelUnavailable
from cns.ports import ModelToolCall

CHARACTERS_PER_TOKEN = 4
TOKENS_PER_IMAGE = 1500


def live_block(live: str) -> str:
    """The live sections in the tags that the base prompt speaks of."""
    return f"<mira:live>\n{live}\n</mira:live>"


def unread(document: Document) -> str:
    """What a model that takes no files is told instead of one."""
    named = f" named “{document.title}”" if document.title else ""
    return f"[A PDF{named} was attached, which this model cannot read.]"


def unseen() -> str:
    """What a model that takes no pictures is told instead of one."""
    return "[A picture was attached, which this model cannot see.]"


def newest_user_message(messages: Sequence[Message]) -> int:
    """Its index; the number of messages when the user has not spoken."""
    spoken = (i for i in reversed(range(len(messages))) if messages[i].role is Role.USER)
    return next(spoken, len(messages))


def estimated_tokens(messages: Sequence[Message]) -> int:
    """Four characters each; a picture counts as 1500."""
    return sum(_tokens(block) for message in messages for block in message.content)


def _tokens(block: Block) -> int:
    if isinstance(block, Image | Document):
        return TOKENS_PER_IMAGE
    words = json.dumps(dict(block.input)) if isinstance(block, ToolCall) else block.text
    return len(words) // CHARACTERS_PER_TOKEN


@dataclass(slots=True)
class _PartialCall:
    call_id: str
    name: str
    pieces: list[str] = field(default_factory=list)


class PartialCalls:
    """Tool calls whose JSON arguments are still arriving, by their place in the reply."""

    def __init__(self) -> None:
        self._calls: dict[int, _PartialCall] = {}

    def open(self, index: int, call_id: str, name: str) -> None:
        self._calls.setdefault(index, _PartialCall(call_id, name))

    def grow(self, index: int, piece: str) -> None:
        self._calls[index].pieces.append(piece)

    def finished(self, *, cut_short: bool) -> Iterator[ModelToolCall]:
        """The calls, in order; a last one that ran into the length limit is left out.

        Raises:
            JSONDecodeError: the arguments are not JSON.
            TypeError: they are not a JSON object.
        """
        for call in self._calls.values():
            try:
                given = json.loads("".join(call.pieces) or "{}")
            except json.JSONDecodeError:
                if cut_short:
                    return
                raise
            if not isinstance(given, dict):
                raise TypeError(f"the arguments of {call.name} are not a JSON object")
            yield ModelToolCall(call=ToolCall(id=call.call_id, name=call.name, input=given))


class LastOutcome:
    """How the last call went, for the health page."""

    def __init__(self) -> None:
        self._failure: ModelUnavailable | None = None

    def went_well(self) -> None:
        self._failure = None

    def failed(self, failure: ModelUnavailable) -> None:
        if not isinstance(failure, ModelStopped):
            self._failure = failure

    def report(self, words: str) -> str:
        """The words given, if the last call went well or none was made.

        Raises:
            ModelUnavailable: the last call failed in a way that is not the request's own fault.
        """
        failure = self._failure
        if failure is None or failure.code == "llm_bad_request":
            return words
        raise ModelUnavailable(
            failure.detail, code=failure.code, extra=failure.extra, retryable=failure.retryable
        )
