"""What each setting is called in the environment, and what a bad one is."""

from pydantic import BaseModel

from config.settings import Settings

PREFIX = "MIRA_"
KEYS = {
    "ANTHROPIC_API_KEY": ("llm", "anthropic_api_key"),
    "OPENAI_API_KEY": ("llm", "openai_api_key"),
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
