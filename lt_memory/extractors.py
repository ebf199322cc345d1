"""Which extractor serves: a capable model, or the rules."""

from dataclasses import dataclass

from cns.ports import LLM
from config.settings import MemorySettings
from lt_memory.model_extraction import Asking, ModelExtractor
from lt_memory.ports import Extractor, Names
from lt_memory.rules.extractor import RulesExtractor


@dataclass(frozen=True, slots=True, kw_only=True)
class Extractors:
    """Who is asked first (nobody: extraction is off), and who when that has failed often."""

    first: Extractor | None
    fallback: Extractor


def chosen_extractors(
    settings: MemorySettings, llm: LLM, asking: Asking, names: Names
) -> Extractors:
    """What the setting means with this model: `auto` asks it only when it is capable."""
    rules = RulesExtractor(names)
    if settings.extraction == "off":
        return Extractors(first=None, fallback=rules)
    if settings.extraction == "rules" or (settings.extraction == "auto" and not llm.capable):
        return Extractors(first=rules, fallback=rules)
    model = ModelExtractor(llm, asking, names, settings.chunk_messages)
    return Extractors(first=model, fallback=rules)
