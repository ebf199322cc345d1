"""A tool that takes its time, for turns that are to be met in the middle of it."""

import time

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from cns.ports import ToolOutcome
from tools.tool import Access, Tool


class Waiting(BaseModel):
    """How long, and for what."""

    model_config = ConfigDict(extra="forbid")

    seconds: float = Field(ge=0, le=1)
    what: str


class Patience(Tool):
    """Waits, and says that it has."""

    name = "patience_tool"
    hint = "Waits for a while."
    access = Access.READ

    @override
    def run(self, arguments: Waiting) -> ToolOutcome:  # type: ignore[override]  # each tool names its own model
        time.sleep(arguments.seconds)
        return ToolOutcome(text=f"waited for {arguments.what}", ok=True, summary="waited")
