"""The conversation: turns with every trinket and tool, and the chapters that they fall into."""

import tools.implementations
import working_memory.trinkets
from cns.discovery import build_one, offered
from cns.services.closing import Closing
from cns.services.opening import OpeningFigures
from cns.services.segments import SegmentService
from cns.services.summary import ExtractiveSummary, ModelSummary
from cns.services.turn import TurnLimits, TurnService
from composition.house import House
from composition.mind import Mind
from config.checks import prompt
from config.settings import Segments
from tools.tool import Tool
from tools.toolbox import DiscoveredTools
from working_memory.composer import PromptComposer
from working_memory.trinket import Trinket


def segments_of(house: House) -> SegmentService:
    """Chapters: summed up by a capable model, else from the user's own words."""
    words = ExtractiveSummary()
    written = ModelSummary(llm=house.llm, prompt=prompt("summary"), fallback=words)
    return SegmentService(
        store=house.store,
        gate=house.gate,
        first=words,
        final=written if house.llm.capable else words,
        embedder=house.embedder,
        bus=house.bus,
        clock=house.clock,
        user=house.user,
        timeout=house.settings.segment_timeout,
    )


def turns_of(house: House, mind: Mind) -> TurnService:
    """Turns, with every trinket and tool that is offered."""
    settings = house.settings
    available: dict[str, object] = {
        "store": house.store,
        "search": mind.search,
        "manifest_length": settings.segments.manifest,
        "base_prompt": prompt("base"),
        "compact_prompt": prompt("base_compact"),
    }
    trinkets = [build_one(found, available) for found in offered(working_memory.trinkets, Trinket)]
    toolset = [build_one(found, available) for found in offered(tools.implementations, Tool)]
    return TurnService(
        store=house.store,
        search=mind.search,
        composer=PromptComposer(trinkets),
        llm=house.llm,
        toolbox=DiscoveredTools(toolset if house.llm.capable else ()),
        closing=Closing(store=house.store, bus=house.bus, clock=house.clock),
        clock=house.clock,
        gate=house.gate,
        user=house.user,
        limits=TurnLimits(
            surfaced=settings.memory.surfaced,
            floor=settings.memory.floor,
            max_tokens=settings.llm.max_tokens,
            tool_rounds=settings.llm.tool_rounds,
            opening=_opening(settings.segments),
        ),
    )


def _opening(segments: Segments) -> OpeningFigures:
    return OpeningFigures(
        window=segments.opening_window,
        complexity=segments.opening_complexity,
        summaries=segments.opening_summaries,
        pairs=segments.opening_pairs,
    )
