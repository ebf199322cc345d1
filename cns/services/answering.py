"""The middle of a turn: the model is sent what it has room for, and speaks."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from cns.domain.message import Block, Message, MessageId, Role
from cns.domain.stream import TurnEvent
from cns.domain.tokens import text_tokens, tokens
from cns.errors import ContextExceeded
from cns.ports import LLM, Clock, ModelRequest, SystemBlock, Toolbox, ToolDefinition
from cns.services.context import Before, Context, laid_out, room_for
from cns.services.course import Course, Heard
from cns.services.gauge import Gauge
from cns.services.limits import Limits
from cns.services.pump import Stop
from cns.services.request import TurnRequest
from cns.services.tool_loop import ToolLoop

TRIES = 5  # each with half the room of the one before
LEAST_WINDOW = 2048  # tokens; the settings allow no smaller context
THINKING_SHARE = 2  # of what the model can take in: at most one part in so many is thought
LIMIT = "limit_tokens"  # where a provider's refusal says how much it takes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fitting:
    """One request and what it comes to, in estimated tokens with what it allows to be said.

    Attributes:
        window: what it was to come to at most; the newest message alone may be more.
        prompt: without the answer.
    """

    request: ModelRequest
    context: Context
    window: float
    prompt: int
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Asks the model, with all that was composed, recalled and said.

    Attributes:
        compact: the model is too small for anything but the newest messages.
        kept: False where nothing of the turn may be stored.
    """

    llm: LLM
    toolbox: Toolbox
    gauge: Gauge
    clock: Clock
    limits: Limits
    compact: bool
    kept: bool

    def run(self, course: Course, request: TurnRequest, stop: Stop) -> Iterator[TurnEvent]:
        """The answer as it comes; a request too long for the model is made again, half as long.

        Raises:
            ModelUnavailable: the model failed; what it had said stands in the course.
        """
        model, refused = request.model or self.llm.model, False
        fitting = self._fitting(course, request, self.gauge.window(model, self.llm.context_tokens))
        for further in reversed(range(TRIES)):
            course.context = fitting.context
            try:
                yield from self._asked(course, fitting.request, stop)
            except ContextExceeded as error:
                if course.exchange.text:
                    raise
                less = self._fitting(course, request, self._narrower(error, fitting, model))
                if not further or less.size >= fitting.size:
                    self._give_up(course, model, less)
                    raise _with_size(error, fitting) from error
                fitting, refused = less, True
            else:
                break
        if self.kept:
            self._learn(course, model, fitting, refused=refused)

    def _narrower(self, error: ContextExceeded, refused: "_Fitting", model: str) -> float:
        """What the next try may come to: as the provider says, else half of what it refused."""
        said = error.extra.get(LIMIT)
        limit = said / self.gauge.rate(model) if isinstance(said, int) else refused.size
        return max(LEAST_WINDOW, limit if limit < refused.size else refused.size / 2)

    def _give_up(self, course: Course, model: str, less: "_Fitting") -> None:
        """The newest message too long by itself says nothing of what fits."""
        if self.kept and not _is_alone(course):
            self.gauge.refused(model, self.llm.context_tokens, less.window)

    def _learn(self, course: Course, model: str, fitting: "_Fitting", *, refused: bool) -> None:
        told = self.llm.context_tokens
        if refused:
            self.gauge.refused(model, told, max(fitting.window, fitting.size))
        elif course.exchange.model.startswith(model):  # no stand-in answered
            self.gauge.took(model, told, fitting.size)
            if self.llm.provider != "ollama":  # which leaves out of its count what it still knew
                counted = course.exchange.first_counted
                self.gauge.note(model, estimated=fitting.prompt, counted=counted)

    def _asked(self, course: Course, request: ModelRequest, stop: Stop) -> Iterator[TurnEvent]:
        loop = ToolLoop(
            llm=self.llm,
            toolbox=self.toolbox,
            rounds=self.limits.tool_rounds,
            message=Teller(heard=course.heard, clock=self.clock),
            about=course.touchstone,
        )
        return loop.run(request, course.exchange, stop)

    def _fitting(self, course: Course, request: TurnRequest, window: float) -> "_Fitting":
        """What of the conversation fits into so many estimated tokens, with thought and answer."""
        sections = course.prompt.sections
        continuum = course.heard.continuum
        rate = self.gauge.rate(request.model or self.llm.model)
        answer = min(self.limits.max_tokens, round(window * rate) // 4)
        thinking = min(request.thinking, round(window * rate) // THINKING_SHARE)
        spoken = (answer + thinking) / rate
        free = int(window - spoken) - self._overhead(course)
        context = min(self.llm.context_tokens, round(window))
        room = room_for(sections, free, context, compact=self.compact)
        gist = continuum.so_far.text if continuum.so_far else ""
        before = Before(count=continuum.earlier, gist=gist)
        laid = laid_out(course.opening, continuum.messages, room, before)
        asked = ModelRequest(
            system=tuple(SystemBlock(text=s.content, cached=True) for s in sections if s.cached),
            messages=laid.messages,
            live="\n\n".join(s.content for s in sections if not s.cached),
            max_tokens=answer,
            thinking=thinking,
            model=request.model,
            subject=course.heard.record.id,
            kept=self.kept,
        )
        prompt = self._overhead(course) + _said(course, laid)
        size = prompt + spoken
        return _Fitting(request=asked, context=laid, window=window, prompt=prompt, size=size)

    def _overhead(self, course: Course) -> int:
        """The tools, and what they said in this turn: all of it has to be sent."""
        return self._tool_tokens() + sum(map(tokens, course.exchange.steps))

    def _tool_tokens(self) -> int:
        return sum(map(_definition_tokens, self.toolbox.definitions()))


def _is_alone(course: Course) -> bool:
    """Whether nothing of what was sent could be left out."""
    return course.context.messages == (course.heard.message,)


def _with_size(error: ContextExceeded, sent: _Fitting) -> ContextExceeded:
    return ContextExceeded(
        f"{error.detail} About {sent.prompt} tokens were sent, and room for an answer of"
        f" {sent.request.max_tokens} was asked for.",
        extra={**error.extra, "sent_tokens": sent.prompt},
    )


def _said(course: Course, context: Context) -> int:
    return sum(s.tokens for s in course.prompt.sections) + sum(map(tokens, context.messages))


def _definition_tokens(tool: ToolDefinition) -> int:
    return text_tokens(tool.name + tool.description + str(tool.schema))


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Makes the messages of one turn's tool calls and results."""

    heard: Heard
    clock: Clock

    def __call__(self, role: Role, content: tuple[Block, ...]) -> Message:
        return Message(
            id=MessageId(uuid4()),
            role=role,
            content=content,
            created_at=self.clock.now(),
            segment_id=self.heard.message.segment_id,
            turn_id=self.heard.record.id,
            parent_id=self.heard.message.id,
        )
