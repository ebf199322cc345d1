"""What a language model is asked, and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from cns.domain.message import Message, ToolCall
from cns.domain.stream import Usage


class Purpose(StrEnum):
    """What a call of a model is for; all but a turn's own calls is background work."""

    TURN = "turn"
    TOUCHSTONE = "touchstone"
    SUMMARY = "summary"
    EXTRACTION = "extraction"
    KNOWLEDGE = "knowledge"
    UPKEEP = "upkeep"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemBlock:
    """A part of the system prompt; `cached` ones carry a cache mark where the provider has one."""

    text: str
    cached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDefinition:
    name: str
    description: str
    schema: Mapping[str, object]


class StopWish(Protocol):
    """A wish to stop, which may come from any thread."""

    @property
    def wished(self) -> bool: ...

    def when_wished(self, wake: Callable[[], None]) -> None:
        """Call `wake` once the stop is wished for; at once when it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """One call of a language model.

    Attributes:
        live: the live sections, sent ahead of the newest user text and never stored.
        schema: when given, the answer must be one JSON document of this JSON Schema.
        fast: ask the fast model rather than the reasoning one.
        thinking: budget in tokens, 0 for none.
        may_call: False for the last word of a turn: the tools stay defined, for providers refuse a
            history of calls without them, but none may be called.
        purpose: what it is paid for.
        subject: the turn or segment that it serves.
        further: not a turn's first call: what was begun is brought to its end, whatever it costs.
        kept: False for what leaves no trace: its cost counts for the day, and is not written down.
        stop: once wished for, the call ends with ModelUnavailable, even while the server is silent.
    """

    system: tuple[SystemBlock, ...]
    messages: tuple[Message, ...]
    live: str = ""
    tools: tuple[ToolDefinition, ...] = ()
    may_call: bool = True
    schema: Mapping[str, object] | None = None
    max_tokens: int = 4096
    temperature: float | None = None
    thinking: int = 0
    fast: bool = False
    model: str | None = None
    purpose: Purpose = Purpose.TURN
    subject: UUID | None = None
    further: bool = False
    kept: bool = True
    stop: StopWish | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelText:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelThinking:
    """A stretch of thinking; the last one of a thought carries the provider's signature.

    Attributes:
        anew: what was thought before in this answer is void: another try begins.
    """

    text: str
    signature: str = ""
    anew: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelToolCall:
    call: ToolCall


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDone:
    """The last event of every call that did not raise.

    Attributes:
        stop: `end`, `length`, `tools` or `refusal`.
        cost_usd: None while nobody has priced it, or when its price is not known.
    """

    model: str
    stop: str
    usage: Usage
    cost_usd: float | None = None


ModelEvent = ModelText | ModelThinking | ModelToolCall | ModelDone
