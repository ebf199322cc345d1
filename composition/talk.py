"""The conversation: turns with every trinket and tool, and the chapters that they fall into."""

import tools.implementations
import working_memory.trinkets
from cns.discovery import build_one, offered
from cns.services.closing import Closing
from cns.services.segments import SegmentService
from cns.services.summary import ExtractiveSummary, FittingSummary, ModelSummary
from cns.services.turn import TurnService
from composition.figures import PresentLimits
from composition.house import House
from composition.mind import Mind
from config.checks import prompt
from tools.tool import Tool
from tools.toolbox import DiscoveredTools, ForCapableModels
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
        final=FittingSummary(llm=house.llm, written=written, drawn=words),
        embedder=house.embedder,
        bus=house.bus,
        clock=house.clock,
        user=house.user,
        timeout=house.settings.segment_timeout,
    )


def turns_of(house: House, mind: Mind) -> TurnService:
    """Turns, with every trinket and tool that is offered."""
    available: dict[str, object] = {
        "store": house.store,
        "search": mind.search,
        "manifest_length": house.settings.segments.manifest,
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
        toolbox=ForCapableModels(
            llm=house.llm, toolbox=DiscoveredTools(toolset, simple=house.settings.llm.simple_tools)
        ),
        closing=Closing(store=house.store, bus=house.bus, clock=house.clock),
        clock=house.clock,
        gate=house.gate,
        user=house.user,
        limits=PresentLimits(settings=house.present),
    )
