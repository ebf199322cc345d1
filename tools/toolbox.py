"""All tools under one roof: offers their definitions, checks arguments, runs them."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from cns.domain.message import ToolCall
from cns.errors import MiraError, ToolError
from cns.ports import LLM, Toolbox, ToolDefinition, ToolOutcome
from tools.tool import Tool

logger = logging.getLogger(__name__)


class DiscoveredTools:
    """Implements `cns.ports.Toolbox` over the tools it is given.

    Args:
        simple: names of tools that count as simple, beside those that say so of themselves.
        redact: takes the secrets out of what a tool says, before the model and the trace have it.
    """

    def __init__(
        self,
        offered: Sequence[Tool],
        simple: Collection[str] = (),
        redact: Callable[[str], str] = str,
    ) -> None:
        self._redact = redact
        self._tools = {tool.name: tool for tool in offered}
        self._simple = frozenset(simple) | {tool.name for tool in offered if tool.simple}

    def definitions(self, *, every: bool = False) -> tuple[ToolDefinition, ...]:
        """In a stable order, so that the prompt's cached part stays the same."""
        tools = (self._tools[name] for name in sorted(self._tools))
        return tuple(tool.definition() for tool in tools if every or not tool.on_demand)

    def is_simple(self, name: str) -> bool:
        return name in self._simple

    def run(self, call: ToolCall) -> ToolOutcome:
        said = self._run(call)
        return replace(said, text=self._redact(said.text), summary=self._redact(said.summary))

    def _run(self, call: ToolCall) -> ToolOutcome:
        tool = self._tools.get(call.name)
        if tool is None:
            known = ", ".join(sorted(self._tools)) or "none"
            return _refused(f"There is no tool {call.name!r}. Available: {known}.")
        try:
            return tool.run(tool.arguments().model_validate(dict(call.input)))
        except ValidationError as error:
            return _refused(f"Correct the arguments and call again: {_faults(error)}")
        except ToolError as error:
            return _refused(error.detail)
        except MiraError as error:
            return _refused(f"{error.detail} Tell the user; do not try again now.")
        except Exception:  # a broken tool must not cost the user the answer
            logger.exception("tool broke", extra={"action": "tool_broke", "tool": call.name})
            return _refused("The tool broke. Tell the user so; do not call it again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForCapableModels:
    """Implements `cns.ports.Toolbox`; it is empty while the model that answers is not capable."""

    llm: LLM
    toolbox: Toolbox

    def definitions(self, *, every: bool = False) -> tuple[ToolDefinition, ...]:
        return self.toolbox.definitions(every=every) if self.llm.capable else ()

    def is_simple(self, name: str) -> bool:
        return self.toolbox.is_simple(name)

    def run(self, call: ToolCall) -> ToolOutcome:
        return self.toolbox.run(call)


def _refused(text: str) -> ToolOutcome:
    return ToolOutcome(text=text, ok=False, summary=text)


def _faults(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in fault['loc']) or 'arguments'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)
    )
