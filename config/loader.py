"""Settings from the environment, over those of the page, over `mira.toml`, over the defaults."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError

from config.environment import with_files
from config.layers import Layers
from config.names import KEYS, PREFIX, BadSettings, known_names, nearest
from config.page import PAGE_FILE, read_page
from config.settings import Settings


def load(environment: Mapping[str, str]) -> Settings:
    """Read and check every setting.

    Raises:
        BadSettings: an unknown name or a value that does not fit; says which, and the nearest.
    """
    return checked(layers(environment))


def layers(environment: Mapping[str, str]) -> Layers:
    """Read every place in which settings are; the values are not checked yet.

    Raises:
        BadSettings: an unknown name, or a file that cannot be read.
    """
    given = _from_environment(with_files(environment))
    data_dir = Path(str(given.get("data_dir", Settings.model_fields["data_dir"].default)))
    return Layers(
        environment=given,
        page=read_page(data_dir / PAGE_FILE),
        file=_from_file(data_dir / "mira.toml"),
    )


def checked(places: Layers) -> Settings:
    """All of it together.

    Raises:
        BadSettings: a value does not fit; says which, and where it stands.
    """
    try:
        return places.settings()
    except ValidationError as error:
        raise BadSettings(_explain(error, places)) from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    names = known_names()
    tree: dict[str, Any] = {}
    for variable, value in environment.items():
        path = KEYS.get(variable) or names.get(variable)
        if path is None:
            if variable.startswith(PREFIX):
                raise BadSettings(f"{variable} is not a setting.{nearest(variable, list(names))}")
            continue
        if value:
            _put(tree, path, _parsed(variable, value, path))
    return tree


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path} is not valid TOML: {error}. Mend that line.") from error
    known = {".".join(setting) for setting in known_names().values()}
    for name, value in tree.items():
        inner = [f"{name}.{key}" for key in value] if isinstance(value, dict) else [name]
        for dotted in inner:
            if dotted not in known:
                raise BadSettings(
                    f"{path}: {dotted} is not a setting.{nearest(dotted, list(known))}"
                )
    return tree


def _parsed(variable: str, value: str, path: tuple[str, ...]) -> object:
    if not _is_json(path):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise BadSettings(
            f'{variable} is JSON, as ["one", "two"] or {{"name": 1}}.'
            f" What it holds is no JSON: {error}."
        ) from error


def _is_json(path: tuple[str, ...]) -> bool:
    """A list, a mapping or a group of values in one variable."""
    model: type[BaseModel] = Settings
    for name in path[:-1]:
        annotation = model.model_fields[name].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            model = annotation
    annotation = model.model_fields[path[-1]].annotation
    group = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return group or get_origin(annotation) in {tuple, Mapping}


def _put(tree: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = value


def _explain(error: ValidationError, places: Layers) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    path = tuple(str(part) for part in first["loc"])
    dotted = ".".join(path)
    if places.source(path[:2]) == "page":
        return (
            f"{PAGE_FILE} in the data directory (what was chosen on the Settings page) has a value"
            f" that does not fit: {dotted}: {first['msg']}. Mend it, or take it out."
        )
    variable = (PREFIX + "__".join(path[:2])).upper()
    return f"{variable} ({dotted} in mira.toml): {first['msg']}."
