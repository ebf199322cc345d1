"""The settings reference, written from the settings themselves: `python -m config.reference`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.names import known_names
from config.settings import CHECKOUT, Settings

TARGET = CHECKOUT / "docs" / "settings.md"
HEAD = """# Settings

Environment variables over `mira.toml` (in the data directory) over the defaults. An unknown name
or a value that does not fit is an error at start that names the nearest known one. In `mira.toml`,
`MIRA_SERVER__PORT` is `port` under `[server]`. It is written by `python -m config.reference`;
a test fails when it is out of date.

| variable | default | meaning |
| --- | --- | --- |
"""


def reference() -> str:
    """The page, as Markdown."""
    return HEAD + "".join(f"{line}\n" for line in _rows())


def _rows() -> Iterator[str]:
    for variable, path in known_names().items():
        field = _field(path)
        yield f"| `{variable}` | {_default(field)} | {field.description} |"
    yield "| `ANTHROPIC_API_KEY`, `OPENAI_API_KEY` | none | The providers' own names work too. |"


def _field(path: tuple[str, ...]) -> FieldInfo:
    field = Settings.model_fields[path[0]]
    section = field.annotation
    if len(path) > 1 and isinstance(section, type) and issubclass(section, BaseModel):
        return section.model_fields[path[1]]
    return field


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, Path):
        return f"`{value.relative_to(CHECKOUT)}/` in the checkout"
    if value is None or value == ():
        return "none"
    return f"`{value}`"


def main() -> None:
    """Write the page."""
    TARGET.write_text(reference(), encoding="utf-8")
    sys.stderr.write(f"wrote {TARGET.relative_to(CHECKOUT)}\n")


if __name__ == "__main__":
    main()
