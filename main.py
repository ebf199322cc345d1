"""The composition root: builds the program from its parts, runs it, and takes it down again."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import lt_memory.jobs
import tools.implementations
import working_memory.trinkets
from adapters import doctor
from adapters.clock import SystemClock
from adapters.embeddings import CachedEmbedder
from adapters.ground import Ground, ground_of
from adapters.names import SpacyNames
from adapters.providers import choose_embedder, choose_llm
from adapters.scheduler import scheduled
from adapters.text_index import TantivyIndex
from api import serve
from api.about import TRIAL, about
from api.app import create_app
from api.services import Services
from cns.bus import EventBus
from cns.discovery import build_one, offered
from cns.domain.events import (
    Event,
    MemoriesExtractedEvent,
    MemoriesSurfacedEvent,
    SegmentCollapsedEvent,
    TurnCompletedEvent,
    TurnFailedEvent,
)
from cns.errors import Misconfigured, StoreUnavailable
from cns.ports import LLM, Clock, Embedder, Part, User
from cns.postgres import PostgresContinuumStore
from cns.postgres_jobs import PostgresJobStore
from cns.services.activity import Activity
from cns.services.chores import Chores
from cns.services.closing import Closing
from cns.services.gate import Gate
from cns.services.health import probed
from cns.services.jobs import JobRunner
from cns.services.running import RunningTurns
from cns.services.search import Search
from cns.services.segments import SegmentService
from cns.services.summary import ExtractiveSummary, ModelSummary
from cns.services.timeouts import SegmentTimeouts
from cns.services.turn import TurnLimits, TurnService
from config import logging as logs
from config.checks import prompt, refuse_what_is_not_there_yet, zone_of
from config.loader import load
from config.names import BadSettings
from config.settings import CHECKOUT, Settings
from lt_memory.domain import question
from lt_memory.entities import RuleNames
from lt_memory.extraction import Extraction, Sources
from lt_memory.extractors import chosen_extractors
from lt_memory.job import BackgroundJob
from lt_memory.jobs.embed import EmbedPending
from lt_memory.memories import MemoryService
from lt_memory.ports import TextQuery
from lt_memory.postgres import PostgresMemories
from lt_memory.reader import Reader
from lt_memory.recall import HybridRecall
from lt_memory.recall_postgres import PostgresRecall, PostgresTexts, PostgresVectors
from tools.tool import Tool
from tools.toolbox import DiscoveredTools
from working_memory.composer import PromptComposer
from working_memory.trinket import Trinket

VERSION = "0.1.0"
WAITING = 50  # chapters, looked through for one whose extraction was put off
CATCH_UP = timedelta(seconds=30)
STOP_PATIENCE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a test may bring in place of the real thing."""

    llm: LLM | None = None
    embedder: Embedder | None = None
    clock: Clock | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What every part may need: who it is for, what time it is, where things are kept."""

    settings: Settings
    ground: Ground
    clock: Clock
    llm: LLM
    embedder: Embedder
    user: User
    bus: EventBus
    gate: Gate
    store: PostgresContinuumStore
    job_store: PostgresJobStore
    jobs: JobRunner
    chores: Chores


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """Long-term memory."""

    memories: MemoryService
    extraction: Extraction
    names: SpacyNames
    search: Search
    text_index: TantivyIndex
    embed: EmbedPending
    jobs: tuple[BackgroundJob, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mira:
    """The built program; leaving `build` takes it down."""

    house: House
    services: Services


@contextmanager
def build(settings: Settings, given: Given | None = None) -> Iterator[Mira]:
    """Everything, wired, started, and taken down in reverse on leaving.

    Raises:
        BadSettings, Misconfigured: a setting does not fit; says which, and the fix.
        StoreUnavailable: the database cannot be reached.
    """
    refuse_what_is_not_there_yet(settings)
    with ExitStack() as stack:
        house = house_of(stack, settings, given or Given())
        mind = mind_of(stack, house)
        segments = segments_of(house)
        turns = turns_of(house, mind)
        running = RunningTurns(turns, house.store, house.clock)
        activity = Activity()
        for event_type, handler in subscriptions(house, mind, activity):
            house.bus.subscribe(event_type, handler)
        stack.enter_context(house.chores)
        warm_up(house, mind)
        minutes = timedelta(minutes=settings.segments.check_minutes)
        timeouts = SegmentTimeouts(segments=segments, interval=minutes)
        stack.enter_context(
            scheduled((timeouts, *mind.jobs), house.jobs, house.job_store, house.clock)
        )
        stack.enter_context(closing(house.llm))  # ends the calls that jobs may still wait for
        stack.callback(running.settle, STOP_PATIENCE)
        services = services_of(house, mind, segments, turns, running)
        yield Mira(house=house, services=services)


def services_of(
    house: House,
    mind: Mind,
    segments: SegmentService,
    turns: TurnService,
    running: RunningTurns,
) -> Services:
    """What the edge may call."""
    settings = house.settings
    return Services(
        turns=running,
        store=house.store,
        segments=segments,
        search=mind.search,
        memories=mind.memories,
        jobs=house.jobs,
        runs_of=mind.extraction.runs_of,
        waiting=lambda: mind.extraction.waiting(WAITING),
        prompt=turns.preview,
        about=lambda: about(settings, house.llm, house.embedder, house.ground.data_dir),
        parts=lambda: parts(house, mind),
        version=VERSION,
        web_dir=CHECKOUT / "web",
        port=settings.server.port,
        allowed_hosts=settings.server.allowed_hosts,
    )


def subscriptions(
    house: House, mind: Mind, activity: Activity
) -> Sequence[tuple[type[Event], Callable[[Any], Iterable[Event] | None]]]:
    """Who hears what: the whole table. What is slow becomes a chore."""

    def take_in(_: Event) -> None:
        house.chores.soon("embed new", mind.embed.now)
        house.chores.soon("index new", lambda: mind.text_index.catch_up(CATCH_UP))

    def count_surfaced(event: MemoriesSurfacedEvent) -> None:
        house.chores.soon("count surfaced", lambda: mind.memories.record_surfaced(event.hit_ids))

    def count_cited(event: TurnCompletedEvent) -> None:
        cited = [ref for message in event.messages for ref in message.memory_refs]
        house.chores.soon("count cited", lambda: mind.memories.record_cited(cited))

    return (
        (Event, activity.note),
        (MemoriesSurfacedEvent, count_surfaced),
        (TurnCompletedEvent, count_cited),
        (TurnCompletedEvent, take_in),
        (TurnFailedEvent, take_in),
        (SegmentCollapsedEvent, mind.extraction.on_collapsed),
        (MemoriesExtractedEvent, take_in),
    )


def warm_up(house: House, mind: Mind) -> None:
    """What the first turn would otherwise wait for."""
    house.chores.soon("index", lambda: mind.text_index.catch_up(CATCH_UP))
    house.chores.soon("load the embedding model", lambda: house.embedder.embed(["warm"]))


def house_of(stack: ExitStack, settings: Settings, given: Given) -> House:
    """The ground floor, with what a crash left running marked as ended."""
    clock = given.clock or SystemClock()
    llm = given.llm or choose_llm(settings.llm)
    ground = stack.enter_context(ground_of(settings))
    store = PostgresContinuumStore(ground.database)
    job_store = PostgresJobStore(ground.database)
    user = store.only_user(settings.user_name, zone_of(settings), clock.now())
    store.fail_running_turns()
    job_store.abandon(clock.now())
    jobs = stack.enter_context(JobRunner(job_store, clock))
    return House(
        settings=settings,
        ground=ground,
        clock=clock,
        llm=llm,
        embedder=given.embedder or choose_embedder(settings.embeddings.model),
        user=user,
        bus=EventBus(),
        gate=Gate(),
        store=store,
        job_store=job_store,
        jobs=jobs,
        chores=Chores(jobs.attempt),
    )


def mind_of(stack: ExitStack, house: House) -> Mind:
    """Long-term memory over the house's database."""
    database, settings, embedder = house.ground.database, house.settings, house.embedder
    index = TantivyIndex(house.ground.data_dir / "text_index", PostgresTexts(database))
    text_index = stack.enter_context(index)
    names = SpacyNames()
    reader = Reader(names, embedder)
    memory_store = PostgresMemories(database, house.user.id)
    extractors = chosen_extractors(settings.memory, house.llm, prompt("extraction"), names)
    sources = Sources(conversation=house.store, extractors=extractors, reader=reader)
    extraction = Extraction(sources, memory_store, house.clock, settings.memory)
    minutes = timedelta(minutes=settings.cache.embedding_minutes)
    questions = CachedEmbedder(embedder, house.ground.cache, minutes, question.core)
    recall = HybridRecall(store=PostgresRecall(database, embedder.name), index=text_index)
    vectors = PostgresVectors(database)
    available: dict[str, object] = {
        "vectors": vectors,
        "embedder": embedder,
        "text_index": text_index,
        "extraction": extraction,
    }
    return Mind(
        memories=MemoryService(memory_store, Reader(RuleNames(), embedder), house.clock),
        extraction=extraction,
        names=names,
        search=Search(embedder=questions, recall=recall),
        text_index=text_index,
        embed=EmbedPending(vectors, embedder),
        jobs=tuple(build_one(job, available) for job in offered(lt_memory.jobs, BackgroundJob)),
    )


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
        ),
    )


def parts(house: House, mind: Mind) -> Sequence[Part]:
    """How each part is now."""

    def embeds() -> str:
        house.embedder.embed(["well?"])
        return house.embedder.name

    def indexes() -> str:
        mind.text_index.search(TextQuery(text="well", kinds=frozenset({"memory"}), limit=1))
        return "answers"

    return (
        *(probe() for probe in house.ground.probes),
        mind.names.ping(),
        probed("language model", house.llm.ping),
        probed("embeddings", embeds),
        probed("text index", indexes),
    )


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT."""
    serve.leave_on_sigterm()
    os.umask(0o077)  # whatever is kept is for its owner alone
    host, port = settings.server.host, settings.server.port
    with serve.bound(host, port) as listener, build(settings) as mira:
        note = "" if mira.house.llm.capable else f"\n{TRIAL}"

        def say() -> None:
            sys.stderr.write(f"MIRA is ready: http://{host}:{port}{note}\n")

        serve.run(create_app(mira.services), listener, say)
    return 0


def obey(settings: Settings, words: Sequence[str]) -> int:
    """Do what the command line says.

    Raises:
        Misconfigured: it says something else.
    """
    match words:
        case [] | ["run"]:
            return run(settings)
        case ["doctor"]:
            return doctor.run(settings)
        case ["backup" | "restore", *_]:
            raise Misconfigured("Backups come with a later version; copy the stopped data/.")
        case _:
            raise Misconfigured(f"There is no command {' '.join(words)!r}: run, or doctor.")


def main(words: Sequence[str]) -> int:
    """The exit code: 2, with one line, when the configuration does not fit."""
    try:
        settings = load(os.environ)
        logs.configure(settings.log.level, settings.log.format)
        return obey(settings, words)
    except (BadSettings, Misconfigured, StoreUnavailable) as error:
        sys.stderr.write(f"mira: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
