"""The exchange with the model in one turn: it speaks, asks for tools, and speaks again."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from time import perf_counter
from uuid import UUID

from cns.domain.message import Block, Message, Role, Text, Thought, ToolCall, ToolResult
from cns.domain.spending import total_cost
from cns.domain.stream import (
    TextDelta,
    ThinkingDelta,
    ToolFinished,
    ToolStarted,
    TurnEvent,
    Usage,
)
from cns.domain.tags import TagReader, Tags
from cns.domain.touchstone import NOTHING, Touchstone
from cns.ports import (
    LLM,
    ModelDone,
    ModelEvent,
    ModelRequest,
    ModelText,
    ModelThinking,
    ModelToolCall,
    Toolbox,
    ToolOutcome,
)
from cns.services.hints import every_tool
from cns.services.pump import Stop, pumped

SAME_TOOL_ERRORS = 3
PARALLEL = 8


@dataclass(slots=True, kw_only=True)
class Exchange:
    """What one turn's exchange has come to so far; it lives as long as the turn.

    Attributes:
        text: the words of the round under way, tags removed.
        thinking: what is being thought, not signed as yet.
        thoughts: the signed thoughts of the round under way.
        spoken: the words of finished rounds, in which tools were asked for.
        ahead: the words of a finished round that go ahead of those of the next one.
        helped: every tool has been offered, which happens once.
        wishes_tool: the round under way asked, by a tag, for a tool that it was not offered.
        steps: tool calls and their results as messages, ready to be stored.
        showed: ids of what tools found and put before the model.
        first_counted: tokens of the first request, as the model counted them; 0 when it did not.
        waited: seconds spent waiting for the model and for tools.
    """

    text: str = ""
    thinking: str = ""
    thoughts: list[Thought] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)
    ahead: str = ""
    wishes_tool: bool = False
    helped: bool = False
    steps: list[Message] = field(default_factory=list)
    tags: Tags = field(default_factory=Tags)
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    stop: str = ""
    waited: float = 0.0
    first_token_at: float | None = None
    tools: list[ToolFinished] = field(default_factory=list)
    calls: list[dict[str, object]] = field(default_factory=list)
    costs: list[float | None] = field(default_factory=list)
    memory_refs: list[str] = field(default_factory=list)
    showed: list[UUID] = field(default_factory=list)
    first_counted: int = 0

    def close(self, tags: Tags) -> None:
        """The round is over; what it said stands behind what was said ahead of it."""
        self.text = "\n\n".join(part for part in (self.ahead, self.text) if part)
        self.ahead = ""
        self.memory_refs += tags.memory_refs
        self.tags = self.tags.then(tags)
        self.wishes_tool = tags.need_tool

    @property
    def whole_text(self) -> str:
        return "\n\n".join(part for part in (*self.spoken, self.text.strip()) if part)

    @property
    def cost_usd(self) -> float | None:
        """Of the calls that ended; None when the price of one is not known."""
        return total_cost(self.costs)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolLoop:
    """Runs rounds of model and tools until the model has said its last word."""

    llm: LLM
    toolbox: Toolbox
    rounds: int
    message: Callable[[Role, tuple[Block, ...]], Message]
    about: Touchstone = NOTHING

    def run(self, request: ModelRequest, exchange: Exchange, stop: Stop) -> Iterator[TurnEvent]:
        """Stream the answer into `exchange`.

        Raises:
            ModelUnavailable: the model failed; what it had said stands in the exchange.
        """
        following = request
        for round_number in range(self.rounds + 1):
            if round_number and stop.wished:  # while the tools ran
                return
            last = round_number == self.rounds or self._going_in_circles(exchange)
            asked = replace(
                following,
                tools=following.tools or self.toolbox.definitions(),
                may_call=not last,
                further=round_number > 0,
                messages=(*request.messages, *exchange.steps),
                stop=stop,
            )
            calls: list[ToolCall] = []
            yield from self._speak(asked, exchange, calls, stop)
            if last or stop.wished:
                return
            if calls:
                yield from self._use_tools(calls, exchange)
                following = replace(request, fast=self._is_simple(calls, request))
            elif exchange.wishes_tool and self._may_help(exchange, round_number):
                following = self._with_every_tool(request, exchange)
            else:
                return

    def _is_simple(self, calls: list[ToolCall], request: ModelRequest) -> bool:
        """Whether the fast model may go on; one that thinks goes on itself."""
        return not request.thinking and all(self.toolbox.is_simple(c.name) for c in calls)

    def _may_help(self, exchange: Exchange, round_number: int) -> bool:
        room = round_number + 1 < self.rounds
        return room and not exchange.helped and bool(self.toolbox.definitions(every=True))

    def _with_every_tool(self, request: ModelRequest, exchange: Exchange) -> ModelRequest:
        """One more call, once a turn; it goes on from what has been said and shown."""
        exchange.helped, exchange.ahead = True, exchange.text.strip()
        tools = self.toolbox.definitions(every=True)
        told = every_tool(tools, self.about, exchange.ahead)
        return replace(request, tools=tools, live=f"{request.live}\n\n{told}".strip())

    def _speak(
        self, request: ModelRequest, exchange: Exchange, calls: list[ToolCall], stop: Stop
    ) -> Iterator[TurnEvent]:
        reader = TagReader()
        exchange.text, exchange.thinking, exchange.thoughts = "", "", []
        exchange.wishes_tool = False
        begun = perf_counter()
        try:
            for event in _awaited(pumped(self.llm.stream(request), stop), exchange):
                match event:
                    case ModelText(text=text):
                        yield from self._show(reader.feed(text), exchange)
                    case ModelThinking() as thinking:
                        yield from self._think(thinking, exchange)
                    case ModelToolCall(call=call):
                        calls.append(call)
                    case done:
                        self._note(done, request, exchange, perf_counter() - begun)
            yield from self._show(reader.finish(), exchange)
        finally:
            exchange.text += reader.finish()  # what a broken stream held back is kept
            exchange.close(reader.tags)

    def _think(self, thinking: ModelThinking, exchange: Exchange) -> Iterator[TurnEvent]:
        """Tell it; once it is signed, keep it to be sent back with the tool's result."""
        if thinking.anew:
            exchange.thinking, exchange.thoughts = "", []
        exchange.thinking += thinking.text
        if thinking.signature:
            thought = Thought(text=exchange.thinking, signature=thinking.signature)
            exchange.thoughts.append(thought)
            exchange.thinking = ""
        if thinking.text:
            yield ThinkingDelta(text=thinking.text)

    def _show(self, text: str, exchange: Exchange) -> Iterator[TurnEvent]:
        if not text:
            return
        if exchange.first_token_at is None:
            exchange.first_token_at = perf_counter()
        if (exchange.spoken or exchange.ahead) and not exchange.text:
            yield TextDelta(text="\n\n")
        exchange.text += text
        yield TextDelta(text=text)

    def _note(
        self, done: ModelDone, request: ModelRequest, exchange: Exchange, seconds: float
    ) -> None:
        exchange.usage = exchange.usage.plus(done.usage)
        exchange.first_counted = exchange.first_counted or done.usage.all_input_tokens
        exchange.costs.append(done.cost_usd)
        exchange.model, exchange.stop = done.model, done.stop
        exchange.calls.append(
            {
                "model": done.model,
                "fast": request.fast,
                "tools": len(request.tools),
                "stop": done.stop,
                "seconds": round(seconds, 4),
                "input_tokens": done.usage.input_tokens,
                "output_tokens": done.usage.output_tokens,
                "cache_read_tokens": done.usage.cache_read_tokens,
                "cache_write_tokens": done.usage.cache_write_tokens,
                "cost_usd": done.cost_usd,
            }
        )

    def _use_tools(self, calls: list[ToolCall], exchange: Exchange) -> Iterator[TurnEvent]:
        said: list[Block] = [*exchange.thoughts]
        if exchange.text:
            said.append(Text(text=exchange.text.strip()))
        for call in calls:
            yield ToolStarted(tool_call_id=call.id, name=call.name, input=call.input)
        begun = perf_counter()
        with ThreadPoolExecutor(PARALLEL, thread_name_prefix="tool") as pool:
            outcomes = list(pool.map(self._timed, calls))
        exchange.waited += perf_counter() - begun
        results: list[Block] = []
        for call, (outcome, seconds) in zip(calls, outcomes, strict=True):
            finished = ToolFinished(
                tool_call_id=call.id,
                name=call.name,
                ok=outcome.ok,
                summary=outcome.summary,
                duration_ms=round(seconds * 1000, 1),
            )
            exchange.tools.append(finished)
            exchange.showed += outcome.showed
            results.append(ToolResult(tool_call_id=call.id, text=outcome.text, ok=outcome.ok))
            yield finished
        exchange.steps += [
            self.message(Role.ASSISTANT, (*said, *calls)),
            self.message(Role.TOOL, tuple(results)),
        ]
        if exchange.text.strip():
            exchange.spoken.append(exchange.text.strip())
        exchange.text = ""

    def _timed(self, call: ToolCall) -> tuple[ToolOutcome, float]:
        begun = perf_counter()
        return self.toolbox.run(call), perf_counter() - begun

    def _going_in_circles(self, exchange: Exchange) -> bool:
        """Three errors in a row of one tool, or the same call with the same result twice."""
        last = exchange.tools[-SAME_TOOL_ERRORS:]
        failing = len(last) == SAME_TOOL_ERRORS and not any(t.ok for t in last)
        if failing and len({t.name for t in last}) == 1:
            return True
        pairs = [
            (str(block.name), str(sorted(block.input.items())))
            for step in exchange.steps
            for block in step.content
            if isinstance(block, ToolCall)
        ]
        results = [
            block.text
            for step in exchange.steps
            for block in step.content
            if isinstance(block, ToolResult)
        ]
        seen = list(zip(pairs, results, strict=True))
        return len(set(seen)) < len(seen)


def _awaited(events: Iterator[ModelEvent], exchange: Exchange) -> Iterator[ModelEvent]:
    """The events as they come; the time until each is time spent waiting."""
    while True:
        since = perf_counter()
        try:
            event = next(events, None)
        finally:
            exchange.waited += perf_counter() - since
        if event is None:
            return
        yield event
