"""Extraction by a model over the wire, whose answers are not quite what was asked for."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest
from pydantic import SecretStr

from adapters.metered import MeteredLLM
from adapters.postgres import Postgres
from adapters.providers import made
from cns.domain.spending import Price, Prices
from cns.errors import ModelUnavailable
from cns.ports import LLM, Page, User
from cns.postgres import PostgresContinuumStore
from cns.postgres_spending import PostgresSpending
from cns.services.purse import Purse, Tariff
from config.settings import LLMSettings, MemorySettings
from lt_memory.domain.run import Run
from lt_memory.entities import RuleNames
from lt_memory.extraction import Extraction, Sources
from lt_memory.extractors import chosen_extractors
from lt_memory.model_extraction import Asking
from lt_memory.ports import MemoryFilter
from lt_memory.postgres import PostgresMemories
from lt_memory.reader import Reader
from lt_memory.runs_postgres import PostgresRuns
from tests.chapters import ended
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.llm import Says
from tests.fakes.llm_server import FakeLLMServer
from tests.values import START

pytestmark = pytest.mark.postgres
PRICE = Price(input=1000, output=2000, cache_read=100, cache_write=1250)
CALL = (20 * 1000 + 7 * 2000 + 5 * 100) / 1_000_000
TALK = ("I'm allergic to peanuts.", "I play the cello.")


def proposed(line: int, confidence: object = 90) -> Mapping[str, object]:
    return {
        "text": TALK[line - 1],
        "kind": "fact",
        "confidence": confidence,
        "evidence": [{"message": line, "quote": TALK[line - 1]}],
        "happens_at": None,
        "expires_at": None,
        "supersedes": [],
    }


GOOD = json.dumps({"memories": [proposed(1), proposed(2, 0.95)]}, indent=1)


class World:
    """A chapter that waits, and who is asked what is worth keeping of it."""

    def __init__(self, database: Postgres, llm: LLM) -> None:
        self.database = database
        clock = FrozenClock(START)
        conversation = PostgresContinuumStore(database)
        user: User = conversation.only_user("Anna", "UTC", START)
        self.memories = PostgresMemories(database, user.id)
        self.spending = PostgresSpending(database)
        tariff = Tariff(prices=Prices(table={"quick": PRICE}), unknown=PRICE)
        metered = MeteredLLM(llm, Purse(self.spending, clock, user, lambda: tariff))
        sources = Sources(
            conversation=conversation,
            extractors=lambda: chosen_extractors(
                MemorySettings(), metered, Asking(prompt="notes"), RuleNames()
            ),
            reader=Reader(RuleNames(), FakeEmbedder()),
        )
        self.extraction = Extraction(sources, self.memories, clock, MemorySettings())
        self.segment_id = ended(conversation, user, *TALK)

    def kept(self) -> Mapping[str, float]:
        """Texts, and how sure each is."""
        found, _ = self.memories.list(MemoryFilter(), Page())
        return {each.text: each.confidence for each in found}

    def runs(self) -> Sequence[Run]:
        found, _ = PostgresRuns(self.database).list("extract", Page())
        return [record.run for record in found]

    def spent(self) -> float:
        return round(sum(s.spent.cost_usd for s in self.spending.sums(START.date())), 6)


@pytest.fixture
def server() -> Iterator[FakeLLMServer]:
    with FakeLLMServer() as server:
        yield server


@pytest.fixture
def world(database: Postgres, server: FakeLLMServer) -> Iterator[World]:
    settings = LLMSettings(
        provider="openai",
        base_url=server.openai_url,
        api_key=SecretStr("key"),
        model="slow",
        fast_model="quick",
        retries=0,
    )
    llm = made("openai", settings)
    yield World(database, llm)
    llm.close()


@pytest.mark.parametrize(
    "answer",
    [f"```json\n{GOOD}\n```", f"Here are the notes:\n{GOOD[:-1]},}}\nIs that all?", GOOD[:-2]],
    ids=["fenced", "in-prose", "unclosed"],
)
def test_a_chapter_s_facts_are_kept_from_an_answer_that_is_nearly_json(
    world: World, server: FakeLLMServer, answer: str
) -> None:
    server.will(Says(answer))
    assert world.extraction.extract(world.segment_id) is not None
    assert world.kept() == {TALK[0]: 0.9, TALK[1]: 0.95}
    assert len(server.requests) == 1


def test_a_failed_run_tells_what_it_cost(world: World, server: FakeLLMServer) -> None:
    server.will(Says("I cannot say."), replace(Says(GOOD), stop="refusal"))
    for _ in range(2):
        with pytest.raises(ModelUnavailable):
            world.extraction.extract(world.segment_id)
    runs = world.runs()
    assert [(run.state, run.cost_usd, run.usage.output_tokens) for run in runs] == [
        ("failed", CALL, 7)
    ] * 2
    assert world.spent() == pytest.approx(2 * CALL)
