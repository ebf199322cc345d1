"""Searches everything that was said and remembered, when what came to mind was not enough."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from typing_extensions import override

from cns.domain.stream import Recalled
from cns.ports import Query, ToolOutcome
from cns.services.search import Search
from tools.tool import Access, Tool

KINDS = {"summaries": "segment", "messages": "message", "memories": "memory"}
PREVIEW = 500
AROUND = 160  # characters of what was said before and after a message


class SearchArguments(BaseModel):
    """What to look for, and where."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(min_length=2, max_length=1000, description="What to look for, in words.")
    search_mode: Literal["all", "summaries", "messages", "memories"] = Field(
        "all", description="Begin with summaries or all; messages give the exact words."
    )
    start_time: AwareDatetime | None = Field(None, description="Not before, ISO 8601 with zone.")
    end_time: AwareDatetime | None = Field(None, description="Not after, ISO 8601 with zone.")
    limit: int = Field(10, ge=1, le=30)


class ContinuumSearch(Tool):
    """One question to recall, answered as a list the model can quote from."""

    name = "continuumsearch_tool"
    hint = "Search past conversation and memories by meaning and words, with time limits."
    access = Access.READ

    def __init__(self, search: Search) -> None:
        self._search = search

    @override
    def run(self, arguments: SearchArguments) -> ToolOutcome:  # type: ignore[override]  # each tool names its own model
        kinds = [KINDS[arguments.search_mode]] if arguments.search_mode in KINDS else KINDS.values()
        found = self._search.find(
            Query(
                text=arguments.query,
                vector=None,
                kinds=frozenset(kinds),
                limit=arguments.limit,
                after=arguments.start_time,
                before=arguments.end_time,
            )
        )
        lines = [_line(hit) for hit in found.hits]
        text = "\n".join(lines) or "Nothing was found."
        lost = "".join(f"\n(Not searched: {part})" for part in found.degraded)
        return ToolOutcome(
            text=text + lost,
            ok=True,
            summary=f"{len(lines)} found",
            showed=tuple(hit.id for hit in found.hits),
        )


def _line(hit: Recalled) -> str:
    """With what was said around a message, and the memories that it cannot hold beside."""
    others = ", ".join(str(other)[:8] for other in hit.conflicts_with)
    parts = (
        (" (in conflict with {})", others),
        (" (before it: {})", hit.before[:AROUND]),
        (" (after it: {})", hit.after[:AROUND]),
    )
    more = "".join(said.format(words) for said, words in parts if words)
    return f"- {hit.kind} {str(hit.id)[:8]}, {hit.created_at:%d %b %Y}: {hit.text[:PREVIEW]}{more}"
