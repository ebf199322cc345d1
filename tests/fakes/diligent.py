"""A model server that also sums up chapters and extracts facts, word for word."""

import re

from tests.fakes.llm import document
from tests.fakes.llm_server import Behaviour, echo
from tests.fakes.llm_wire import WireRequest

STATEMENT = re.compile(r"^\[(?P<number>\d+)\] \S+ person: (?P<words>.*)$", re.MULTILINE)


def diligent(request: WireRequest) -> Behaviour:
    """Echoes in conversation; takes every statement of the user as one memory."""
    if request.schema is None:
        return echo(request)
    if "memories" in request.schema["properties"]:
        return document({"memories": [_memory(m) for m in _statements(request)]})
    return document({"title": "Things about me", "summary": "Facts were told.", "complexity": 1})


def _statements(request: WireRequest) -> list[re.Match[str]]:
    said = STATEMENT.finditer(request.newest_text)
    return [match for match in said if not match["words"].rstrip().endswith("?")]


def _memory(statement: re.Match[str]) -> dict[str, object]:
    return {
        "text": statement["words"],
        "kind": "fact",
        "confidence": 90,
        "evidence": [{"message": int(statement["number"]), "quote": statement["words"]}],
        "happens_at": None,
        "expires_at": None,
    }
