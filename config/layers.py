"""Where each setting comes from: the environment, over what was chosen on the page, over a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from config.settings import Settings

Tree = Mapping[str, Any]
Path = tuple[str, ...]
Source = Literal["environment", "page", "mira.toml", "default"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """What each place says, as nested mappings; what stands further up wins, name by name."""

    environment: Tree = field(default_factory=dict)
    page: Tree = field(default_factory=dict)
    file: Tree = field(default_factory=dict)

    def settings(self) -> Settings:
        """All of it together.

        Raises:
            ValidationError: a value does not fit.
        """
        return Settings.model_validate(merged(merged(self.file, self.page), self.environment))

    def source(self, path: Path) -> Source:
        """Who has the last word on a setting."""
        places: tuple[tuple[Source, Tree], ...] = (
            ("environment", self.environment),
            ("page", self.page),
            ("mira.toml", self.file),
        )
        return next((name for name, tree in places if found(tree, path)), "default")


def found(tree: Tree, path: Path) -> bool:
    """Whether a tree says anything on a setting."""
    branch: object = tree
    for name in path:
        if not isinstance(branch, Mapping) or name not in branch:
            return False
        branch = branch[name]
    return True


def merged(below: Tree, above: Tree) -> dict[str, Any]:
    """Both, sections name by name; where they differ, the one above."""
    tree = dict(below)
    for name, value in above.items():
        old = tree.get(name)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            tree[name] = {**old, **value}
        else:
            tree[name] = value
    return tree


def planted(tree: Tree, path: Path, value: object) -> dict[str, Any]:
    """The tree with that value in it."""
    head, *rest = path
    inner = planted(tree.get(head, {}), tuple(rest), value) if rest else value
    return {**tree, head: inner}


def uprooted(tree: Tree, path: Path) -> dict[str, Any]:
    """The tree without that value; a section that it leaves empty goes too."""
    head, *rest = path
    kept = {name: branch for name, branch in tree.items() if name != head}
    inner = uprooted(tree.get(head, {}), tuple(rest)) if rest else {}
    return {**kept, head: inner} if inner else kept


def leaves(tree: Tree, above: Path = ()) -> list[Path]:
    """The path to every value; lists count as values."""
    paths: list[Path] = []
    for name, branch in tree.items():
        path = (*above, name)
        paths += leaves(branch, path) if isinstance(branch, Mapping) else [path]
    return paths
