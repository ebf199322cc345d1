"""Long-term memory, built over the house's database."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import lt_memory.jobs
from adapters.batches import SHARE
from adapters.embeddings import CachedEmbedder, NoCache
from adapters.languages import language
from adapters.names import SpacyNames
from adapters.text_index import TantivyIndex
from cns.batch_ports import batches_of
from cns.discovery import build_one, offered
from cns.domain.model import ModelRequest
from cns.domain.stream import Usage
from cns.services.search import Search
from cns.services.summary import ExtractiveSummary
from composition.house import House
from composition.knowledge import knowledge_writer_of, user_information_of
from composition.reranking import reranked
from composition.tidying import tidying_of
from composition.trust import intake_of, review_of, thresholds, what_waits
from config.checks import prompt
from lt_memory.ageing import Ageing, ageing
from lt_memory.batches_postgres import PostgresBatches
from lt_memory.batching import ChapterBatches
from lt_memory.bidding import ImmediateBidding
from lt_memory.domain import question
from lt_memory.entities import RuleNames
from lt_memory.entity_keeper import EntityKeeper
from lt_memory.erasing import ErasingService
from lt_memory.extraction import Extraction, Sources
from lt_memory.extractors import Extractors, chosen_extractors
from lt_memory.forecast import Forecast
from lt_memory.history import HistoryService
from lt_memory.history_postgres import PostgresHistory
from lt_memory.intake import Intake
from lt_memory.job import BackgroundJob
from lt_memory.jobs.embed import EmbedPending
from lt_memory.link_judge import LinkJudge
from lt_memory.linking import LinkService
from lt_memory.linking_postgres import PostgresLinks
from lt_memory.memories import MemoryService
from lt_memory.model_extraction import Asking
from lt_memory.postgres import PostgresMemories
from lt_memory.reader import Reader
from lt_memory.recall import HybridRecall
from lt_memory.recall_postgres import PostgresRecall, PostgresTexts, PostgresVectors
from lt_memory.rehearsal import Pricing
from lt_memory.reshaping import ReshapingService
from lt_memory.review import ReviewService
from lt_memory.runs import RunService
from lt_memory.runs_postgres import PostgresRuns
from lt_memory.surroundings import ShownMemories
from lt_memory.switching_postgres import PostgresSwitch


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """Long-term memory.

    Attributes:
        discreet: searches as `search` does, and remembers no question.
    """

    memories: MemoryService
    links: LinkService
    history: HistoryService
    reshaping: ReshapingService
    review: ReviewService
    intake: Intake
    runs: RunService
    forecast: Forecast
    extraction: Extraction
    names: SpacyNames
    search: Search
    discreet: Search
    bidding: ImmediateBidding
    text_index: TantivyIndex
    embed: EmbedPending
    jobs: tuple[BackgroundJob, ...]


def _runs_of(house: House) -> RunService:
    """The runs of background work, with what a crash left running marked as ended."""
    runs = PostgresRuns(house.ground.database)
    runs.abandon(house.clock.now())
    return RunService(runs, house.clock)


def mind_of(stack: ExitStack, house: House, names: SpacyNames | None = None) -> Mind:
    """Long-term memory over the house's database; a test may bring names that load no model."""
    database, embedder = house.ground.database, house.embedder
    text_index = stack.enter_context(_text_index_of(house))
    names = names or SpacyNames()
    memory_store = PostgresMemories(database, house.user.id)
    extraction = _extraction_of(house, memory_store, names)
    (search, discreet), reader = _searches_of(stack, house, text_index), Reader(names, embedder)
    vectors, figures = PostgresVectors(database), _figures_of(house)
    available: dict[str, object] = {
        "vectors": vectors,
        **_embedding(house),
        "text_index": text_index,
        "extraction": extraction,
        "chapter_batches": _batches_of(house),
        "user": house.user,
        "ladder_store": memory_store,
        "ageing": figures,
        "clock": house.clock,
        "publish": house.bus.publish,
        **_by_models(house, memory_store, reader),
    }
    return Mind(
        links=LinkService(memory_store, PostgresLinks(database), house.clock),
        memories=MemoryService(memory_store, reader, house.clock),
        history=HistoryService(PostgresHistory(database), memory_store, reader, house.clock),
        reshaping=ReshapingService(memory_store, reader, house.clock),
        review=review_of(house, memory_store, reader),
        intake=intake_of(house, memory_store, reader),
        runs=_runs_of(house),
        forecast=Forecast(memory_store, figures, house.clock),
        extraction=extraction,
        names=names,
        search=search,
        discreet=discreet,
        bidding=_bidding_of(house, memory_store),
        text_index=text_index,
        embed=EmbedPending(vectors, embedder),
        jobs=tuple(build_one(job, available) for job in offered(lt_memory.jobs, BackgroundJob)),
    )


def _by_models(house: House, store: PostgresMemories, reader: Reader) -> dict[str, object]:
    """What whichever model answers now does in the background, where it is capable."""
    return {
        **tidying_of(house, store, reader),
        "knowledge_writer": knowledge_writer_of(house),
        "user_information": user_information_of(house),
        "link_judge": LinkJudge(
            store=store,
            llm=house.llm,
            prompt=prompt("links"),
            clock=house.clock,
            figures=lambda: house.present().memory,
        ),
        "entity_keeper": EntityKeeper(
            store=store,
            llm=house.llm,
            embedder=house.embedder,
            prompt=prompt("entities"),
            clock=house.clock,
            figures=lambda: house.present().memory,
        ),
    }


def _embedding(house: House) -> dict[str, object]:
    """The model whose vectors stand, and what puts another in its place."""
    switch_store = PostgresSwitch(house.ground.database)
    return {
        "embedder": house.embedder,
        "switch_store": switch_store,
        "successor": house.successor,
    }


def _text_index_of(house: House) -> TantivyIndex:
    return TantivyIndex(
        house.ground.data_dir / "text_index",
        PostgresTexts(house.ground.database),
        language(house.settings.memory.language),
    )


def _batches_of(house: House) -> ChapterBatches:
    store = PostgresBatches(house.ground.database)
    return ChapterBatches(store=store, batches=lambda: batches_of(house.llm), clock=house.clock)


def erasing_of(house: House) -> ErasingService:
    """The user's hand on what was said."""
    return ErasingService(
        store=PostgresMemories(house.ground.database, house.user.id),
        conversation=house.store,
        summariser=ExtractiveSummary(),
        gate=house.gate,
        bus=house.bus,
        clock=house.clock,
        user=house.user,
    )


def _extraction_of(house: House, store: PostgresMemories, names: SpacyNames) -> Extraction:
    zone = ZoneInfo(house.user.timezone)
    shown = ShownMemories(conversation=house.store, memories=store)
    asking = Asking(prompt=prompt("extraction"), zone=zone, surroundings=shown)
    batches = _batches_of(house)

    def extractors() -> Extractors:
        return chosen_extractors(house.present().memory, house.llm, asking, names, batches)

    reader = Reader(names, house.embedder)
    sources = Sources(
        conversation=house.store,
        extractors=extractors,
        reader=reader,
        zone=zone,
        review=what_waits(house),
        price=_price_of(house),
    )
    return Extraction(sources, store, house.clock, house.settings.memory)


def _price_of(house: House) -> Pricing:
    """By the list, of the model that answers now; half of it by batch."""

    def price(request: ModelRequest, usage: Usage, batched: bool) -> float | None:  # noqa: FBT001 - the type's
        port = batches_of(house.llm)
        model = port.model_for(request) if port else house.llm.model
        listed = house.purse.price(house.llm.provider, model)
        return None if listed is None else listed.of(usage) * (SHARE if batched else 1)

    return price


def _searches_of(stack: ExitStack, house: House, index: TantivyIndex) -> tuple[Search, Search]:
    """One that keeps the vectors of questions for a while, and one that keeps none."""
    settings, embedder = house.settings, house.embedder
    fused = HybridRecall(
        store=PostgresRecall(house.ground.database, lambda: embedder.name),
        index=index,
        dormant_within=settings.memory.dormant_within,
        clock=house.clock,
        zone=ZoneInfo(house.user.timezone),
    )
    recall = reranked(stack, settings.reranker, fused)
    minutes = timedelta(minutes=settings.cache.embedding_minutes)
    questions = CachedEmbedder(embedder, house.ground.cache, minutes, question.core)
    unkept = CachedEmbedder(embedder, NoCache(), minutes, question.core)
    return Search(embedder=questions, recall=recall), Search(embedder=unkept, recall=recall)


def _figures_of(house: House) -> Callable[[], Ageing]:
    return lambda: ageing(house.present().memory)


def _bidding_of(house: House, store: PostgresMemories) -> ImmediateBidding:
    """Follows orders at once, so names are found by rules: the large model may have to load."""
    return ImmediateBidding(
        store=store,
        conversation=house.store,
        reader=Reader(RuleNames(), house.embedder),
        clock=house.clock,
        zone=ZoneInfo(house.user.timezone),
        thresholds=thresholds(house),
    )
