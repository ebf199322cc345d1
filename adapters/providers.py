"""Which language model answers."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit

from adapters.anthropic import AnthropicLLM
from adapters.chain import ChainedLLM, Patience
from adapters.local_llm import LocalLLM
from adapters.ollama import OllamaLLM
from adapters.openai import OpenAILLM
from adapters.openai_account import OFFICIAL_HOST
from cns.errors import Misconfigured
from cns.ports import LLM, Clock
from config.settings import Fallback, LLMSettings


class Named(LLM, Protocol):
    """A model whose server can say which others it has."""

    def models(self) -> Sequence[str]:
        """Raises ModelUnavailable."""


Remote = type[AnthropicLLM | OpenAILLM | OllamaLLM]
REMOTE: Mapping[str, Remote] = {
    "anthropic": AnthropicLLM,
    "openai": OpenAILLM,
    "ollama": OllamaLLM,
}


def chosen_provider(settings: LLMSettings) -> str:
    """The provider that is named; for `auto` the first that is configured or answers, or `local`.

    Raises:
        Misconfigured: a key is given, but not whose.
    """
    if settings.provider != "auto":
        return settings.provider
    found = next((name for name, kind in REMOTE.items() if kind.available(settings)), "local")
    if found == "local" and settings.api_key is not None:
        raise Misconfigured(
            "MIRA_LLM__API_KEY is set, but not whose key it is. Set MIRA_LLM__PROVIDER to"
            " anthropic or openai, or use ANTHROPIC_API_KEY or OPENAI_API_KEY."
        )
    return found


def choose_llm(
    settings: LLMSettings, clock: Clock, metered: Callable[[LLM], LLM] | None = None
) -> LLM:
    """The chosen provider with its fallbacks, each behind the meter, if there is one.

    Raises:
        Misconfigured: no such choice can be made; says what to set.
    """
    llms = line_up(settings)
    return in_line([metered(llm) for llm in llms] if metered else llms, settings, clock)


def in_line(llms: Sequence[LLM], settings: LLMSettings, clock: Clock) -> LLM:
    """Those who answer as one; the built-in model alone needs no chain."""
    if len(llms) == 1 and llms[0].provider == LocalLLM.provider:
        return llms[0]
    patience = Patience(
        retries=settings.retries, recovery=timedelta(minutes=settings.recovery_minutes)
    )
    return ChainedLLM(llms, clock=clock, patience=patience)


def line_up(settings: LLMSettings) -> tuple[LLM, ...]:
    """The chosen provider, then its fallbacks, in the order in which they are asked.

    Raises:
        Misconfigured: one of them cannot be made; says which, and what to set.
    """
    chosen = chosen_provider(settings)
    with ExitStack() as undo:
        llms: list[LLM] = [made(chosen, settings)]
        undo.callback(llms[0].close)
        for number, fallback in enumerate(settings.fallbacks, 1):
            llms.append(_stand_in(number, fallback, settings_of(fallback, chosen, settings)))
            undo.callback(llms[-1].close)
        undo.pop_all()
    return tuple(llms)


def made(provider: str, settings: LLMSettings) -> Named:
    """One provider, alone.

    Raises:
        Misconfigured: it cannot be made; says what to set.
    """
    return REMOTE.get(provider, LocalLLM).from_settings(settings)


def _stand_in(number: int, fallback: Fallback, settings: LLMSettings) -> LLM:
    try:
        return made(fallback.provider, settings)
    except Misconfigured as error:
        raise Misconfigured(
            f"MIRA_LLM__FALLBACKS, entry {number} ({fallback.provider}), cannot be used. For it,"
            f" the fields of the entry are what MIRA_LLM__... are for the first: {error.detail}"
        ) from error


def settings_of(fallback: Fallback, chosen: str, settings: LLMSettings) -> LLMSettings:
    """An entry that names no server of its own shares that of its provider, and the key to it."""
    own = {name: getattr(fallback, name) for name in Fallback.model_fields}
    if fallback.provider == chosen and fallback.base_url is None:
        own["base_url"] = settings.base_url
        own["api_key"] = fallback.api_key or settings.api_key
    return settings.model_copy(update={**own, "fallbacks": ()})


def has_fast_model(settings: LLMSettings, provider: str) -> bool:
    """Whether something quicker than the reasoning model answers there."""
    if settings.fast_model or provider not in {"openai", "ollama"}:
        return True
    at = urlsplit(settings.base_url).hostname if settings.base_url else OFFICIAL_HOST
    return provider == "openai" and at == OFFICIAL_HOST
