"""Which extractor serves: a capable model, by batch or at once, or the rules."""

from dataclasses import dataclass

from cns.ports import LLM
from config.settings import MemorySettings
from lt_memory.batching import BatchExtractor, ChapterBatches
from lt_memory.model_extraction import Asking, ModelExtractor
from lt_memory.piecewise import Piecewise
from lt_memory.ports import Extractor, Names
from lt_memory.rules.extractor import RulesExtractor


@dataclass(frozen=True, slots=True, kw_only=True)
class Extractors:
    """Who is asked first (nobody: extraction is off), and who when that has failed often.

    Of a model, what it can answer is used then, too, and the rules read the rest.
    """

    first: Extractor | None
    fallback: Extractor


def chosen_extractors(
    settings: MemorySettings,
    llm: LLM,
    asking: Asking,
    names: Names,
    chapters: ChapterBatches | None = None,
) -> Extractors:
    """What the setting means with this model: `auto` asks it only when it is capable.

    By batch, or at once where its provider has no batches: `ChapterBatches` knows.
    """
    rules = RulesExtractor(names)
    if settings.extraction == "off":
        return Extractors(first=None, fallback=rules)
    if settings.extraction == "rules" or (settings.extraction == "auto" and not llm.capable):
        return Extractors(first=rules, fallback=rules)
    model = ModelExtractor(llm, asking, names, settings.chunk_messages)
    if chapters is None:
        return Extractors(first=model, fallback=Piecewise(model=model, rules=rules))
    sends = settings.extraction != "immediate"
    batched = BatchExtractor(model=model, chapters=chapters, sends=sends)
    return Extractors(first=batched, fallback=Piecewise(model=batched, rules=rules))
