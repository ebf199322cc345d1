"""A toolbox whose tools are functions."""

from collections.abc import Callable, Mapping

from cns.domain.message import ToolCall
from cns.ports import ToolDefinition, ToolOutcome

Act = Callable[[Mapping[str, object]], ToolOutcome]


def done(text: str) -> ToolOutcome:
    return ToolOutcome(text=text, ok=True, summary=text)


def refused(text: str) -> ToolOutcome:
    return ToolOutcome(text=text, ok=False, summary=text)


class FakeToolbox:
    """Implements `cns.ports.Toolbox`."""

    def __init__(self, **tools: Act) -> None:
        self._tools = tools

    def definitions(self) -> tuple[ToolDefinition, ...]:
        return tuple(
            ToolDefinition(name=name, description=f"The {name} tool.", schema={"type": "object"})
            for name in sorted(self._tools)
        )

    def run(self, call: ToolCall) -> ToolOutcome:
        act = self._tools.get(call.name)
        return act(call.input) if act else refused(f"There is no tool {call.name!r}.")
