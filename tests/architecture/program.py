"""The program as its architecture tests read it: files, modules and their syntax trees."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "adapters",
    "api",
    "cns",
    "composition",
    "config",
    "lt_memory",
    "tools",
    "working_memory",
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One module of the program."""

    path: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that belongs to the project and is there."""
    command = ("git", "-c", "safe.directory=*", "ls-files", "-z")
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return tuple(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


@cache
def sources() -> tuple[Source, ...]:
    """Every module of the program, without its tests and benchmarks."""
    return tuple(_read(path) for path in tracked() if path.suffix == ".py" and _is_program(path))


def functions() -> Iterator[tuple[Source, Function]]:
    for source in sources():
        for node in ast.walk(source.tree):
            if isinstance(node, Function):
                yield source, node


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _is_program(path: Path) -> bool:
    first = path.relative_to(ROOT).parts[0]
    return first in PACKAGES or first == "main.py"


def _read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path=str(path.relative_to(ROOT)), text=text, tree=ast.parse(text))
