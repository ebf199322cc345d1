"""Figures of the settings that are looked up at each use, so that a change holds at once."""

from dataclasses import dataclass

from adapters.providers import has_fast_model
from cns.ports import LLM
from cns.services.opening import OpeningFigures
from config.present import Present
from config.settings import TouchstoneSettings

SHARE_OF_KNOWLEDGE = 8  # one part in so many of what a model can take in


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentLimits:
    """Implements `cns.services.turn.Limits` by the settings as they stand."""

    settings: Present

    @property
    def surfaced(self) -> int:
        return self.settings().memory.surfaced

    @property
    def floor(self) -> float:
        return self.settings().memory.floor

    @property
    def max_tokens(self) -> int:
        return self.settings().llm.max_tokens

    @property
    def tool_rounds(self) -> int:
        return self.settings().llm.tool_rounds

    @property
    def opening(self) -> OpeningFigures:
        segments = self.settings().segments
        return OpeningFigures(
            window=segments.opening_window,
            complexity=segments.opening_complexity,
            summaries=segments.opening_summaries,
            pairs=segments.opening_pairs,
        )


def knowledge_room(settings: Present, llm: LLM) -> int:
    """What domain knowledge may take of the prompt, in tokens, with the model that answers now."""
    return min(settings().knowledge.tokens, llm.context_tokens // SHARE_OF_KNOWLEDGE)


def touchstone_figures(settings: Present, llm: LLM) -> TouchstoneSettings:
    """`auto` means the rules where only the reasoning model could be asked: it is too slow."""
    figures = settings().touchstone
    if figures.maker == "auto" and not has_fast_model(settings().llm, llm.provider):
        return figures.model_copy(update={"maker": "rules"})
    return figures
