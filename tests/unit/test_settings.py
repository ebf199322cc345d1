"""Settings: environment over file over defaults, and a clear word on what does not fit."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.checks import prompt, refuse_what_is_not_there_yet, zone_of
from config.loader import load
from config.names import BadSettings, known_names
from config.settings import Fallback, Settings

Write = Callable[[str], dict[str, str]]


@pytest.fixture
def file(tmp_path: Path) -> Write:
    """Writes mira.toml; gives the environment that finds it."""

    def write(text: str) -> dict[str, str]:
        (tmp_path / "mira.toml").write_text(text, encoding="utf-8")
        return {"MIRA_DATA_DIR": str(tmp_path)}

    return write


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, str]:
    """An environment without a file."""
    return {"MIRA_DATA_DIR": str(tmp_path)}


def refusal(environment: dict[str, str]) -> str:
    with pytest.raises(BadSettings) as caught:
        load(environment)
    return str(caught.value)


def test_nothing_has_to_be_set(nowhere: dict[str, str], tmp_path: Path) -> None:
    assert load(nowhere) == Settings(data_dir=tmp_path)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Settings().user_name = "Anna"  # type: ignore[misc]  # this is what must not work


def test_a_variable_is_taken(nowhere: dict[str, str]) -> None:
    settings = load(nowhere | {"MIRA_SERVER__PORT": "9000", "MIRA_USER_NAME": "Anna"})
    assert (settings.server.port, settings.user_name) == (9000, "Anna")


def test_other_programs_variables_are_left_alone(nowhere: dict[str, str]) -> None:
    assert load(nowhere | {"PATH": "x", "OTHER__THING": "y"}) == load(nowhere)


def test_an_empty_variable_counts_as_not_set(nowhere: dict[str, str]) -> None:
    assert load(nowhere | {"MIRA_SERVER__PORT": ""}) == load(nowhere)


def test_a_list_is_json(nowhere: dict[str, str]) -> None:
    settings = load(nowhere | {"MIRA_SERVER__ALLOWED_HOSTS": '["a.example", "b.example"]'})
    assert settings.server.allowed_hosts == ("a.example", "b.example")


def test_a_list_that_is_no_json_is_refused(nowhere: dict[str, str]) -> None:
    said = refusal(nowhere | {"MIRA_SERVER__ALLOWED_HOSTS": "a.example"})
    assert "MIRA_SERVER__ALLOWED_HOSTS" in said
    assert '["one", "two"]' in said


def test_a_fallback_is_a_name_or_an_object(nowhere: dict[str, str]) -> None:
    given = '["anthropic", {"provider": "openai", "base_url": "http://a", "api_key": "s3cret"}]'
    first, second = load(nowhere | {"MIRA_LLM__FALLBACKS": given}).llm.fallbacks
    assert first == Fallback(provider="anthropic")
    assert (second.provider, second.base_url, second.model) == ("openai", "http://a", None)
    assert "s3cret" not in repr(second)


def test_fallbacks_are_taken_from_the_file(file: Write) -> None:
    settings = load(file('[llm]\nfallbacks = ["ollama", {provider = "local"}]'))
    assert [entry.provider for entry in settings.llm.fallbacks] == ["ollama", "local"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ('["parrot"]', "llm.fallbacks.0.provider"),
        ('["local", {"model": "m"}]', "llm.fallbacks.1.provider"),
        ('[{"provider": "openai", "api_key": "s3cret", "modell": "m"}]', "modell"),
        ('[{"provider": "openai", "api_key": ["s3cret"]}]', "llm.fallbacks.0.api_key"),
        ('[{"provider": "openai", "api_key": "s3cret"', "no JSON"),
        ("[3]", "llm.fallbacks.0"),
        ('"openai"', "llm.fallbacks"),
    ],
)
def test_a_bad_fallback_is_refused_in_one_line_without_its_key(
    given: str, named: str, nowhere: dict[str, str]
) -> None:
    said = refusal(nowhere | {"MIRA_LLM__FALLBACKS": given})
    assert said.startswith("MIRA_LLM__FALLBACKS")
    assert named in said
    assert "s3cret" not in said
    assert "\n" not in said


def test_the_keys_of_providers_are_found_under_their_usual_names(nowhere: dict[str, str]) -> None:
    settings = load(nowhere | {"ANTHROPIC_API_KEY": "a", "OPENAI_API_KEY": "o"}).llm
    assert settings.anthropic_api_key is not None
    assert settings.openai_api_key is not None
    assert settings.anthropic_api_key.get_secret_value() == "a"
    assert settings.openai_api_key.get_secret_value() == "o"


def test_an_unknown_variable_is_refused_with_the_nearest(nowhere: dict[str, str]) -> None:
    said = refusal(nowhere | {"MIRA_SERVER__PROT": "1"})
    assert said == "MIRA_SERVER__PROT is not a setting. Did you mean MIRA_SERVER__PORT?"


def test_a_variable_like_no_other_is_refused_with_a_place_to_look(nowhere: dict[str, str]) -> None:
    assert "README" in refusal(nowhere | {"MIRA_ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ": "1"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MIRA_SERVER__PORT", "0"),
        ("MIRA_SERVER__PORT", "many"),
        ("MIRA_LLM__PROVIDER", "parrot"),
        ("MIRA_MEMORY__FLOOR", "2"),
        ("MIRA_SERVER__ALLOWED_HOSTS", "[1]"),
        ("MIRA_LLM__RETRIES", "6"),
        ("MIRA_LLM__RECOVERY_MINUTES", "0"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(
    name: str, value: str, nowhere: dict[str, str]
) -> None:
    assert name in refusal(nowhere | {name: value})


def test_a_refusal_does_not_tell_secrets(nowhere: dict[str, str]) -> None:
    said = refusal(nowhere | {"MIRA_LLM__API_KEY": "s3cret", "MIRA_LLM__PROVIDER": "parrot"})
    assert "s3cret" not in said


def test_the_file_goes_over_the_defaults(file: Write) -> None:
    settings = load(file('user_name = "Anna"\n[server]\nport = 9000\nallowed_hosts = ["a"]'))
    assert (settings.user_name, settings.server.port) == ("Anna", 9000)
    assert settings.server.allowed_hosts == ("a",)


def test_the_environment_goes_over_the_file(file: Write) -> None:
    environment = file('user_name = "Anna"\n[server]\nport = 9000\nhost = "::1"')
    settings = load(environment | {"MIRA_SERVER__PORT": "9001", "MIRA_USER_NAME": "Bea"})
    assert (settings.user_name, settings.server.port, settings.server.host) == ("Bea", 9001, "::1")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[server]\nprot = 1", "server.prot is not a setting. Did you mean server.port?"),
        ('user_nam = "Anna"', "user_nam is not a setting. Did you mean user_name?"),
        ("server = 3", "server is not a setting."),
        ("[timezone]\nname = 'x'", "timezone.name is not a setting."),
        ("[server]\nport = 'x'", "MIRA_SERVER__PORT (server.port in mira.toml)"),
        ("[serv]", "serv"),
    ],
)
def test_an_unknown_key_in_the_file_is_refused(text: str, named: str, file: Write) -> None:
    assert named in refusal(file(text))


def test_a_file_that_is_no_toml_is_refused(file: Write) -> None:
    said = refusal(file("port =\n"))
    assert "mira.toml is not valid TOML" in said
    assert "line 1" in said


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mira.toml").write_bytes(b"\xff\xfe\x00")
    assert "mira.toml is not valid TOML" in refusal({"MIRA_DATA_DIR": str(tmp_path)})


def test_every_setting_has_a_variable() -> None:
    names = known_names()
    assert names["MIRA_DATA_DIR"] == ("data_dir",)
    assert names["MIRA_SEGMENTS__TIMEOUT_MINUTES"] == ("segments", "timeout_minutes")


def test_a_segment_s_patience_is_in_minutes() -> None:
    assert Settings().segment_timeout.total_seconds() == 3600


# --- what the settings ask for together --------------------------------------------------------


def test_the_defaults_ask_for_nothing_that_is_missing() -> None:
    refuse_what_is_not_there_yet(Settings())


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("MIRA_SERVER__HOST", "0.0.0.0", "MIRA_SERVER__HOST"),
        ("MIRA_SERVER__ALLOWED_HOSTS", '["mira.example"]', "MIRA_SERVER__ALLOWED_HOSTS"),
        ("MIRA_AUTH__PASSWORD", "x", "MIRA_AUTH__PASSWORD"),
        ("MIRA_AUTH__TOKEN", "x", "MIRA_AUTH__TOKEN"),
        ("MIRA_BACKUP__PASSPHRASE", "x", "MIRA_BACKUP__PASSPHRASE"),
    ],
)
def test_what_is_not_there_yet_is_refused_by_name(
    name: str, value: str, named: str, nowhere: dict[str, str]
) -> None:
    with pytest.raises(BadSettings) as caught:
        refuse_what_is_not_there_yet(load(nowhere | {name: value}))
    assert str(caught.value).startswith(named)
    assert "Take it out." in str(caught.value)


def test_a_named_zone_is_kept() -> None:
    assert zone_of(Settings(timezone="Asia/Tokyo")) == "Asia/Tokyo"


def test_the_machine_s_zone_is_found() -> None:
    assert zone_of(Settings())


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "\x00", "Europe"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(BadSettings, match="Europe/London"):
        zone_of(Settings(timezone=name))


def test_a_prompt_is_read() -> None:
    assert "MIRA" in prompt("base")


def test_a_missing_prompt_is_refused() -> None:
    with pytest.raises(BadSettings, match=r"none\.md is missing"):
        prompt("none")


def test_prices_are_a_json_object_or_a_table_of_the_file(
    nowhere: dict[str, str], file: Write
) -> None:
    price = '{"my-model": {"input": 0.5, "output": 2, "cache_read": 0.05}}'
    given = load(nowhere | {"MIRA_COST__PRICES": price}).cost.prices["my-model"]
    table = '[cost.prices."my-model"]\ninput = 0.5\noutput = 2\ncache_read = 0.05\n'
    assert load(file(table)).cost.prices["my-model"] == given
    assert (given.input, given.cache_read, given.cache_write) == (0.5, 0.05, None)


def test_a_price_below_nothing_is_refused(nowhere: dict[str, str]) -> None:
    unknown = '{"input": -1, "output": 2}'
    assert "MIRA_COST__UNKNOWN_PRICE" in refusal(nowhere | {"MIRA_COST__UNKNOWN_PRICE": unknown})
