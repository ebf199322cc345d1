"""What is written beside the code: settings, prompts, documents, and nothing of one machine."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config import reference
from config.names import known_names
from config.settings import Settings
from tests.architecture.program import ROOT, sources, tracked

FOREIGN = ("web/vendor/", "requirements.lock", "requirements-dev.lock")
# Written in parts, so that this file is not the first to be found.
ABSOLUTE = re.compile("|".join(("/ho" + r"me/\w", "/ro" + r"ot\b", "/Us" + r"ers/\w")))
REGISTRIES = re.compile(
    "|".join(("py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.", "crates" + r"\.io"))
)
LINE_LIMITS = {"README.md": 150, "CLAUDE.md": 120, "deploy.sh": 200}


def ours() -> Iterator[tuple[str, str]]:
    """Each of the project's own text files, by name."""
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(FOREIGN):
            continue
        content = path.read_bytes()
        if b"\0" not in content:
            yield name, content.decode("utf-8")


def places(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}"
        for name, text in ours()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_text_names_a_folder_of_one_machine() -> None:
    assert places(ABSOLUTE) == []


def test_no_text_names_a_registry() -> None:
    assert places(REGISTRIES) == []


@pytest.mark.parametrize(("name", "limit"), LINE_LIMITS.items())
def test_a_text_keeps_to_its_length(name: str, limit: int) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) < limit


def field_of(path: tuple[str, ...]) -> FieldInfo:
    model: type[BaseModel] = Settings
    for name in path[:-1]:
        section = model.model_fields[name].annotation
        assert isinstance(section, type)
        assert issubclass(section, BaseModel)
        model = section
    return model.model_fields[path[-1]]


@pytest.mark.parametrize("variable", known_names())
def test_every_setting_says_what_it_does(variable: str) -> None:
    description = field_of(known_names()[variable]).description or ""
    assert description.endswith(".")


def test_the_reference_of_the_settings_is_fresh() -> None:
    assert reference.TARGET.read_text(encoding="utf-8") == reference.reference()


def test_the_reference_names_every_setting() -> None:
    assert [name for name in known_names() if f"`{name}`" not in reference.reference()] == []


def prompts_named() -> set[str]:
    """The names with which the program asks for a prompt."""
    return {
        node.args[0].value
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "prompt"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def test_every_prompt_that_is_named_is_there_and_no_other() -> None:
    there = {path.stem for path in (ROOT / "config" / "prompts").glob("*.md")}
    assert prompts_named() == there


def test_every_decision_record_is_numbered_in_order() -> None:
    names = sorted(path.name for path in Path(ROOT / "docs" / "adr").glob("*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
