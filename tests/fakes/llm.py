"""A language model that follows a script; running out of script is a failure of the test."""

import json
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock

from cns.domain.message import ToolCall
from cns.domain.model import Purpose
from cns.domain.stream import Usage
from cns.errors import Unavailable
from cns.ports import (
    ModelDone,
    ModelEvent,
    ModelRequest,
    ModelText,
    ModelThinking,
    ModelToolCall,
)

MODEL = "fake-model"
USAGE = Usage(input_tokens=20, output_tokens=7, cache_read_tokens=5)
SEAL = "c2ln"  # the signature under a thought


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool call as the model makes it.

    Attributes:
        half: its arguments break off in the middle of their JSON (on a wire).
    """

    name: str
    input: Mapping[str, object] = field(default_factory=dict)
    id: str = "call_1"
    half: bool = False

    @property
    def written(self) -> str:
        """The arguments as JSON."""
        text = json.dumps(self.input)
        return text[: len(text) // 2] if self.half else text


@dataclass(frozen=True, slots=True)
class Says:
    """Words, streamed one by one.

    Attributes:
        stop: `end`, `length` or `refusal`.
        wait: when given, the stream pauses on it after the first word.
    """

    text: str
    thinking: str = ""
    stop: str = "end"
    usage: Usage = USAGE
    wait: Event | None = None

    @property
    def words(self) -> Sequence[str]:
        """Pieces that join to the text."""
        return re.findall(r"\s*\S+\s*$|\s*\S+", self.text) or [self.text]


@dataclass(frozen=True, slots=True, init=False)
class Calls:
    """One call of a tool, or several at once, with a signed thought and words before if need be."""

    calls: tuple[Call, ...]
    text: str
    thinking: str
    usage: Usage

    def __init__(
        self,
        first: str | Call,
        arguments: Mapping[str, object] | None = None,
        *more: Call,
        text: str = "",
        thinking: str = "",
    ) -> None:
        call = first if isinstance(first, Call) else Call(name=first, input=arguments or {})
        object.__setattr__(self, "calls", (call, *more))
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "thinking", thinking)
        object.__setattr__(self, "usage", USAGE)


@dataclass(frozen=True, slots=True)
class Fails:
    """A failure, at once or after some thoughts or words."""

    error: Unavailable
    after: str = ""
    thinking: str = ""


Step = Says | Calls | Fails
Script = Sequence[Step | Callable[[ModelRequest], Step]]


def document(value: object, stop: str = "end") -> Says:
    """The answer to a request with a schema."""
    return Says(json.dumps(value, ensure_ascii=False), stop=stop)


def note_on(asked: str) -> Says:
    """The touchstone that is given when none is scripted: the newest message, said again."""
    newest = re.search(r"<newest>\n(.*?)\n</newest>", asked, re.DOTALL)
    narrative = f"It is about this: {newest[1] if newest else asked}"
    return document({"narrative": narrative, "hooks": [], "entities": []})


class FakeLLM:
    """Answers each request with the next step of its script, and keeps the requests.

    A step may be a function of the request. `closed` counts streams that were left early.

    Attributes:
        notes: a script of its own for touchstones; without a step left, `note_on` answers.
        asides: the requests for touchstones, which are not among the others.
    """

    provider = "anthropic"
    context_tokens = 200_000

    def __init__(self, script: Script = (), *, capable: bool = True, model: str = MODEL) -> None:
        self._script = list(script)
        self._lock = Lock()
        self.capable = capable
        self.model = model
        self.requests: list[ModelRequest] = []
        self.notes: list[Step] = []
        self.asides: list[ModelRequest] = []
        self.closed = 0

    def will(self, *steps: Step | Callable[[ModelRequest], Step]) -> None:
        """Lengthen the script."""
        with self._lock:
            self._script.extend(steps)

    @property
    def left(self) -> int:
        """Steps that nobody has asked for yet."""
        return len(self._script)

    def stream(self, request: ModelRequest) -> Generator[ModelEvent]:
        step = self._next(request)
        try:
            yield from _played(step, request.model or self.model)
        except GeneratorExit:
            self.closed += 1
            raise

    def close(self) -> None:
        """It holds nothing."""

    def ping(self) -> str:
        return f"{self.model} follows its script"

    def _next(self, request: ModelRequest) -> Step:
        with self._lock:
            if request.purpose is Purpose.TOUCHSTONE:
                self.asides.append(request)
                return self.notes.pop(0) if self.notes else note_on(request.messages[-1].text)
            self.requests.append(request)
            if not self._script:
                newest = request.messages[-1].text if request.messages else ""
                raise AssertionError(f"the script has no step for the request ending {newest!r}")
            step = self._script.pop(0)
        return step(request) if callable(step) else step


def _played(step: Step, model: str) -> Iterator[ModelEvent]:
    if isinstance(step, Fails):
        if step.thinking:
            yield ModelThinking(text=step.thinking)
        yield from _text(step.after)
        raise step.error
    if isinstance(step, Calls):
        if step.thinking:
            yield ModelThinking(text=step.thinking)
            yield ModelThinking(text="", signature=SEAL)
        yield from _text(step.text)
        for call in step.calls:
            yield ModelToolCall(call=ToolCall(id=call.id, name=call.name, input=call.input))
        yield ModelDone(model=model, stop="tools", usage=step.usage)
    else:
        yield from _spoken(step)
        yield ModelDone(model=model, stop=step.stop, usage=step.usage)


def _spoken(step: Says) -> Iterator[ModelEvent]:
    if step.thinking:
        yield ModelThinking(text=step.thinking)
    for index, word in enumerate(step.words):
        if index == 1 and step.wait is not None:
            step.wait.wait()
        yield from _text(word)


def _text(words: str) -> Iterator[ModelEvent]:
    if words:
        yield ModelText(text=words)
