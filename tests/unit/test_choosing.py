"""Choosing settings: all or nothing, and a useful word on each that does not fit."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.choosing import LARGEST, Unfit, changed, locks, taken_up
from config.layers import Layers
from config.page import AT_ONCE, page_names, why_fixed
from config.settings import Settings
from config.showing import Setting, shown, value_of


def faults(wanted: Mapping[str, object], layers: Layers | None = None) -> dict[str, str]:
    with pytest.raises(Unfit) as caught:
        changed(layers or Layers(), wanted)
    return {fault.name: fault.message for fault in caught.value.faults}


def outcome(before: Layers, wanted: Mapping[str, object]) -> tuple[Layers, set[str]]:
    """What holds afterwards, and the names that were refused."""
    try:
        return changed(before, wanted), set()
    except Unfit as refusal:
        return before, {fault.name for fault in refusal.faults}


def one(name: str, layers: Layers, running: Settings | None = None) -> Setting:
    settings = shown(layers, running or layers.settings())
    return next(setting for setting in settings if setting.name == name)


def test_what_is_chosen_holds_and_null_goes_back_to_what_stands_below() -> None:
    layers = Layers(file={"memory": {"surfaced": 4}})
    chosen = changed(layers, {"memory.surfaced": 7, "user_name": "Anna"})
    assert one("memory.surfaced", chosen).value == 7
    assert one("memory.surfaced", chosen).source == "page"
    back = changed(chosen, {"memory.surfaced": None, "user_name": ""})
    assert back.page == {}
    assert one("memory.surfaced", back).value == 4
    assert one("memory.surfaced", back).source == "mira.toml"
    assert one("memory.surfaced", back).default == 10


@given(
    st.dictionaries(
        st.sampled_from(["memory.surfaced", "memory.floor", "llm.tool_rounds", "user_name"]),
        st.one_of(st.none(), st.integers(-3, 60), st.text("ab", max_size=2)),
        min_size=1,
    )
)
def test_either_all_of_it_holds_or_each_that_does_not_fit_is_named(
    wanted: dict[str, object],
) -> None:
    before = changed(Layers(), {"memory.surfaced": 3, "user_name": "Anna"})
    after, refused = outcome(before, wanted)
    assert refused <= wanted.keys()
    if refused:
        assert after is before
        return
    was, now = before.settings(), after.settings()
    for name, path in page_names().items():
        blank = wanted.get(name) in (None, "")
        if name not in wanted:
            assert value_of(now, path) == value_of(was, path)
        elif blank:
            assert after.source(path) == "default"
        else:
            assert after.source(path) == "page"
            assert value_of(now, path) == wanted[name]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("memory.surfacd", 3, "is not a setting. Did you mean memory.surfaced?"),
        ("server.port", 80, "cannot be changed here. A slip would lock this page out"),
        ("data_dir", "/x", "cannot be changed here. What is chosen here is itself kept in it"),
        ("llm.openai_api_key", "k", "cannot be changed here. Keys are kept apart"),
        ("memory.surfaced", 51, "less than or equal to 50"),
        ("memory.surfaced", "many", "valid integer"),
        ("memory.surfaced", True, "not true or false"),
        ("memory.surfaced", {"a": 1}, "valid integer"),
        ("llm.provider", "parrot", "'auto', 'anthropic'"),
        ("llm.base_url", "localhost:11434", "begins with http:// or https://"),
        ("llm.base_url", "file:///etc/passwd", "begins with http:// or https://"),
        ("llm.base_url", "http://", "names a host"),
        ("llm.read_seconds", float("inf"), f"is beyond {LARGEST:,}"),
        ("llm.max_tokens", 10**30, f"is beyond {LARGEST:,}"),
        ("segments.timeout_minutes", 600_000, "less than or equal to"),
        ("timezone", "Mars/Olympus", "is no time zone"),
        ("llm.fallbacks", [{"provider": "openai", "api_key": "s3cret"}], "keys are not kept"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_what_would(
    name: str, value: object, said: str
) -> None:
    found = faults({name: value, "user_name": "Anna"})
    assert list(found) == [name]
    assert said in found[name]
    assert "s3cret" not in found[name]


def test_every_bad_name_is_told_at_once() -> None:
    assert set(faults({"a": 1, "server.host": "x", "user_name": "Anna"})) == {"a", "server.host"}


def test_values_are_kept_in_their_plain_form() -> None:
    chosen = changed(Layers(), {"llm.fallbacks": ["ollama"], "memory.surfaced": "7"})
    assert chosen.page == {
        "llm": {"fallbacks": [{"provider": "ollama"}]},
        "memory": {"surfaced": 7},
    }


def test_the_environment_has_the_last_word() -> None:
    layers = Layers(environment={"llm": {"model": "m"}})
    assert locks(layers, {"llm.model": "n", "llm.provider": "local", "nonsense": 1}) == {
        "llm.model": "MIRA_LLM__MODEL"
    }
    assert one("llm.model", layers).locked


def test_what_holds_at_once_is_taken_up_and_the_rest_waits_for_the_next_start() -> None:
    running = Settings()
    chosen = changed(Layers(), {"memory.surfaced": 7, "segments.manifest": 5})
    now = taken_up(running, chosen.settings())
    assert (now.memory.surfaced, now.segments.manifest) == (7, running.segments.manifest)
    assert one("segments.manifest", chosen, now).pending
    assert not one("memory.surfaced", chosen, now).pending


@pytest.mark.parametrize("name", sorted(AT_ONCE))
def test_what_holds_at_once_is_looked_up_in_the_settings_that_hold_now(name: str) -> None:
    wanted: dict[str, Any] = {
        "cost.daily_ceiling_usd": 2.0,
        "knowledge.writer": "off",
        "llm.provider": "ollama",
        "llm.base_url": "http://a",
        "llm.fallbacks": ["local"],
        "memory.review": "off",
        "memory.tidying": "off",
    }
    usual = value_of(Settings(), page_names()[name])
    value = wanted.get(name, usual / 2 if isinstance(usual, float) else usual)
    value = value + 1 if isinstance(value, int) and not isinstance(value, bool) else value
    value = "rules" if name in {"memory.extraction", "touchstone.maker"} else value or "other"
    value = {"segments.night": "22-7", "segments.night_timeout_minutes": 30}.get(name, value)
    chosen = changed(Layers(), {name: value}).settings()
    now = taken_up(Settings(), chosen)
    assert now == chosen != Settings()


def test_every_setting_is_shown_with_what_it_may_be() -> None:
    settings = shown(Layers(), Settings())
    assert [setting.name for setting in settings] == list(page_names())
    for setting in settings:
        assert setting.fixed == why_fixed(setting.name)
        assert setting.accepts["type"] in {
            "string",
            "integer",
            "number",
            "array",
            "boolean",
            "object",
        }
    surfaced = one("memory.surfaced", Layers())
    assert surfaced.accepts == {"type": "integer", "minimum": 0, "maximum": 50}
    assert one("llm.model", Layers()).accepts == {"type": "string", "nullable": True}


def test_a_fallback_shows_its_key_only_as_one() -> None:
    entry = {"provider": "openai", "base_url": "http://a", "api_key": "s3cret"}
    setting = one("llm.fallbacks", Layers(file={"llm": {"fallbacks": [entry]}}))
    assert setting.value == [{**entry, "api_key": "set"}]
