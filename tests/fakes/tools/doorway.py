"""A tool that waits at a door, for turns that are to be met while a tool is slow."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict
from typing_extensions import override

from cns.ports import ToolOutcome
from tests.waiting import until
from tools.tool import Access, Tool

LONGEST = 60.0  # seconds


class Door(BaseModel):
    """Open once this file stands."""

    model_config = ConfigDict(extra="forbid")

    path: Path


class Doorway(Tool):
    """Waits until it is let through."""

    name = "doorway_tool"
    hint = "Waits at a door."
    access = Access.READ

    @override
    def run(self, arguments: Door) -> ToolOutcome:  # type: ignore[override]  # each tool names its own model
        until(arguments.path.exists, LONGEST)
        return ToolOutcome(text="let through", ok=True, summary="let through")
