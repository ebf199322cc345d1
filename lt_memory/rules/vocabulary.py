"""The word lists of the rules, read from the file beside this one."""

import re
from pathlib import Path

_SECTION = re.compile(r"^\[(\w+)\]$", re.MULTILINE)


def _lists(text: str) -> dict[str, str]:
    _, *parts = _SECTION.split(text)
    return {name: _one_of(lines) for name, lines in zip(parts[::2], parts[1::2], strict=True)}


def _one_of(lines: str) -> str:
    return f"(?:{'|'.join(line for line in lines.splitlines() if line.strip())})"


_LISTS = _lists(Path(__file__).with_name("vocabulary.txt").read_text(encoding="utf-8"))


def one_of(name: str) -> str:
    """A regular expression for any entry of a list."""
    return _LISTS[name]
