"""Each setting as it stands: its value, where that comes from, and what it may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, SecretStr

from config.layers import Layers, Path, Source
from config.names import known_names
from config.page import AT_ONCE, why_fixed
from config.settings import Settings

SCHEMA = Settings.model_json_schema()
TOLD_APART = frozenset({"description", "default", "title"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting as it stands.

    Attributes:
        variable: its name in the environment.
        value: None for a secret.
        is_set: whether there is a value at all.
        accepts: its JSON schema.
        locked: the environment has the last word.
        fixed: why it cannot be changed on the page; None for one that can.
        pending: another value holds until the next start.
    """

    name: str
    variable: str
    value: object
    default: object
    is_set: bool
    secret: bool
    source: Source
    description: str
    accepts: Mapping[str, Any]
    takes_effect: Literal["now", "restart"]
    locked: bool
    fixed: str | None
    pending: bool


def shown(layers: Layers, running: Settings) -> Sequence[Setting]:
    """Every setting; `running` is what holds now."""
    states = (layers.settings(), running, Settings())
    return [
        _setting(variable, path, layers.source(path), states)
        for variable, path in known_names().items()
    ]


def value_of(settings: Settings, path: Path) -> Any:  # noqa: ANN401 - settings are of many types
    value: Any = settings
    for name in path:
        value = getattr(value, name)
    return value


def schema_of(path: Path) -> dict[str, Any]:
    """A setting's JSON schema, whole in itself."""
    schema: dict[str, Any] = SCHEMA
    for name in path:
        schema = _resolved(schema["properties"][name])
    inner = schema.get("items")
    return {**schema, "items": _resolved(inner)} if isinstance(inner, dict) else schema


def plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """As JSON has it; what a fallback leaves out stays out, and its key shows only as one."""
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, SecretStr):
        return "set"
    if isinstance(value, BaseModel):
        return {name: plain(each) for name, each in value if each is not None}
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _setting(
    variable: str, path: Path, source: Source, states: tuple[Settings, Settings, Settings]
) -> Setting:
    name, fixed = ".".join(path), why_fixed(".".join(path))
    value, now, usual = (value_of(settings, path) for settings in states)
    schema = schema_of(path)
    secret = schema.get("format") == "password"
    return Setting(
        name=name,
        variable=variable,
        value=None if secret else plain(value),
        default=None if secret else plain(usual),
        is_set=value is not None,
        secret=secret,
        source=source,
        description=str(schema["description"]),
        accepts={key: value for key, value in schema.items() if key not in TOLD_APART},
        takes_effect="now" if name in AT_ONCE else "restart",
        locked=source == "environment",
        fixed=fixed,
        pending=fixed is None and value != now,
    )


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Without references, and with "may be null" as a word of its own."""
    if "$ref" in schema:
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        return {**SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], **rest}
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    if len(kinds) == 1:
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        return {**_resolved(kinds[0]), **rest, "nullable": True}
    return schema
