"""A toolbox whose tools are functions."""

from collections.abc import Callable, Collection, Mapping

from cns.domain.message import ToolCall
from cns.ports import ToolDefinition, ToolOutcome

Act = Callable[[Mapping[str, object]], ToolOutcome]


def done(text: str) -> ToolOutcome:
    return ToolOutcome(text=text, ok=True, summary=text)


def refused(text: str) -> ToolOutcome:
    return ToolOutcome(text=text, ok=False, summary=text)


class FakeToolbox:
    """Implements `cns.ports.Toolbox`.

    Attributes:
        simple: the names of tools after which the fast model will do.
        on_demand: the names of tools that are not offered until they are asked for.
    """

    def __init__(self, **tools: Act) -> None:
        self._tools = tools
        self.simple: Collection[str] = ()
        self.on_demand: Collection[str] = ()

    def definitions(self, *, every: bool = False) -> tuple[ToolDefinition, ...]:
        return tuple(
            ToolDefinition(name=name, description=f"The {name} tool.", schema={"type": "object"})
            for name in sorted(self._tools)
            if every or name not in self.on_demand
        )

    def is_simple(self, name: str) -> bool:
        return name in self.simple

    def run(self, call: ToolCall) -> ToolOutcome:
        act = self._tools.get(call.name)
        return act(call.input) if act else refused(f"There is no tool {call.name!r}.")
