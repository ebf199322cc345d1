"""The middle of a turn: the model is sent what it has room for, and speaks."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from cns.domain.message import Block, Message, MessageId, Role
from cns.domain.stream import TurnEvent
from cns.domain.tokens import text_tokens, tokens
from cns.errors import ContextExceeded
from cns.ports import LLM, Clock, ModelRequest, SystemBlock, Toolbox, ToolDefinition
from cns.services.context import Before, laid_out, room_for
from cns.services.course import Course, Heard
from cns.services.gauge import Gauge
from cns.services.limits import Limits
from cns.services.pump import Stop
from cns.services.request import TurnRequest
from cns.services.tool_loop import ToolLoop


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
        model = request.model or self.llm.model
        rate = self.gauge.rate(model)
        try:
            yield from self._asked(course, self._request(course, request, rate), stop)
        except ContextExceeded:
            if course.exchange.text:
                raise
            yield from self._halved(course, request, stop, model)
        else:
            if self.kept and self._is_telling(course, model):
                self.gauge.note(
                    model,
                    estimated=self._estimated(course),
                    counted=course.exchange.first_counted,
                )

    def _halved(
        self, course: Course, request: TurnRequest, stop: Stop, model: str
    ) -> Iterator[TurnEvent]:
        """Asks with half the room, as all later requests are.

        Where the newest message alone was too long, that says nothing of what fits: the rate stays.
        """
        telling = not _is_alone(course)
        half = self._request(course, request, 2 * self.gauge.rate(model))
        try:
            yield from self._asked(course, half, stop)
        except ContextExceeded:
            telling = not _is_alone(course)
            raise
        finally:
            if telling and self.kept:
                self.gauge.refused(model)

    def _asked(self, course: Course, request: ModelRequest, stop: Stop) -> Iterator[TurnEvent]:
        loop = ToolLoop(
            llm=self.llm,
            toolbox=self.toolbox,
            rounds=self.limits.tool_rounds,
            message=Teller(heard=course.heard, clock=self.clock),
            about=course.touchstone,
        )
        return loop.run(request, course.exchange, stop)

    def _request(self, course: Course, request: TurnRequest, rate: float) -> ModelRequest:
        """What fits of the conversation, at so many tokens of the model's for an estimated one."""
        sections = course.prompt.sections
        continuum = course.heard.continuum
        context = self.llm.context_tokens
        answer = min(self.limits.max_tokens, context // 4)
        free = int((context - answer) / rate) - self._tool_tokens()
        room = room_for(sections, free, context, compact=self.compact)
        gist = continuum.so_far.text if continuum.so_far else ""
        before = Before(count=continuum.earlier, gist=gist)
        course.context = laid_out(course.opening, continuum.messages, room, before)
        return ModelRequest(
            system=tuple(SystemBlock(text=s.content, cached=True) for s in sections if s.cached),
            messages=course.context.messages,
            live="\n\n".join(s.content for s in sections if not s.cached),
            max_tokens=answer,
            thinking=request.thinking,
            model=request.model,
            subject=course.heard.record.id,
            kept=self.kept,
        )

    def _is_telling(self, course: Course, model: str) -> bool:
        """No stand-in answered, and all was counted: Ollama leaves out what it still knew."""
        return course.exchange.model.startswith(model) and self.llm.provider != "ollama"

    def _estimated(self, course: Course) -> int:
        """Of the first request of the turn."""
        sections = sum(section.tokens for section in course.prompt.sections)
        return self._tool_tokens() + sections + sum(map(tokens, course.context.messages))

    def _tool_tokens(self) -> int:
        return sum(map(_definition_tokens, self.toolbox.definitions()))


def _is_alone(course: Course) -> bool:
    """Whether nothing of what was sent could be left out."""
    return course.context.messages == (course.heard.message,)


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
