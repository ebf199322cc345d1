"""Which secrets are in force, where they are kept, and the settings that they complete."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from adapters.clock import SystemClock
from adapters.local_secrets import LocalSecrets
from adapters.openai_account import OFFICIAL_HOST
from adapters.vault import VaultSecrets
from adapters.vault_login import VaultLogin
from cns.errors import Forbidden, Misconfigured, Unavailable
from cns.ports import Clock
from cns.secrets import Secrets, SecretStore
from cns.services.secrets import SecretService
from config.embedding_settings import Embeddings
from config.environment import secrets_of
from config.settings import Fallback, LLMSettings, Settings

LLM_KEY = "MIRA_LLM__API_KEY"
SERVERS = {"openrouter.ai": "openrouter_key", "api.groq.com": "groq_key"}


def opened_secrets(
    stack: ExitStack, settings: Settings, data_dir: Path, clock: Clock
) -> SecretStore:
    """The store of secrets, read.

    Raises:
        Misconfigured: it cannot be used; says what to do.
    """
    try:
        store = _store(settings, data_dir, clock)
    except (Unavailable, Forbidden) as error:
        raise Misconfigured(error.detail) from error
    stack.callback(store.close)
    return store


def _store(settings: Settings, data_dir: Path, clock: Clock) -> SecretStore:
    if settings.vault.addr:
        return VaultSecrets(VaultLogin(settings.vault, clock))
    return LocalSecrets(data_dir, settings.secrets.key_file, clock)


def service_of(
    store: SecretStore,
    settings: Settings,
    environment: Mapping[str, str],
    learn: Callable[[str], None],
) -> SecretService:
    """Environment over store over `mira.toml`."""
    for value in secret_values(settings):
        learn(value)
    return SecretService(store, in_environment(settings, environment), in_file(settings), learn)


def looked_up(
    settings: Settings, environment: Mapping[str, str], data_dir: Path
) -> tuple[str, Settings]:
    """How the secrets are kept, in words, and the settings with them.

    Raises:
        Misconfigured: they cannot be read; says what to do.
    """
    with ExitStack() as stack:
        store = opened_secrets(stack, settings, data_dir, SystemClock())
        secrets = service_of(store, settings, environment, lambda _: None)
        return secrets.ping(), with_secrets(settings, secrets)


def with_secrets(settings: Settings, secrets: Secrets) -> Settings:
    """The settings, with what the secrets hold in its places."""
    database, cache = secrets.get("database/service_url"), secrets.get("services/valkey_url")
    return settings.model_copy(
        update={
            "llm": llm_with_keys(settings.llm, secrets),
            "embeddings": embeddings_with_key(settings.embeddings, secrets),
            "database": settings.database.model_copy(update={"url": _hidden(database)}),
            "cache": settings.cache.model_copy(update={"url": _hidden(cache)}),
        }
    )


def llm_with_keys(llm: LLMSettings, secrets: Secrets) -> LLMSettings:
    """The settings of the language models with the keys in force, for them and their fallbacks."""
    name = key_name(llm.provider, llm.base_url)
    return llm.model_copy(
        update={
            "anthropic_api_key": _hidden(secrets.get("anthropic_key")),
            "openai_api_key": _hidden(secrets.get("openai_key")),
            "api_key": _hidden(secrets.get(name)) if name else llm.api_key,
            "fallbacks": tuple(_fallback_with_key(each, llm, secrets) for each in llm.fallbacks),
        }
    )


def embeddings_with_key(
    embeddings: Embeddings, secrets: Secrets, *, own: bool = True
) -> Embeddings:
    """The settings of an embedding model with the key in force; no key goes to another's server.

    Args:
        embeddings: as they were chosen.
        secrets: those in force.
        own: the key of the embeddings is for this server. Ollama has no other.
    """
    if embeddings.provider != "openai":
        return embeddings
    host = urlsplit(embeddings.base_url or f"https://{OFFICIAL_HOST}").hostname or ""
    shared = "openai_key" if host == OFFICIAL_HOST else SERVERS.get(host)
    key = secrets.get("openai_embeddings_key") if own else None
    key = key or (secrets.get(shared) if shared else None)
    return embeddings.model_copy(update={"api_key": _hidden(key)})


def key_name(provider: str, base_url: str | None) -> str:
    """The secret that holds the key of a provider; empty while it is not known who that is."""
    if provider in {"auto", "local"}:
        return ""
    host = urlsplit(base_url or "").hostname or ""
    return SERVERS.get(host, f"{provider}_key")


def in_environment(settings: Settings, environment: Mapping[str, str]) -> Mapping[str, str]:
    """The secrets of the environment, by name; a provider's key counts as that provider's."""
    name = key_name(settings.llm.provider, settings.llm.base_url)
    own = {name: environment[LLM_KEY]} if name and environment.get(LLM_KEY) else {}
    return {**secrets_of(environment), **own}


def in_file(settings: Settings) -> Mapping[str, str]:
    """The secrets of the settings, by name; those of the environment are among them."""
    llm = settings.llm
    found = {
        "anthropic_key": llm.anthropic_api_key,
        "openai_key": llm.openai_api_key,
        "openai_embeddings_key": settings.embeddings.api_key,
        "database/service_url": settings.database.url,
        "services/valkey_url": settings.cache.url,
    }
    name = key_name(llm.provider, llm.base_url)
    if name and llm.api_key:
        found[name] = llm.api_key
    return {name: secret.get_secret_value() for name, secret in found.items() if secret}


def secret_values(section: BaseModel) -> list[str]:
    """Every secret of a section and of those in it."""
    found: list[str] = []
    for value in section.__dict__.values():
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, SecretStr):
                found.append(each.get_secret_value())
            elif isinstance(each, BaseModel):
                found += secret_values(each)
    return found


def _fallback_with_key(fallback: Fallback, llm: LLMSettings, secrets: Secrets) -> Fallback:
    same = fallback.provider == llm.provider
    name = key_name(fallback.provider, fallback.base_url or (llm.base_url if same else None))
    key = fallback.api_key or _hidden(secrets.get(name) if name else None)
    return fallback.model_copy(update={"api_key": key})


def _hidden(value: str | None) -> SecretStr | None:
    return SecretStr(value.strip()) if value else None
