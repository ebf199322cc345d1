"""The secrets in force, and what is told of them."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.local_secrets import LocalSecrets
from cns.bus import EventBus
from cns.domain.events import SecretChangedEvent
from cns.errors import InvalidInput, NotFound
from cns.secrets import KNOWN, LARGEST, SecretState, Source, checked_name
from cns.services.secrets import SecretNews, SecretService, SecretUpkeep
from composition.secrets import (
    in_environment,
    in_file,
    key_name,
    llm_with_keys,
    secret_values,
    with_secrets,
)
from config.settings import DatabaseSettings, Fallback, LLMSettings, Settings
from tests.fakes.clock import FrozenClock
from tests.fakes.secrets import FakeSecretStore
from tests.fakes.store import FakeContinuumStore


def service(store: FakeSecretStore, **environment: str) -> SecretService:
    return SecretService(store, environment, {"kagi": "of the file"}, lambda _: None)


def state(secrets: SecretService, name: str) -> SecretState:
    return next(each for each in secrets.list() if each.name == name)


def test_the_environment_goes_over_the_store_and_the_store_over_the_file() -> None:
    store = FakeSecretStore()
    assert service(store).get("kagi") == "of the file"
    store.put("kagi", "of the store")
    assert service(store).get("kagi") == "of the store"
    assert service(store, kagi="of the environment").get("kagi") == "of the environment"


def test_it_is_told_which_is_in_force() -> None:
    store = FakeSecretStore()
    assert state(service(store), "kagi").source is Source.FILE
    assert state(service(store), "groq_key").source is Source.NONE
    store.put("kagi", "of the store")
    assert state(service(store), "kagi").source is Source.LOCAL
    over = state(service(store, kagi="of the environment"), "kagi")
    assert (over.source, over.stored, over.overridden) == (Source.ENVIRONMENT, True, True)


def test_setting_what_the_environment_holds_says_that_it_is_overridden() -> None:
    secrets = service(FakeSecretStore(), kagi="of the environment")
    put = secrets.put("kagi", "of-the-store")
    assert put.overridden
    assert "environment" in put.note
    assert secrets.get("kagi") == "of the environment"


def test_the_list_names_what_is_known_and_what_is_stored() -> None:
    store = FakeSecretStore()
    store.put("weather/key", "value")
    names = [each.name for each in service(store, maps_key="value").list()]
    assert set(names) == {*KNOWN, "weather/key", "maps_key"}
    assert names[-3:] == ["database/service_url", "services/valkey_url", "weather/key"]


def test_what_is_deleted_falls_back_on_what_is_below() -> None:
    secrets = service(FakeSecretStore())
    secrets.put("kagi", "of-the-store")
    assert secrets.delete("kagi").source is Source.FILE
    with pytest.raises(NotFound):
        secrets.delete("kagi")


@pytest.mark.parametrize(
    "name", ["", "A", "a b", "../etc", "a/b/c", "a/", "/a", "-a", "a" * 65, "sk-ant-x", "a\n"]
)
def test_a_name_that_does_not_fit_is_refused_without_saying_it(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked_name(name)
    assert "sk-ant" not in caught.value.detail


@pytest.mark.parametrize("name", [*KNOWN, "tool/key-1.x", "a"])
def test_a_name_that_fits_is_taken(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize("value", ["", " \n", "x" * (LARGEST + 1), "é" * LARGEST, "\0", "\ud800"])
@pytest.mark.parametrize("name", ["kagi", "mail/password"])
def test_a_value_that_does_not_fit_is_refused(name: str, value: str) -> None:
    store = FakeSecretStore()
    with pytest.raises(InvalidInput):
        service(store).put(name, value)
    assert store.stored() == {}


@pytest.mark.parametrize("value", ["two words", "sk-…cut", "line\nline", "tab\tbed"])
def test_what_is_no_key_is_refused_for_a_key_alone(value: str) -> None:
    secrets = service(FakeSecretStore())
    with pytest.raises(InvalidInput, match="Copy it again") as caught:
        secrets.put("anthropic_key", value)
    assert value not in caught.value.detail
    assert secrets.put("mail/password", value).stored
    assert secrets.put("anthropic_key", "the-key\n").stored


def test_whoever_watches_is_told_the_name_alone() -> None:
    secrets, told = service(FakeSecretStore()), list[str]()
    leave = secrets.watch(told.append)
    secrets.put("kagi", "value")
    secrets.delete("kagi")
    leave()
    secrets.put("kagi", "value")
    assert told == ["kagi", "kagi"]


def test_what_others_stored_is_noticed_by_the_upkeep() -> None:
    store, told = FakeSecretStore(others={"groq_key": "value"}), list[str]()
    secrets = service(store)
    secrets.watch(told.append)
    assert SecretUpkeep(secrets=secrets).run() == {"changed": 1}
    assert SecretUpkeep(secrets=secrets).run() == {"changed": 0}
    assert told == ["groq_key"]


def test_what_was_taken_in_on_the_way_is_told_all_the_same(
    tmp_path: Path, clock: FrozenClock
) -> None:
    mine, others = (LocalSecrets(tmp_path, None, clock) for _ in range(2))
    secrets, told = SecretService(mine, {}, {}, lambda _: None), list[str]()
    secrets.watch(told.append)
    others.put("groq_key", "value")
    secrets.ping()
    secrets.put("kagi", "value")
    assert secrets.refresh() == ["groq_key"]
    others.delete("groq_key")
    assert secrets.refresh() == ["groq_key"]
    assert secrets.refresh() == []
    assert told == ["kagi", "groq_key", "groq_key"]


def test_every_value_is_learned() -> None:
    store, learned = FakeSecretStore(), list[str]()
    store.put("kagi", "stored")
    secrets = SecretService(store, {"a": "of env"}, {"b": "of file"}, learned.append)
    secrets.put("groq_key", "new")
    assert learned == ["of env", "of file", "stored", "new"]


def test_the_news_of_a_change_is_its_name(clock: FrozenClock) -> None:
    store, bus, told = FakeContinuumStore(), EventBus(), list[SecretChangedEvent]()
    bus.subscribe(SecretChangedEvent, told.append)
    user = store.only_user("Anna", "Europe/Berlin", clock.now())
    SecretNews(store=store, user=user, bus=bus, clock=clock).tell("kagi")
    assert [(event.name, event.user_id) for event in told] == [("kagi", user.id)]


# --- the settings that they complete -----------------------------------------------------------


def kept(secrets: dict[str, str], settings: Settings, **environment: str) -> SecretService:
    store = FakeSecretStore()
    for name, value in secrets.items():
        store.put(name, value)
    held = in_environment(settings, environment)
    return SecretService(store, held, in_file(settings), lambda _: None)


def plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


@pytest.mark.parametrize(
    ("provider", "base_url", "name"),
    [
        ("anthropic", None, "anthropic_key"),
        ("openai", None, "openai_key"),
        ("openai", "https://openrouter.ai/api/v1", "openrouter_key"),
        ("openai", "https://api.groq.com/openai/v1", "groq_key"),
        ("openai", "http://127.0.0.1:8000/v1", "openai_key"),
        ("ollama", None, "ollama_key"),
        ("auto", None, ""),
        ("local", None, ""),
    ],
)
def test_each_provider_s_key_has_a_name(provider: str, base_url: str | None, name: str) -> None:
    assert key_name(provider, base_url) == name


def test_the_store_s_keys_reach_the_providers() -> None:
    settings = Settings()
    llm = llm_with_keys(settings.llm, kept({"anthropic_key": "a\n", "openai_key": "o"}, settings))
    assert (plain(llm.anthropic_api_key), plain(llm.openai_api_key)) == ("a", "o")
    assert llm.api_key is None


def test_a_key_of_the_environment_goes_over_the_store_s() -> None:
    settings = Settings(llm=LLMSettings(provider="anthropic", api_key=SecretStr("env")))
    secrets = kept({"anthropic_key": "stored"}, settings, MIRA_LLM__API_KEY="env")
    assert plain(llm_with_keys(settings.llm, secrets).api_key) == "env"
    assert state(secrets, "anthropic_key").source is Source.ENVIRONMENT


def test_a_stored_key_goes_over_the_file_s() -> None:
    settings = Settings(llm=LLMSettings(provider="anthropic", api_key=SecretStr("file")))
    assert plain(llm_with_keys(settings.llm, kept({}, settings)).api_key) == "file"
    secrets = kept({"anthropic_key": "stored"}, settings)
    assert plain(llm_with_keys(settings.llm, secrets).api_key) == "stored"


def test_another_provider_never_gets_the_first_one_s_key() -> None:
    settings = Settings(llm=LLMSettings(provider="anthropic", api_key=SecretStr("file")))
    other = settings.llm.model_copy(update={"provider": "openai"})
    assert llm_with_keys(other, kept({}, settings)).api_key is None


def test_each_fallback_has_the_key_of_its_provider() -> None:
    fallbacks = (
        Fallback(provider="openai", base_url="https://openrouter.ai/api/v1"),
        Fallback(provider="openai", api_key=SecretStr("its own")),
        Fallback(provider="anthropic"),
        Fallback(provider="local"),
    )
    settings = Settings(llm=LLMSettings(provider="anthropic", fallbacks=fallbacks))
    secrets = kept({"openrouter_key": "r", "openai_key": "o", "anthropic_key": "a"}, settings)
    keys = [plain(each.api_key) for each in llm_with_keys(settings.llm, secrets).fallbacks]
    assert keys == ["r", "its own", "a", None]


def test_addresses_are_filled_in_where_the_settings_have_none() -> None:
    settings = Settings()
    stored = {"database/service_url": "postgresql://h/d", "services/valkey_url": "redis://h"}
    filled = with_secrets(settings, kept(stored, settings))
    assert (plain(filled.database.url), plain(filled.cache.url)) == tuple(stored.values())
    assert with_secrets(settings, kept({}, settings)) == settings


def test_every_secret_of_the_settings_is_known_to_the_redaction() -> None:
    settings = Settings(
        database=DatabaseSettings(url=SecretStr("one")),
        llm=LLMSettings(fallbacks=(Fallback(provider="openai", api_key=SecretStr("two")),)),
    )
    assert secret_values(settings) == ["one", "two"]
