"""Where a setting comes from: the environment over the page over the file over the defaults."""

import json
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.layers import Layers, found, leaves, planted, uprooted
from config.loader import checked, layers, load
from config.names import BadSettings, known_names
from config.page import AT_ONCE, FIXED, PAGE_FILE, page_names, read_page, why_fixed, write_page
from config.settings import Settings
from config.showing import shown, value_of

Write = Callable[[object], dict[str, str]]
NUMBERS = {
    ("segments", "manifest"): st.integers(1, 500),
    ("segments", "opening_pairs"): st.integers(0, 50),
    ("memory", "floor"): st.floats(0, 1),
    ("memory", "surfaced"): st.integers(0, 50),
    ("llm", "max_tokens"): st.integers(64, 9000),
    ("user_name",): st.text("abc", min_size=1),
}


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, values in NUMBERS.items():
        if draw(st.booleans()):
            tree = planted(tree, path, draw(values))
    return tree


@pytest.fixture
def page(tmp_path: Path) -> Write:
    """Writes the page's file; gives the environment that finds it."""

    def write(content: object) -> dict[str, str]:
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / PAGE_FILE).write_text(text, encoding="utf-8")
        return {"MIRA_DATA_DIR": str(tmp_path)}

    return write


def refusal(environment: dict[str, str]) -> str:
    with pytest.raises(BadSettings) as caught:
        load(environment)
    return str(caught.value)


@given(environment=trees(), page=trees(), file=trees())
def test_the_highest_place_that_says_anything_has_the_last_word(
    environment: dict[str, Any], page: dict[str, Any], file: dict[str, Any]
) -> None:
    layers = Layers(environment=environment, page=page, file=file)
    settings = layers.settings()
    places = {"environment": environment, "page": page, "mira.toml": file}
    for path in known_names().values():
        first = next((name for name, tree in places.items() if found(tree, path)), "default")
        usual = value_of(Settings(), path)
        assert layers.source(path) == first
        assert value_of(settings, path) == (_at(places[first], path) if first in places else usual)


@given(tree=trees(), path=st.sampled_from(sorted(NUMBERS)), value=st.integers())
def test_what_is_planted_is_there_and_what_is_uprooted_leaves_no_trace(
    tree: dict[str, Any], path: tuple[str, ...], value: int
) -> None:
    grown = planted(tree, path, value)
    assert _at(grown, path) == value
    assert set(leaves(grown)) == {*leaves(tree), path}
    assert set(leaves(uprooted(grown, path))) == set(leaves(tree)) - {path}
    assert uprooted(uprooted(grown, path), path) == uprooted(grown, path)
    assert uprooted(planted({}, path, value), path) == {}


def test_what_was_chosen_stands_between_environment_and_file(page: Write, tmp_path: Path) -> None:
    environment = page({"user_name": "Page", "llm": {"model": "page"}, "memory": {"surfaced": 3}})
    text = 'user_name = "File"\n[memory]\nsurfaced = 4\nfloor = 0.5\n'
    (tmp_path / "mira.toml").write_text(text, encoding="utf-8")
    settings = load(environment | {"MIRA_LLM__MODEL": "environment"})
    assert (settings.user_name, settings.llm.model) == ("Page", "environment")
    assert (settings.memory.surfaced, settings.memory.floor) == (3, 0.5)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ('{"llm": ', "it is no JSON"),
        ("[]", "it holds no JSON object"),
        ({"llm": {"modle": "m"}}, "llm.modle is not a setting. Did you mean llm.model? Mend"),
        ({"server": {"port": 80}}, "server.port cannot be set in it. A slip would lock"),
        ({"llm": {"openai_api_key": "s3cret"}}, "llm.openai_api_key cannot be set in it. Keys"),
        ({"llm": 3}, "llm is not a setting"),
    ],
)
def test_a_page_file_that_cannot_be_used_is_named_with_the_way_out(
    content: object, named: str, page: Write, tmp_path: Path
) -> None:
    said = refusal(page(content))
    assert str(tmp_path / PAGE_FILE) in said
    assert named in said
    assert said.endswith("Mend it, or delete it to go back to the settings below it.")
    assert "s3cret" not in said


def test_a_page_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / PAGE_FILE).mkdir()
    assert "cannot be used" in refusal({"MIRA_DATA_DIR": str(tmp_path)})


def test_a_value_that_does_not_fit_is_put_to_the_place_that_holds_it(page: Write) -> None:
    environment = page({"memory": {"surfaced": 99}})
    assert refusal(environment).startswith("settings.json in the data directory")
    assert "MIRA_MEMORY__SURFACED" in refusal(environment | {"MIRA_MEMORY__SURFACED": "98"})
    assert load(environment | {"MIRA_MEMORY__SURFACED": "9"}).memory.surfaced == 9


def test_what_is_chosen_is_written_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / PAGE_FILE
    path.with_suffix(".new").write_text("left by a crash", encoding="utf-8")
    path.with_suffix(".new").chmod(0o644)
    write_page(path, {"llm": {"model": "größer"}})
    assert read_page(path) == {"llm": {"model": "größer"}}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [PAGE_FILE]


def test_who_never_chose_has_chosen_nothing(tmp_path: Path) -> None:
    assert read_page(tmp_path / PAGE_FILE) == {}
    assert checked(layers({"MIRA_DATA_DIR": str(tmp_path)})).data_dir == tmp_path


def test_the_lists_of_names_name_settings_alone() -> None:
    sections = {name.partition(".")[0] for name in page_names()}
    assert set(page_names()) >= AT_ONCE
    assert set(FIXED) <= {*page_names(), *sections}
    assert not [name for name in AT_ONCE if why_fixed(name)]


def test_every_secret_is_kept_from_the_page_and_never_shown() -> None:
    layers = Layers(environment={"llm": {"openai_api_key": "s3cret"}})
    secrets = [setting for setting in shown(layers, layers.settings()) if setting.secret]
    assert {setting.name for setting in secrets} >= {"llm.openai_api_key", "database.url"}
    assert all(setting.fixed and setting.value is None for setting in secrets)
    assert [setting.name for setting in secrets if setting.is_set] == ["llm.openai_api_key"]
    assert "s3cret" not in repr(shown(layers, layers.settings()))


def _at(tree: Mapping[str, Any], path: tuple[str, ...]) -> object:
    value: Any = tree
    for name in path:
        value = value[name]
    return value
