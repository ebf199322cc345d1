"""The desk for settings: written down, taken up at once, or refused with nothing changed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.desk import Bench, SettingsDesk
from adapters.providers import choose_llm
from adapters.switchable import SwitchableLLM
from cns.domain.trial import Candidate
from cns.errors import Conflict, InvalidInput, Unavailable
from config.layers import Layers
from config.page import PAGE_FILE
from config.present import Present
from config.settings import LLMSettings
from tests.fakes.clock import FrozenClock
from tests.fakes.llm import FakeLLM
from tests.fakes.llm_server import FakeLLMServer, Status

OLD = "SmolLM2"


@dataclass
class World:
    """A desk with a model in service, and a key that is kept apart."""

    folder: Path
    layers: Layers
    key: str | None = "key"

    def __post_init__(self) -> None:
        self.present = Present(self.layers.settings())
        self.switch = SwitchableLLM(FakeLLM(model=OLD, capable=False))
        bench = Bench(
            present=self.present,
            switch=self.switch,
            make=lambda settings: choose_llm(settings, FrozenClock()),
            keyed=self.keyed,
            file=self.folder / PAGE_FILE,
        )
        self.desk = SettingsDesk(self.layers, bench)

    def keyed(self, settings: LLMSettings) -> LLMSettings:
        key = SecretStr(self.key) if self.key else None
        return settings.model_copy(update={"openai_api_key": key})

    @property
    def written(self) -> object:
        path = self.folder / PAGE_FILE
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def choose(self, **wanted: object) -> None:
        named = {name.replace("__", "."): value for name, value in wanted.items()}
        self.desk.change(named, try_first=True)


@pytest.fixture
def server() -> Iterator[FakeLLMServer]:
    with FakeLLMServer() as running:
        yield running


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path, Layers(file={"llm": {"provider": "local"}}))
    yield world
    world.switch.close()


def test_another_model_is_tried_written_down_and_put_in_service(
    world: World, server: FakeLLMServer
) -> None:
    world.choose(llm__provider="openai", llm__base_url=server.openai_url, llm__model="qwen3:8b")
    assert (world.switch.model, world.switch.capable) == ("qwen3:8b", True)
    assert server.requests[0].headers["authorization"] == "Bearer key"
    assert world.written == {
        "llm": {"provider": "openai", "base_url": server.openai_url, "model": "qwen3:8b"}
    }
    assert world.present().llm.model == "qwen3:8b"


def test_a_model_that_does_not_answer_changes_nothing_and_says_why(
    world: World, server: FakeLLMServer
) -> None:
    server.will(Status(401))
    with pytest.raises(InvalidInput, match=r"Nothing was changed.*refused the key") as caught:
        world.choose(llm__provider="openai", llm__base_url=server.openai_url, llm__model="m")
    assert caught.value.code == "llm_refused_key"
    assert (world.switch.model, world.written, world.present().llm.model) == (OLD, None, None)


def test_a_model_can_be_taken_unseen(world: World, server: FakeLLMServer) -> None:
    wanted = {"llm.provider": "openai", "llm.base_url": server.openai_url, "llm.model": "m"}
    world.desk.change(wanted, try_first=False)
    assert (world.switch.model, server.requests) == ("m", [])


def test_a_model_that_cannot_be_made_changes_nothing(world: World) -> None:
    with pytest.raises(InvalidInput, match=r"Nothing was changed.*ANTHROPIC_API_KEY") as caught:
        world.desk.change({"llm.provider": "anthropic"}, try_first=False)
    assert caught.value.code == "misconfigured"
    assert (world.switch.model, world.written) == (OLD, None)


def test_a_figure_needs_no_new_model(world: World) -> None:
    world.choose(llm__max_tokens=500, memory__surfaced=2)
    assert world.switch.model == OLD
    assert (world.present().llm.max_tokens, world.present().memory.surfaced) == (500, 2)


def test_a_limit_of_the_wire_makes_the_model_anew_without_trying_it(world: World) -> None:
    world.choose(llm__read_seconds=60)
    assert world.switch.provider == "local"
    assert world.switch.model != OLD


def test_what_does_not_fit_is_named_one_by_one(world: World) -> None:
    with pytest.raises(InvalidInput) as caught:
        world.choose(memory__surfaced=99, memory__floor="x", user_name="Anna")
    errors = caught.value.extra["errors"]
    assert isinstance(errors, list)
    assert [error["where"] for error in errors] == ["memory.surfaced", "memory.floor"]
    assert (caught.value.code, world.written) == ("validation_failed", None)


def test_what_the_environment_sets_is_refused_by_its_variable(tmp_path: Path) -> None:
    world = World(tmp_path, Layers(environment={"llm": {"provider": "local", "model": "m"}}))
    with pytest.raises(Conflict, match=r"llm\.model by MIRA_LLM__MODEL") as caught:
        world.choose(llm__model="n", user_name="Anna")
    assert caught.value.code == "setting_locked"
    assert caught.value.extra == {"variables": {"llm.model": "MIRA_LLM__MODEL"}}
    assert world.written is None


def test_a_choice_that_cannot_be_written_down_is_not_taken_up(world: World) -> None:
    (world.folder / PAGE_FILE).mkdir()
    with pytest.raises(Unavailable, match="cannot be written"):
        world.choose(memory__surfaced=2, llm__read_seconds=60)
    assert (world.switch.model, world.present().memory.surfaced) == (OLD, 10)
    assert not [setting for setting in world.desk.shown() if setting.source == "page"]


def test_a_new_key_makes_the_model_anew(world: World, server: FakeLLMServer) -> None:
    world.choose(llm__provider="openai", llm__base_url=server.openai_url, llm__model="m")
    world.key = "another"
    world.desk.renew()
    world.desk.change({"llm.model": "n"}, try_first=True)
    assert server.requests[-1].headers["authorization"] == "Bearer another"
    assert world.switch.model == "n"


def test_a_key_that_is_taken_away_leaves_the_model_as_it_was(
    world: World, server: FakeLLMServer, caplog: pytest.LogCaptureFixture
) -> None:
    world.desk.change({"llm.provider": "openai"}, try_first=False)
    model, world.key = world.switch.model, None
    world.desk.renew()
    assert world.switch.model == model
    assert "the model stays as it was" in caplog.text
    assert server.requests == []


def test_a_candidate_is_tried_with_the_key_that_is_kept(
    world: World, server: FakeLLMServer
) -> None:
    candidate = Candidate(provider="openai", base_url=server.openai_url, model="m")
    assert world.desk.try_out(candidate).ok
    assert server.requests[0].headers["authorization"] == "Bearer key"
    assert world.switch.model == OLD
