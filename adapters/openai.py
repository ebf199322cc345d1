"""OpenAI, or any server that speaks as it does, chosen; `OpenAICompatibleLLM` asks it."""

from typing import TYPE_CHECKING

from adapters.openai_account import key_of
from config.settings import LLMSettings

if TYPE_CHECKING:
    from adapters.openai_compatible import OpenAICompatibleLLM


class OpenAILLM:
    """Whether it can be had, and how."""

    @classmethod
    def available(cls, settings: LLMSettings) -> bool:
        return settings.base_url is not None or key_of(settings) is not None

    @classmethod
    def from_settings(cls, settings: LLMSettings) -> "OpenAICompatibleLLM":
        """Raises Misconfigured when there is no key for OpenAI, or no model for another server."""
        # The SDK takes a second to import: only who uses it should wait for it.
        from adapters.openai_compatible import OpenAICompatibleLLM  # noqa: PLC0415 - see above

        return OpenAICompatibleLLM.from_settings(settings)
