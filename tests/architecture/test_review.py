"""The yes to what waits is the user's: no tool, no model and no background work reaches it."""

import ast
from collections.abc import Iterator

from tests.architecture.program import Source, sources

DOOR = "lt_memory.review"
ROOT = {"composition/trust.py"}
KEEPER = "composition/mind.py"
EDGE = {"api/services.py", "api/schemas/review.py"}
WORDS = {"approve", "reject", "decide", "rollback"}


def imported(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_the_root_and_the_user_s_door_know_the_review() -> None:
    knowing = {source.path for source in sources() if DOOR in set(imported(source))}
    assert knowing == ROOT | EDGE | {KEEPER}


def test_only_the_root_makes_it() -> None:
    making = {
        source.path
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "ReviewService"
    }
    assert making == ROOT


def test_nobody_else_calls_it() -> None:
    calling = {
        source.path
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute)
        and node.attr in WORDS
        and "review" in ast.unparse(node.value)
    }
    assert calling == {"api/routes/review.py"}


def test_tools_and_jobs_are_not_offered_it() -> None:
    """What tools and jobs may ask for by name stands in tables of the composition root."""
    offered = {
        key.value
        for source in sources()
        if source.path.startswith("composition/")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    }
    assert {"store", "search", "extraction"} <= offered
    assert not {"review", "intake", "memories"} & offered
