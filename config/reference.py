"""The settings reference, written from the settings themselves: `python -m config.reference`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.names import KEYS, known_names
from config.page import AT_ONCE, why_fixed
from config.settings import CHECKOUT, Settings

TARGET = CHECKOUT / "docs" / "settings.md"
HEAD = """# Settings

Environment variables, over what was chosen on the Settings page (`settings.json` in the data
directory), over `mira.toml` (there too), over the defaults. An unknown name or a value that does
not fit is an error at start that names the nearest known one. In `mira.toml`, `MIRA_SERVER__PORT`
is `port` under `[server]`; on the page and in `/api/settings` it is `server.port`.

The last column says when a change on the page holds: at once, or after a restart; a dash stands for
what the page shows but does not change. What the environment sets, the page cannot.

This page is written by `python -m config.reference`; a test fails when it is out of date.

| variable | default | meaning | on the page |
| --- | --- | --- | --- |
"""


def reference() -> str:
    """The page, as Markdown."""
    return HEAD + "".join(f"{line}\n" for line in _rows())


def _rows() -> Iterator[str]:
    for variable, path in known_names().items():
        field = _field(path)
        yield f"| `{variable}` | {_default(field)} | {field.description} | {_holds(path)} |"
    yield f"| `{'`, `'.join(KEYS)}` | none | The providers' own names work too. | – |"


def _field(path: tuple[str, ...]) -> FieldInfo:
    field = Settings.model_fields[path[0]]
    section = field.annotation
    if len(path) > 1 and isinstance(section, type) and issubclass(section, BaseModel):
        return section.model_fields[path[1]]
    return field


def _holds(path: tuple[str, ...]) -> str:
    name = ".".join(path)
    if why_fixed(name):
        return "–"
    return "at once" if name in AT_ONCE else "restart"


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, Path):
        return f"`{value.relative_to(CHECKOUT)}/` in the checkout"
    if value is None or value in ((), {}):
        return "none"
    if isinstance(value, BaseModel):
        return f"`{value.model_dump_json()}`"
    return f"`{value}`"


def main() -> None:
    """Write the page."""
    TARGET.write_text(reference(), encoding="utf-8")
    sys.stderr.write(f"wrote {TARGET.relative_to(CHECKOUT)}\n")


if __name__ == "__main__":
    main()
