"""House rules for modules and functions that no linter knows."""

import ast
import re
import tomllib

import pytest

from tests.architecture.program import PACKAGES, ROOT, Source, functions, length, sources

LONGEST_MODULE = 400
LONGEST_FUNCTION = 40
BROAD_HANDLERS = 4
EMPTY_WORDS = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common)($|_)")
REASON = re.compile(r"#\s*(noqa: \w+ - )?\w+( \S+){3,}")

each_source = pytest.mark.parametrize("source", sources(), ids=lambda source: source.path)


@each_source
def test_a_module_is_short(source: Source) -> None:
    assert len(source.lines) <= LONGEST_MODULE


@each_source
def test_a_module_says_in_one_sentence_what_it_is(source: Source) -> None:
    """What follows the sentence is a drawing or a list of sources, after an empty line."""
    sentence, *after = (ast.get_docstring(source.tree) or "").splitlines() or [""]
    assert sentence.endswith((".", "`."))
    assert after[:1] in ([], [""])


@each_source
def test_a_module_s_name_says_something(source: Source) -> None:
    for part in source.path.removesuffix(".py").split("/"):
        assert not EMPTY_WORDS.search(part)


def test_functions_are_short() -> None:
    long = [
        f"{source.path}:{function.lineno} {function.name}"
        for source, function in functions()
        if length(function) > LONGEST_FUNCTION
    ]
    assert long == []


def test_every_package_is_under_contract() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"benchmarks", "tests"}
    contracts = {contract["type"]: contract for contract in linter["contracts"]}
    layered = {
        name for layer in contracts["layers"]["layers"] for name in re.findall(r"\w+", layer)
    }
    assert packages == set(PACKAGES) == set(linter["root_packages"]) == layered
    assert packages == set(contracts["acyclic_siblings"]["ancestors"])


def test_every_store_s_sql_is_named_by_the_composition_root_alone() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    protected = next(c for c in linter["contracts"] if c["type"] == "protected")
    stores = {
        source.path.removesuffix(".py").replace("/", ".")
        for source in sources()
        if "postgres" in source.path and not source.path.startswith("adapters/")
    }
    assert stores <= set(protected["protected_modules"])


def broad_handlers() -> list[tuple[Source, ast.ExceptHandler]]:
    return [
        (source, node)
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) == "Exception")
    ]


def test_broad_handlers_are_few() -> None:
    places = [f"{source.path}:{handler.lineno}" for source, handler in broad_handlers()]
    assert len(places) <= BROAD_HANDLERS, places


def test_every_broad_handler_gives_its_reason_on_the_line() -> None:
    for source, handler in broad_handlers():
        assert REASON.search(source.lines[handler.lineno - 1]), f"{source.path}:{handler.lineno}"


def is_bare(source: Source, index: int) -> bool:
    """Whether a warning is silenced there without a reason on the line or close above it."""
    above = source.lines[max(0, index - 2) : index]
    silenced = re.search(r"#\s*(noqa|type: ignore)(?!.*(- |# )\w+)", source.lines[index])
    return bool(silenced) and not any("# reason: " in line for line in above)


def test_every_silenced_warning_gives_its_reason() -> None:
    bare = [
        f"{source.path}:{index + 1}"
        for source in sources()
        for index in range(len(source.lines))
        if is_bare(source, index)
    ]
    assert bare == []
