"""The conversation: turns with every trinket and tool, and the chapters that they fall into."""

from dataclasses import replace
from datetime import timedelta

import tools.implementations
import working_memory.trinkets
from cns.discovery import build_one, offered
from cns.domain.segment import Night
from cns.ports import Toolbox
from cns.services.branching import Branching
from cns.services.closing import Closing
from cns.services.gauge import Gauge
from cns.services.search import Search
from cns.services.segments import SegmentService
from cns.services.summary import ExtractiveSummary, FittingSummary, ModelSummary
from cns.services.touchstone import Touchstones
from cns.services.touchstone_model import Asking
from cns.services.turn import TurnService
from cns.services.unkept import OffTheRecord
from composition.figures import PresentLimits, knowledge_room, touchstone_figures
from composition.house import House
from composition.mind import Mind
from config.checks import prompt
from config.settings import Segments
from lt_memory.knowledge_postgres import PostgresKnowledge
from lt_memory.user_information_postgres import PostgresUserInformation
from tools.tool import Access, Tool
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
        night=_night(house.settings.segments),
    )


def with_timeouts(segments: SegmentService, figures: Segments) -> SegmentService:
    """The same service, as it times out now."""
    minutes = timedelta(minutes=figures.timeout_minutes)
    return replace(segments, timeout=minutes, night=_night(figures))


def _night(segments: Segments) -> Night | None:
    if segments.night_timeout_minutes is None:
        return None
    begins, _, ends = segments.night.partition("-")
    timeout = timedelta(minutes=segments.night_timeout_minutes)
    return Night(begins=int(begins), ends=int(ends), timeout=timeout)


def branching_of(house: House) -> Branching:
    """Goes back to branches of the open chapter that were left."""
    return Branching(
        store=house.store, gate=house.gate, bus=house.bus, clock=house.clock, user=house.user
    )


def turns_of(house: House, mind: Mind) -> TurnService:
    """Turns, with every trinket and tool that is offered."""
    available: dict[str, object] = {
        "store": house.store,
        "manifest_length": house.settings.segments.manifest,
        "base_prompt": prompt("base"),
        "compact_prompt": prompt("base_compact"),
        "knowledge": PostgresKnowledge(house.ground.database),
        "about_user": PostgresUserInformation(house.ground.database),
        "knowledge_room": lambda: knowledge_room(house.present, house.llm),
    }
    trinkets = [build_one(found, available) for found in offered(working_memory.trinkets, Trinket)]
    return TurnService(
        store=house.store,
        search=mind.search,
        touchstones=touchstones_of(house),
        composer=PromptComposer(trinkets),
        llm=house.llm,
        toolbox=_toolbox(house, _tools(house, mind.search)),
        gauge=Gauge(cache=house.ground.cache),
        closing=Closing(store=house.store, bus=house.bus, clock=house.clock),
        clock=house.clock,
        gate=house.gate,
        user=house.user,
        limits=PresentLimits(settings=house.present),
        bidding=mind.bidding,
    )


def touchstones_of(house: House) -> Touchstones:
    """What a turn is about, by the fast model of whoever answers now."""
    return Touchstones(
        llm=house.llm,
        store=house.store,
        asking=Asking(prompt=prompt("touchstone"), timezone=house.user.timezone),
        pool=house.models,
        attempt=house.jobs.attempt,
        figures=lambda: touchstone_figures(house.present, house.llm),
    )


def off_the_record(house: House, mind: Mind, turns: TurnService) -> OffTheRecord:
    """The same turns incognito: no question is remembered, and no tool does more than read."""
    reading = [tool for tool in _tools(house, mind.discreet) if tool.access is Access.READ]
    return OffTheRecord(turns=turns, search=mind.discreet, toolbox=_toolbox(house, reading))


def _tools(house: House, search: Search) -> list[Tool]:
    available: dict[str, object] = {"store": house.store, "search": search}
    return [build_one(found, available) for found in offered(tools.implementations, Tool)]


def _toolbox(house: House, toolset: list[Tool]) -> Toolbox:
    simple = house.settings.llm.simple_tools
    box = DiscoveredTools(toolset, simple=simple, redact=house.redaction)
    return ForCapableModels(llm=house.llm, toolbox=box)
