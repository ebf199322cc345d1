"""Which tools bear on a turn, and what a model is told when it asks for one."""

import re
from collections.abc import Sequence

from cns.domain.model import ToolDefinition
from cns.domain.tags import inert
from cns.domain.touchstone import Touchstone

STEM = 5  # letters by which words of one family are taken for the same
SHORTEST = 4
OFFERED = "You asked for a tool. In this answer every one of them can be called:"
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)


def ranked(tools: Sequence[ToolDefinition], about: Touchstone) -> tuple[ToolDefinition, ...]:
    """Those first whose name and hint share the most words with the turn's intent and hooks.

    For hints alone: the tools' definitions keep their own order, or no prefix could be cached.
    """
    wanted = _stems(" ".join((about.intent, *about.hooks, about.narrative)))
    return tuple(
        sorted(tools, key=lambda t: (-len(wanted & _stems(f"{t.name} {t.description}")), t.name))
    )


def every_tool(tools: Sequence[ToolDefinition], about: Touchstone, said: str) -> str:
    """The hints of all tools, the likeliest first, and what the user has already read."""
    hints = [f"- {tool.name}: {tool.description}" for tool in ranked(tools, about)]
    lines = [OFFERED, *hints]
    if said:
        lines += [f'You have said, and it has been shown: "{inert(said)}"']
        lines += ["Go on from there; do not say it again."]
    return "\n".join(lines)


def _stems(text: str) -> frozenset[str]:
    words = (word.casefold() for word in _WORD.findall(text.replace("_", " ")))
    return frozenset(word[:STEM] for word in words if len(word) >= SHORTEST)
