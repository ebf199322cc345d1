"""Extraction by batch: real database, real SDK, a server that speaks Anthropic's batches."""

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Literal

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from typing_extensions import override

import main
from adapters.metered import MeteredLLM
from adapters.postgres import Postgres
from adapters.providers import in_line, made
from api.app import create_app
from cns.batch_ports import Batch, batches_of
from cns.bus import EventBus
from cns.domain.events import Event
from cns.domain.message import SegmentId
from cns.domain.model import Purpose
from cns.domain.segment import Summary
from cns.domain.spending import Price, Prices
from cns.errors import SpendingCeiling, StoreUnavailable
from cns.ports import LLM, ModelRequest, Page, User
from cns.postgres import PostgresContinuumStore
from cns.postgres_spending import PostgresSpending
from cns.services.gate import Gate
from cns.services.purse import Purse, Tariff
from cns.services.summary import ExtractiveSummary
from composition.house import Given
from config.settings import (
    CacheSettings,
    DatabaseSettings,
    LLMSettings,
    MemorySettings,
    Settings,
)
from lt_memory.batch_ports import Submission
from lt_memory.batches_postgres import PostgresBatches
from lt_memory.batching import OLDEST, RETRIES, UNHEARD, ChapterBatches
from lt_memory.domain.run import Run
from lt_memory.entities import RuleNames
from lt_memory.erasing import ErasingService
from lt_memory.extraction import Extraction, Sources
from lt_memory.extractors import chosen_extractors
from lt_memory.jobs.batches import CollectBatches
from lt_memory.jobs.extract import ExtractPending
from lt_memory.model_extraction import Asking, ModelExtractor
from lt_memory.ports import MemoryFilter
from lt_memory.postgres import PostgresMemories
from lt_memory.reader import Reader
from lt_memory.rehearsal import BY_BATCH, BY_RULES
from lt_memory.runs_postgres import PostgresRuns
from tests.chapters import ended
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.llm import Says, document
from tests.fakes.llm_batches import (
    Answered,
    Canceled,
    Errored,
    Expired,
    FakeBatches,
    HalfWritten,
    Missing,
    Outcome,
)
from tests.fakes.llm_server import FakeLLMServer, Status
from tests.fakes.llm_wire import WireRequest
from tests.servers import TestServer, temporary_folder
from tests.values import START, message
from tests.waiting import until

pytestmark = pytest.mark.postgres
HERE = "http://127.0.0.1:8765"
LINE = re.compile(r"^\[(?P<number>\d+)\] \S+ person: (?P<text>.*)$", re.MULTILINE)
PRICE = Price(input=1000, output=2000, cache_read=100, cache_write=1250)
TARIFF = Tariff(prices=Prices(table={"quick": PRICE}), unknown=PRICE)
CALL = (20 * 1000 + 7 * 2000 + 5 * 100) / 1_000_000  # at the list price
PEANUTS = "I'm allergic to peanuts."
TALK = (PEANUTS, "My sister Anna lives in Leeds.", "I work as a nurse.", "I play the cello.")


def noted(request: WireRequest) -> Says:
    """Every line of the person's is proposed as it stands."""
    return document({
        "memories": [
            {
                "text": line["text"],
                "kind": "fact",
                "confidence": 90,
                "evidence": [{"message": int(line["number"]), "quote": line["text"]}],
                "happens_at": None,
                "expires_at": None,
                "supersedes": [],
            }
            for line in LINE.finditer(request.heard)
        ]
    })  # fmt: skip


Lines = Mapping[str, LLM]


class World:
    """The real store and the real SDK; `restart` builds all anew that remembers anything."""

    def __init__(self, database: Postgres, server: FakeLLMServer, line: Lines) -> None:
        self.server, self.line, self.asked = server, line, line["anthropic"]
        self.batches = server.batches = FakeBatches(answerer=noted)
        self.database, self.clock = database, FrozenClock(START)
        self.conversation = PostgresContinuumStore(database)
        self.user: User = self.conversation.only_user("Anna", "Europe/Berlin", START)
        self.memories = PostgresMemories(database, self.user.id)
        self.spending = PostgresSpending(database)
        self.tariff = TARIFF
        self.settings = MemorySettings(chunk_messages=2)
        self.told: list[Event] = []
        self.restart()

    def restart(self) -> None:
        self.purse = Purse(self.spending, self.clock, self.user, lambda: self.tariff)
        metered = MeteredLLM(self.asked, self.purse)
        llm = in_line([metered], LLMSettings(retries=0), self.clock)
        self.store = PostgresBatches(self.database)
        self.chapters = ChapterBatches(
            store=self.store, batches=lambda: batches_of(llm), clock=self.clock
        )
        sources = Sources(
            conversation=self.conversation,
            extractors=lambda: chosen_extractors(
                self.settings, llm, Asking(prompt="notes"), RuleNames(), self.chapters
            ),
            reader=Reader(RuleNames(), FakeEmbedder()),
        )
        self.extraction = Extraction(sources, self.memories, self.clock, self.settings)
        publish = self.told.extend
        self.collect = CollectBatches(self.chapters, self.extraction, self.user, publish)
        self.sweep = ExtractPending(self.extraction, self.user, publish)

    def ended(self, *texts: str) -> Any:
        return ended(self.conversation, self.user, *(texts or TALK))

    def sent(self, *texts: str) -> Any:
        """A chapter that is out."""
        segment_id = self.ended(*texts)
        assert self.extraction.extract(segment_id) is None
        return segment_id

    def kept(self) -> Sequence[str]:
        found, _ = self.memories.list(MemoryFilter(), Page())
        return sorted(memory.text for memory in found)

    def runs(self, state: str = "done") -> Sequence[Run]:
        found, _ = PostgresRuns(self.database).list("extract", Page())
        return [record.run for record in found if record.run.state == state]

    def rows(self) -> Sequence[Mapping[str, Any]]:
        with self.database.transaction() as tx:
            return tx.all("SELECT * FROM extraction_batches ORDER BY retry_count")

    def spent(self) -> tuple[int, float]:
        """Calls and dollars, as the table has them."""
        sums = [s.spent for s in self.spending.sums(START.date())]
        return sum(s.calls for s in sums), round(sum(s.cost_usd for s in sums), 6)

    def run(self, sql: str, **values: object) -> None:
        with self.database.transaction() as tx:
            tx.run(sql, **values)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeLLMServer]:
    with FakeLLMServer(noted) as server:
        yield server


def _llm(provider: Literal["anthropic", "openai"], url: str) -> LLMSettings:
    return LLMSettings(
        provider=provider,
        base_url=url,
        api_key=SecretStr("key"),
        model="slow",
        fast_model="quick",
        retries=0,
    )


@pytest.fixture(scope="module")
def line(server: FakeLLMServer) -> Iterator[Lines]:
    """Who can be asked, by provider."""
    with ExitStack() as stack:
        line = {
            "anthropic": made("anthropic", _llm("anthropic", server.url)),
            "openai": made("openai", _llm("openai", server.openai_url)),
        }
        for llm in line.values():
            stack.callback(llm.close)
        yield line


@pytest.fixture(scope="module")
def place_dsn(postgres_server: TestServer) -> Iterator[str]:
    """One database for all: a new one a test would be most of what these cost."""
    with postgres_server.migrated_database() as dsn:
        yield dsn


@pytest.fixture(scope="module")
def place(place_dsn: str) -> Iterator[Postgres]:
    database = Postgres(place_dsn, DatabaseSettings(pool_min=1))
    yield database
    database.close()


@pytest.fixture
def world(place: Postgres, server: FakeLLMServer, line: Lines) -> World:
    with place.transaction() as tx:
        tx.run(
            "TRUNCATE users, segments, runs, spending, spending_promises, batches_to_cancel,"
            " memory_tombstones CASCADE"
        )
    server.requests.clear()
    server.queue.clear()
    return World(place, server, line)


def listed(told: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = told[name]
    return found


def test_a_rehearsal_says_what_would_be_asked_and_asks_nobody(world: World) -> None:
    segment_id = world.ended()
    told = world.sweep.rehearse()
    (chapter,) = listed(told, "chapters")
    assert (chapter["segment_id"], chapter["way"], told["chunks"]) == (str(segment_id), BY_BATCH, 2)
    assert told["input_tokens"] > 0 < told["output_tokens"]  # type: ignore[operator]  # numbers
    assert (told["cost_usd"], world.batches.calls, world.rows()) == (None, [], [])
    assert world.collect.rehearse() == {"under_way": [], "to_cancel": 0}
    world.extraction.extract(segment_id)
    (out,) = listed(world.collect.rehearse(), "under_way")
    assert (out["segment_id"], out["status"], out["chunks"]) == (str(segment_id), "processing", 2)
    assert world.sweep.rehearse()["chapters"] == []


def test_a_rehearsal_asks_only_for_what_has_no_answer(world: World) -> None:
    world.batches.outcomes.extend([Answered(), Errored()])
    segment_id = world.sent()
    world.batches.end()
    (submission,) = world.store.under_way()
    assert world.chapters.collected(submission)
    assert world.extraction.waiting(9) == [segment_id]
    assert world.sweep.rehearse()["chunks"] == 1


def test_a_rehearsal_of_the_rules_says_what_would_be_stored_and_stores_nothing(
    world: World,
) -> None:
    segment_id = world.ended(PEANUTS)
    sources = Sources(
        conversation=world.conversation,
        extractors=lambda: chosen_extractors(
            MemorySettings(extraction="rules"), world.asked, Asking(prompt=""), RuleNames()
        ),
        reader=Reader(RuleNames(), FakeEmbedder()),
    )
    extraction = Extraction(sources, world.memories, world.clock, world.settings)
    told = extraction.rehearse(9)
    (chapter,) = listed(told, "chapters")
    (decision,) = chapter["decisions"]
    assert (chapter["way"], decision["decision"]) == (BY_RULES, "stored")
    assert "memory_id" not in decision
    assert len(decision["evidence"]) == 1
    assert "peanuts" not in json.dumps(told)
    assert (world.kept(), extraction.waiting(9)) == ([], [segment_id])


# --- the whole path ------------------------------------------------------------


def test_a_chapter_goes_out_and_comes_back_as_one_run(world: World) -> None:
    segment_id = world.sent()
    assert world.collect.run() == {"runs": [], "under_way": 1}
    world.batches.end()
    told = world.collect.run()
    (run,) = world.runs()
    assert told == {"runs": [str(run.id)], "under_way": 0}
    assert world.kept() == sorted(TALK)
    assert (run.inputs["segment_id"], run.summary) == (
        str(segment_id),
        "4 stored, 0 known, 0 refused; by batch",
    )
    assert (run.inputs["batches"], run.inputs["asked_at_once"]) == ([*world.batches.kept], 0)
    assert [row["status"] for row in world.rows()] == ["completed"]
    assert [type(event).__name__ for event in world.told] == ["MemoriesExtractedEvent"]
    assert world.server.requests == []


def test_a_batch_costs_half(world: World) -> None:
    world.sent()
    world.batches.end()
    world.collect.run()
    (run,) = world.runs()
    assert run.cost_usd == CALL  # two calls
    assert (run.usage.input_tokens, run.usage.output_tokens) == (40, 14)
    assert world.spent() == (2, CALL)
    assert world.purse.today().spent.cost_usd == CALL
    (summed,) = world.spending.sums(START.date())
    assert (summed.purpose, summed.model) == (Purpose.EXTRACTION, "quick")


def test_what_is_out_is_passed_over_by_the_sweep(world: World) -> None:
    segment_id = world.sent()
    assert world.extraction.waiting(9) == []
    assert world.sweep.run() == {"runs": []}
    assert world.extraction.extract(segment_id) is None
    assert world.batches.handed_in() == [2]


def test_what_goes_out_is_what_would_be_asked_at_once(world: World) -> None:
    world.sent()
    world.settings = world.settings.model_copy(update={"extraction": "immediate"})
    world.extraction.extract(world.ended())
    (batch,) = world.batches.kept.values()
    at_once = [dict(request.body) for request in world.server.requests]
    assert [
        {name: value for name, value in body.items() if name not in {"stream", "messages"}}
        for body in at_once
    ] == [
        {name: value for name, value in each["params"].items() if name != "messages"}
        for each in batch.requests
    ]


def test_no_words_are_kept_of_what_is_out(world: World) -> None:
    world.sent()
    world.batches.end()
    world.collect.run()
    assert "peanuts" not in str(world.rows())


@pytest.mark.parametrize("setting", ["auto", "batch"])
def test_a_provider_without_batches_is_asked_at_once(world: World, setting: str) -> None:
    world.asked = world.line["openai"]
    world.settings = world.settings.model_copy(update={"extraction": setting})
    world.restart()
    assert world.extraction.extract(world.ended()) is not None
    assert (world.kept(), world.rows()) == (sorted(TALK), [])


@pytest.mark.parametrize("setting", ["immediate", "rules"])
def test_nothing_goes_out_by_batch_when_that_is_not_wanted(world: World, setting: str) -> None:
    world.settings = world.settings.model_copy(update={"extraction": setting})
    assert world.extraction.extract(world.ended()) is not None
    assert (world.batches.calls, PEANUTS in world.kept()) == ([], True)


def test_what_is_out_is_used_though_the_setting_was_changed(world: World) -> None:
    world.sent()
    world.settings = world.settings.model_copy(update={"extraction": "immediate"})
    world.batches.end()
    world.collect.run()
    assert (world.kept(), world.server.requests) == (sorted(TALK), [])


def test_nothing_new_goes_out_while_the_provider_rests(world: World) -> None:
    chain = in_line(
        [world.line["anthropic"], world.line["openai"]], LLMSettings(retries=0), world.clock
    )
    chapters = replace(world.chapters, batches=lambda: batches_of(chain))
    world.server.will(Status(529))
    asked = ModelRequest(system=(), messages=(message("Who answers?"),), fast=True)
    assert len(list(chain.stream(asked))) > 0
    segment_id = world.ended()
    assert not chapters.send(segment_id, {"a": asked})
    world.clock.move(timedelta(minutes=6))
    assert chapters.send(segment_id, {"a": asked})
    assert world.batches.handed_in() == [1]


@pytest.mark.valkey
def test_a_chapter_ended_by_hand_is_done_once_it_is_out(
    world: World, valkey_url: str, place_dsn: str
) -> None:
    with temporary_folder() as folder:
        settings = Settings(
            data_dir=folder / "data",
            timezone="UTC",
            database=DatabaseSettings(url=SecretStr(place_dsn), pool_min=1),
            cache=CacheSettings(url=SecretStr(valkey_url)),
            llm=_llm("anthropic", world.server.url),
        )
        given = Given(embedder=FakeEmbedder(), clock=world.clock)
        with (
            main.build(settings, given) as mira,
            TestClient(create_app(mira.services), base_url=HERE) as client,
        ):
            client.post("/api/chat", json={"message": PEANUTS, "stream": False})
            done = settled(client, "/api/segments/active/collapse")
            assert (done["state"], done["result"]["runs"]) == ("done", [])
            assert settled(client, "/api/jobs/batches/run")["result"] == {
                "runs": [],
                "under_way": 1,
            }
    looking(world)
    assert world.kept() == [PEANUTS]


def settled(client: TestClient, path: str) -> Mapping[str, Any]:
    """The job that a request started, once it is done."""
    answer = client.post(path)

    def taken() -> bool:
        """Its own hour may have come just now."""
        nonlocal answer
        if answer.status_code != HTTPStatus.CONFLICT:
            return True
        answer = client.post(path)
        return False

    until(taken, 60)
    job_id = answer.json()["job_id"]

    def job() -> Mapping[str, Any]:
        told: Mapping[str, Any] = client.get(f"/api/jobs/{job_id}").json()
        return told

    until(lambda: job()["state"] in {"done", "failed"}, 60)
    return job()


# --- restarts --------------------------------------------------------------------


def looking(world: World) -> None:
    """What is out comes to its end, and the job runs."""
    world.batches.end()
    world.collect.run()


def test_a_restart_between_the_steps_loses_and_doubles_nothing(world: World) -> None:
    for step in ("sent", "collect", "end", "collect", "sweep"):
        match step:
            case "sent":
                world.sent()
            case "collect":
                world.collect.run()
            case "end":
                world.batches.end()
            case "sweep":
                world.sweep.run()
        world.restart()
    assert (world.kept(), len(world.runs())) == (sorted(TALK), 1)
    assert (world.batches.handed_in(), world.spent()) == ([2], (2, CALL))


class Dying(PostgresBatches):
    """A store whose program dies instead of keeping that a batch has this status."""

    def __init__(self, database: Postgres, status: str) -> None:
        super().__init__(database)
        self._status = status

    @override
    def keep(self, submission: Submission) -> bool:
        if submission.status == self._status:
            raise StoreUnavailable("The program is killed here.")
        return super().keep(submission)


def dying(world: World, status: str) -> ChapterBatches:
    return replace(world.chapters, store=Dying(world.database, status))


def test_a_batch_whose_id_was_never_kept_is_handed_in_again_and_stored_once(world: World) -> None:
    world.chapters = dying(world, "processing")
    with pytest.raises(StoreUnavailable):
        world.extraction.extract(world.ended())
    world.restart()
    world.batches.end()
    assert world.collect.run() == {"runs": [], "under_way": 1}
    world.clock.move(UNHEARD + timedelta(minutes=1))
    assert world.collect.run() == {"runs": [], "under_way": 1}
    assert world.batches.handed_in() == [2, 2]
    looking(world)
    assert (world.kept(), len(world.runs())) == (sorted(TALK), 1)


def test_results_that_were_read_but_not_noted_are_read_again_and_paid_for_once(
    world: World,
) -> None:
    world.sent()
    world.batches.end()
    (submission,) = world.store.under_way()
    with pytest.raises(StoreUnavailable):
        dying(world, "completed").collected(submission)
    world.restart()
    world.collect.run()
    assert (world.kept(), world.spent()) == (sorted(TALK), (2, CALL))


def test_results_that_were_noted_but_not_stored_are_stored_by_the_sweep(world: World) -> None:
    world.sent()
    world.batches.end()
    (submission,) = world.store.under_way()
    assert world.chapters.collected(submission)
    world.restart()
    assert len(world.sweep.run()["runs"]) == 1  # type: ignore[arg-type]  # a list of ids
    assert (world.kept(), world.spent(), world.server.requests) == (sorted(TALK), (2, CALL), [])


def test_a_chapter_that_was_extracted_meanwhile_is_not_extracted_again(world: World) -> None:
    segment_id = world.sent()
    world.run("UPDATE segments SET extracted_at = now() WHERE id = %(id)s", id=segment_id)
    looking(world)
    assert (world.kept(), world.runs(), world.store.under_way()) == ([], [], [])


# --- what goes wrong -----------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Errored("overloaded_error"), "failed"),
        (Expired(), "expired"),
        (Canceled(), "failed"),
        (HalfWritten(), "failed"),
        (Missing(), "failed"),
        (Says('{"memories": [', stop="length"), "failed"),
        (Says("I would rather not."), "failed"),
    ],
    ids=["errored", "expired", "canceled", "half", "missing", "too_long", "unfit"],
)
def test_a_request_without_an_answer_goes_out_again_alone(
    world: World, outcome: Outcome, status: str
) -> None:
    world.sent()
    world.batches.outcomes = deque([outcome])
    looking(world)
    assert (world.kept(), world.batches.handed_in()) == ([], [2, 1])
    looking(world)
    (run,) = world.runs()
    assert world.kept() == sorted(TALK)
    assert [row["status"] for row in world.rows()] == [status, "completed"]
    assert (run.inputs["submissions"], run.inputs["asked_at_once"]) == (2, 0)
    assert sorted(world.batches.kept) == run.inputs["batches"]


def test_after_three_retries_the_rest_is_asked_at_once_and_the_run_says_so(world: World) -> None:
    world.sent()
    world.batches.outcomes = deque([Errored(), Answered(), *[Errored()] * RETRIES])
    for _ in range(RETRIES + 1):
        looking(world)
    assert world.batches.handed_in() == [2, 1, 1, 1]
    (run,) = world.runs()
    assert world.kept() == sorted(TALK)
    assert run.summary.endswith("; 1 asked at once after 4 batches")
    assert (run.inputs["asked_at_once"], len(world.server.requests)) == (1, 1)
    assert run.cost_usd == round(CALL * 1.5, 9)


def test_an_outage_never_throws_away_what_batches_answered(world: World) -> None:
    world.sent()
    world.batches.outcomes = deque([Errored(), Answered(), *[Errored()] * RETRIES])
    world.server.will(*[Status(503)] * 7)
    for _ in range(RETRIES + 1):
        looking(world)
    for _ in range(7):
        world.sweep.run()
    (run,) = world.runs()
    assert (run.model, world.kept()) == ("slow", sorted(TALK))
    assert (run.inputs["asked_at_once"], world.runs("failed")) == (1, [])


def test_where_no_answer_is_of_use_after_that_the_rules_do(world: World) -> None:
    world.sent()
    world.batches.outcomes = deque([Errored()] * 2 * (RETRIES + 1))
    world.server.will(*[Says("I would rather not.")] * 5)
    for _ in range(RETRIES + 1):
        looking(world)
    for _ in range(3):
        world.sweep.run()
    (run,) = world.runs()
    assert (run.model, PEANUTS in world.kept()) == ("slow, rules", True)
    assert "2 of 2 stretches read by rules" in run.summary


@pytest.mark.parametrize("status", [404, 500, 529, 0])
def test_a_batch_interface_that_cannot_be_had_means_at_once(world: World, status: int) -> None:
    world.batches.faults = deque([status])
    assert world.extraction.extract(world.ended()) is not None
    assert (world.kept(), [row["status"] for row in world.rows()]) == (sorted(TALK), ["failed"])


def test_a_batch_whose_word_was_lost_is_never_read(world: World) -> None:
    world.batches.lost_words = 1
    assert world.extraction.extract(world.ended()) is not None
    looking(world)
    assert (len(world.runs()), world.kept()) == (1, sorted(TALK))


def test_a_provider_that_is_away_while_a_batch_is_out_is_asked_again(world: World) -> None:
    world.sent()
    world.batches.faults = deque([503])
    told = world.collect.run()
    assert (told["runs"], told["under_way"], len(told["put_off"])) == ([], 1, 1)  # type: ignore[arg-type]  # a list
    looking(world)
    assert world.kept() == sorted(TALK)


def test_results_that_break_off_on_the_way_are_read_again(world: World) -> None:
    world.sent()
    world.batches.end()
    world.batches.cuts = 1
    assert world.collect.run()["under_way"] == 1
    world.collect.run()
    assert (world.kept(), world.spent()) == (sorted(TALK), (2, CALL))


def test_one_batch_that_fails_keeps_no_other_from_being_stored(world: World) -> None:
    world.sent(PEANUTS)
    world.clock.move(timedelta(minutes=1))
    world.sent("I play the cello.")
    world.batches.end()
    world.batches.faults = deque([500])
    world.collect.run()
    assert world.kept() == ["I play the cello."]


def test_a_provider_that_is_away_is_asked_for_one_batch_and_not_for_each(world: World) -> None:
    for n in range(3):
        world.clock.move(timedelta(minutes=1))
        world.sent(f"I have {n + 2} dogs.")
    world.batches.end()
    world.batches.calls.clear()
    world.batches.faults = deque([503] * 3)
    told = world.collect.run()
    assert (told["under_way"], len(world.batches.calls)) == (3, 1)


def test_a_batch_that_the_provider_does_not_know_goes_out_again(world: World) -> None:
    world.sent()
    world.batches.kept.clear()
    world.collect.run()
    assert world.batches.handed_in() == [2]
    looking(world)
    assert world.kept() == sorted(TALK)


def test_answers_that_the_provider_has_thrown_away_are_asked_for_at_once(world: World) -> None:
    world.sent()
    world.batches.end()
    (submission,) = world.store.under_way()
    assert world.chapters.collected(submission)
    world.batches.kept.clear()
    world.sweep.run()
    assert (world.kept(), len(world.server.requests)) == (sorted(TALK), 2)


def test_a_batch_that_takes_too_long_is_cancelled_and_goes_out_again(world: World) -> None:
    world.sent()
    world.clock.move(OLDEST + timedelta(minutes=1))
    world.collect.run()
    assert [row["status"] for row in world.rows()] == ["expired", "processing"]
    assert [call.rpartition("/")[2] for call in world.batches.calls].count("cancel") == 1
    looking(world)
    assert world.kept() == sorted(TALK)


def test_a_batch_that_ended_while_the_program_was_off_is_read_however_old(world: World) -> None:
    world.sent()
    world.batches.end()
    world.clock.move(5 * OLDEST)
    world.collect.run()
    assert (world.kept(), world.batches.handed_in()) == (sorted(TALK), [2])


def test_another_provider_in_between_means_at_once(world: World) -> None:
    world.sent()
    world.asked = world.line["openai"]
    world.restart()
    world.collect.run()
    assert (world.kept(), len(world.server.requests)) == (sorted(TALK), 2)


def test_above_the_ceiling_nothing_goes_out_and_the_chapter_waits(world: World) -> None:
    world.tariff = replace(TARIFF, ceiling_usd=0.0)
    segment_id = world.ended()
    with pytest.raises(SpendingCeiling):
        world.extraction.extract(segment_id)
    assert (world.rows(), world.batches.calls) == ([], [])
    assert world.extraction.waiting(9) == [segment_id]
    world.tariff = TARIFF
    world.sweep.run()
    looking(world)
    assert world.kept() == sorted(TALK)


def test_what_is_out_counts_towards_the_ceiling_until_it_is_paid(world: World) -> None:
    world.tariff = replace(TARIFF, ceiling_usd=5.0)
    world.sent(PEANUTS, "I work as a nurse.", "I play the cello.")
    world.clock.move(timedelta(minutes=1))
    second = world.ended("I have two dogs.")
    with pytest.raises(SpendingCeiling, match="batches that are out may cost"):
        world.extraction.extract(second)
    assert world.extraction.waiting(9) == [second]
    looking(world)
    world.sweep.run()
    looking(world)
    assert "I have two dogs." in world.kept()


def test_what_is_out_counts_for_a_day_at_most(world: World) -> None:
    world.tariff = replace(TARIFF, ceiling_usd=5.0)
    world.sent()
    assert not world.purse.today().background_runs
    world.clock.move(timedelta(days=1))
    assert world.purse.today().background_runs


def test_a_batch_that_is_cancelled_counts_no_more(world: World) -> None:
    world.tariff = replace(TARIFF, ceiling_usd=5.0)
    world.sent()
    (submission,) = world.store.under_way()
    port = world.chapters.batches()
    assert port is not None
    port.cancel(Batch(id=str(submission.batch_id), purpose=Purpose.EXTRACTION))
    assert world.purse.today().background_runs


def test_what_is_out_is_remembered_by_a_restart(world: World) -> None:
    world.tariff = replace(TARIFF, ceiling_usd=5.0)
    world.sent()
    world.restart()
    assert not world.purse.today().background_runs
    looking(world)
    world.restart()
    assert world.purse.today().promised_usd == 0


def erased(world: World, segment_id: SegmentId, *texts: str) -> int:
    """Erase what was said there; how many batches were called back."""
    service = ErasingService(
        store=world.memories,
        conversation=world.conversation,
        summariser=ExtractiveSummary(),
        gate=Gate(),
        bus=EventBus(),
        clock=world.clock,
        user=world.user,
    )
    said = {each.text: each for each in world.conversation.segment_messages(segment_id)}
    receipts = [service.erase(said[text].id, dry_run=False) for text in texts]
    return sum(each.removed.get("batches", 0) for each in receipts)


def cancellations(world: World) -> int:
    return sum(call.endswith("/cancel") for call in world.batches.calls)


def test_a_batch_with_words_that_were_erased_is_cancelled_and_goes_out_without_them(
    world: World,
) -> None:
    segment_id = world.sent()
    assert erased(world, segment_id, PEANUTS) == 1
    assert world.collect.run()["cancelled"] == 1
    assert (cancellations(world), world.rows()) == (1, [])
    summary = Summary(title="Talk", text="They talked.", complexity=1)
    world.conversation.finish_segment(segment_id, summary, None, "fake")
    world.sweep.run()
    looking(world)
    assert world.kept() == sorted(TALK[1:])
    assert "cancelled" not in world.collect.run()


def test_a_batch_of_a_chapter_that_was_erased_whole_is_cancelled(world: World) -> None:
    segment_id = world.sent()
    assert erased(world, segment_id, *TALK) == 1
    world.collect.run()
    assert (cancellations(world), world.rows()) == (1, [])


class Erasing(PostgresBatches):
    """A store whose submission is gone before the provider's word is in."""

    @override
    def keep(self, submission: Submission) -> bool:
        self.withdraw(submission)
        return super().keep(submission)


def test_a_batch_whose_words_were_erased_while_it_was_handed_in_is_cancelled(world: World) -> None:
    segment_id = world.ended()
    asked = replace(world.chapters, store=Erasing(world.database))
    model = ModelExtractor(world.line["anthropic"], Asking(prompt="notes"), RuleNames(), 2)
    requests = model.requests(world.conversation.segment_messages(segment_id))
    assert asked.send(segment_id, requests)
    assert (cancellations(world), world.rows()) == (1, [])


def test_a_batch_that_cannot_be_cancelled_now_is_cancelled_later(world: World) -> None:
    segment_id = world.sent()
    erased(world, segment_id, PEANUTS)
    world.batches.faults = deque([503])
    assert world.collect.run()["put_off"]
    world.collect.run()
    assert cancellations(world) == 2
    assert world.store.to_cancel() == []


def test_an_answer_whose_message_is_gone_is_dropped(world: World) -> None:
    segment_id = world.sent()
    first = world.conversation.segment_messages(segment_id)[0]
    world.run(
        "UPDATE messages SET turn_id = NULL WHERE id = %(id)s;"
        " DELETE FROM turns WHERE user_message_id = %(id)s;"
        " DELETE FROM messages WHERE id = %(id)s",
        id=first.id,
    )
    looking(world)
    assert world.kept() == []
    looking(world)
    assert world.kept() == sorted(TALK[1:])


def test_finished_batches_are_forgotten_after_two_days(world: World) -> None:
    world.sent()
    looking(world)
    world.clock.move(OLDEST + timedelta(minutes=1))
    world.collect.run()
    assert world.rows() == []
