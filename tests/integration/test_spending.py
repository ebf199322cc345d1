"""Money on the whole program: what the wires tell is paid for, and a day with a ceiling passes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from typing_extensions import override

import main
from adapters.anthropic import AnthropicLLM
from adapters.metered import MeteredLLM
from adapters.openai_compatible import OpenAICompatibleLLM
from api.app import create_app
from cns.domain.message import SegmentId
from cns.domain.model import Purpose
from cns.domain.stream import Usage
from cns.ports import LLM, ModelRequest
from cns.services.purse import Purse
from cns.services.segments import SegmentService
from composition.house import Given
from composition.money import PresentTariff
from config.present import Present
from config.settings import (
    CacheSettings,
    CostSettings,
    DatabaseSettings,
    LLMSettings,
    ModelPrice,
    Settings,
)
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.llm import MODEL, FakeLLM, Says, Step, document
from tests.fakes.llm_server import FakeLLMServer
from tests.fakes.spending import FakeSpending
from tests.servers import temporary_folder
from tests.values import ANNA, message
from tests.waiting import until

HERE = "http://127.0.0.1:8765"
TOLD = Usage(
    input_tokens=1_000_000,
    output_tokens=100_000,
    cache_read_tokens=2_000_000,
    cache_write_tokens=400_000,
)
CLAUDE = 3 + 1.5 + 2 * 0.3 + 0.4 * 3.75
GPT = 0.25 + 0.2 + 2 * 0.025  # of this wire nobody is told what was written to the cache


def _claude(server: FakeLLMServer) -> LLM:
    key = SecretStr("key")
    settings = LLMSettings(provider="anthropic", base_url=server.url, anthropic_api_key=key)
    return AnthropicLLM.from_settings(settings)


def _gpt(server: FakeLLMServer) -> LLM:
    settings = LLMSettings(provider="openai", base_url=server.openai_url, model="gpt-5-mini")
    return OpenAICompatibleLLM.from_settings(settings)


@pytest.mark.parametrize(("wire", "cost"), [(_claude, CLAUDE), (_gpt, GPT)])
def test_tokens_of_the_cache_are_counted_and_paid_for_apart(wire: Any, cost: float) -> None:
    store = FakeSpending()
    tariff = PresentTariff(settings=Present(Settings()))
    with FakeLLMServer() as server:
        llm = MeteredLLM(wire(server), Purse(store, FrozenClock(), ANNA, tariff))
        server.will(Says("Hello.", usage=TOLD))
        list(llm.stream(ModelRequest(system=(), messages=(message(),))))
        llm.close()
    (noted,) = store.outlays.values()
    assert noted.usage.cache_read_tokens == TOLD.cache_read_tokens
    assert noted.cost_usd == pytest.approx(cost)


# --- a day with a ceiling -------------------------------------------------------

DOLLAR = Says("Noted.", usage=Usage(input_tokens=1_000_000))
LITTLE = Usage(input_tokens=1000)
SUMMARY = {"title": "Two cats", "summary": "Anna has two cats.", "complexity": 1}


class Worker(FakeLLM):
    """Answers each purpose in its way: a turn costs a dollar, all else a tenth of a cent."""

    @override
    def _next(self, request: ModelRequest) -> Step:
        self.requests.append(request)
        match request.purpose:
            case Purpose.TURN:
                return DOLLAR
            case Purpose.SUMMARY:
                return Says(document(SUMMARY).text, usage=LITTLE)
            case Purpose.EXTRACTION:
                return Says(document({"memories": []}).text, usage=LITTLE)
            case Purpose.KNOWLEDGE:
                return Says(document({"changed": False, "content": ""}).text, usage=LITTLE)
            case Purpose.UPKEEP:
                return Says(document({"links": []}).text, usage=LITTLE)
            case Purpose.TOUCHSTONE:
                return Says("Cats.", usage=LITTLE)

    def asked(self, purpose: Purpose) -> int:
        return sum(request.purpose is purpose for request in self.requests)


@dataclass(frozen=True)
class House:
    """One that can be left and entered again."""

    settings: Settings
    llm: Worker
    clock: FrozenClock

    @contextmanager
    def open(self) -> Iterator["Door"]:
        given = Given(llm=self.llm, clock=self.clock, embedder=FakeEmbedder())
        with (
            main.build(self.settings, given) as mira,
            TestClient(create_app(mira.services), base_url=HERE) as client,
        ):
            yield Door(client, mira)


@dataclass(frozen=True)
class Door:
    client: TestClient
    mira: main.Mira

    def say(self, words: str) -> dict[str, Any]:
        body: dict[str, Any] = self.client.post(
            "/api/chat", json={"message": words, "stream": False}
        ).json()
        return body

    def today(self) -> dict[str, Any]:
        body: dict[str, Any] = self.client.get("/api/spending").json()["today"]
        return body

    def end_chapter(self) -> dict[str, Any]:
        job_id = self.client.post("/api/segments/active/collapse").json()["job_id"]

        def job() -> dict[str, Any]:
            told: dict[str, Any] = self.client.get(f"/api/jobs/{job_id}").json()
            return told

        until(lambda: job()["state"] in {"done", "failed"}, 30)
        return job()

    def retry(self, turn_id: str) -> dict[str, Any]:
        answer = self.client.post(f"/api/chat/{turn_id}/retry", json={"stream": False})
        body: dict[str, Any] = answer.json()
        return body

    def sweep(self) -> None:
        segments = self.mira.services.segments
        assert isinstance(segments, SegmentService)
        segments.sweep()


@pytest.fixture
def house(dsn: str, valkey_url: str) -> Iterator[House]:
    with temporary_folder() as folder:
        yield House(_settings(folder / "data", dsn, valkey_url), Worker(), FrozenClock())


def _settings(data_dir: Path, dsn: str, valkey_url: str) -> Settings:
    return Settings(
        data_dir=data_dir,
        timezone="Europe/Berlin",
        database=DatabaseSettings(url=SecretStr(dsn), pool_min=1),
        cache=CacheSettings(url=SecretStr(valkey_url)),
        llm=LLMSettings(provider="local"),
        cost=CostSettings(
            daily_ceiling_usd=2.5,
            background_share=0.5,
            prices={MODEL: ModelPrice(input=1, output=0)},
        ),
    )


@pytest.mark.postgres
@pytest.mark.valkey
@pytest.mark.model
def test_background_work_stops_then_the_chat_asks_and_the_next_day_makes_good(
    house: House,
) -> None:
    with house.open() as door:
        door.say("My cats are called Miso and Tofu.")
        door.say("They are two years old.")
        assert (door.today()["background"], door.today()["turns"]) == ("stopped", "running")

        ended = door.end_chapter()
        assert (ended["state"], ended["error"]["code"]) == ("failed", "spending_ceiling")
        segment_id = SegmentId(ended["error"]["segment_id"])
        first = door.client.get(f"/api/segments/{segment_id}").json()
        assert (first["status"], first["title"]) == (
            "collapsed",
            "My cats are called Miso and Tofu",
        )
        assert (house.llm.asked(Purpose.SUMMARY), house.llm.asked(Purpose.EXTRACTION)) == (0, 0)

        assert door.say("It rains.")["text"] == "Noted."
        failed = door.say("Still it rains.")
        assert failed["code"] == "spending_ceiling"

    with house.open() as door:
        again = door.retry(failed["turn_id"])
        assert (again["code"], house.llm.asked(Purpose.TURN)) == ("spending_ceiling", 3)
        lifted = door.client.post("/api/spending/continue", json={}).json()["lifted_to"]
        assert lifted == pytest.approx(5.5, abs=0.01)

    with house.open() as door:
        assert door.today()["lifted_to"] == lifted
        assert door.retry(again["turn_id"])["text"] == "Noted."

        house.clock.move(timedelta(days=1))
        assert (door.today()["counted_usd"], door.today()["lifted_to"]) == (0, None)
        door.sweep()
        assert door.client.get(f"/api/segments/{segment_id}").json()["title"] == "Two cats"
        assert len(door.mira.services.runs_of(segment_id)) == 1
        assert house.llm.asked(Purpose.EXTRACTION) >= 1
        newest, before = door.client.get("/api/spending").json()["days"]
        assert {each["purpose"] for each in newest["by_purpose"]} >= {"summary", "extraction"}
        assert before["cost_usd"] == pytest.approx(4, abs=0.01)
