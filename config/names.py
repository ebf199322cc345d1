"""What each setting is called in the environment, and what a bad one is."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import get_args

from pydantic import BaseModel, SecretStr

from config.settings import Settings

PREFIX = "MIRA_"
KEYS = {
    "ANTHROPIC_API_KEY": ("llm", "anthropic_api_key"),
    "OPENAI_API_KEY": ("llm", "openai_api_key"),
}
FILE = "_FILE"  # behind the name of a secret one: the file that holds it
VARIABLES = {  # the secrets that the environment may hold, by their names in the store
    "anthropic_key": ("ANTHROPIC_API_KEY", "MIRA_LLM__ANTHROPIC_API_KEY"),
    "openai_key": ("OPENAI_API_KEY", "MIRA_LLM__OPENAI_API_KEY"),
    "openai_embeddings_key": ("OPENAI_EMBEDDINGS_API_KEY", "MIRA_EMBEDDINGS__API_KEY"),
    "openrouter_key": ("OPENROUTER_API_KEY",),
    "groq_key": ("GROQ_API_KEY",),
    "letta_key": ("LETTA_API_KEY",),
    "google_maps_api_key": ("GOOGLE_MAPS_API_KEY",),
    "kagi": ("KAGI_API_KEY",),
    "database/service_url": ("MIRA_DATABASE__URL",),
    "services/valkey_url": ("MIRA_CACHE__URL",),
}


class BadSettings(ValueError):
    """A setting is unknown or does not fit; the message names it and the fix."""


def known_names() -> dict[str, tuple[str, ...]]:
    """Each setting's environment variable and the path to it."""
    names: dict[str, tuple[str, ...]] = {}
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            for inner in section.model_fields:
                names[f"{PREFIX}{name}__{inner}".upper()] = (name, inner)
        else:
            names[f"{PREFIX}{name}".upper()] = (name,)
    return names


def secret_names() -> dict[str, tuple[str, ...]]:
    """The environment variables that hold a secret setting, and the paths to them."""
    secret = set(_secret_paths())
    return {
        variable: path for variable, path in {**known_names(), **KEYS}.items() if path in secret
    }


def _secret_paths() -> Iterator[tuple[str, str]]:
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            for inner, held in section.model_fields.items():
                if SecretStr in (held.annotation, *get_args(held.annotation)):
                    yield name, inner


def secret_variables() -> frozenset[str]:
    """Every environment variable that may hold a secret."""
    return frozenset(secret_names()) | {name for names in VARIABLES.values() for name in names}


def nearest(name: str, known: list[str]) -> str:
    """A sentence that names the nearest, or where to look; it begins with a space."""
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    return f" Did you mean {close[0]}?" if close else " The README says where all are listed."
