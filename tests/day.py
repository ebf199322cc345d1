"""A scripted day of forty turns, through the API: what the model was asked."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient
from typing_extensions import override

import main
from api.app import create_app
from cns.domain.model import Purpose
from cns.ports import ModelRequest, ToolDefinition
from cns.services.search import Search
from composition.house import Given
from config.checks import prompt
from config.settings import LLMSettings, Settings
from lt_memory.domain.user_information import UserInformation as Known
from lt_memory.knowledge import NewBlock
from tests.fakes.app import World, running
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.knowledge import FakeKnowledge
from tests.fakes.llm import Calls, FakeLLM, Says, Step, document
from tests.fakes.llm_server import blank
from tests.fakes.recall import FakeRecall
from tests.fakes.store import FakeContinuumStore
from tests.fakes.user_information import FakeUserInformation
from tests.servers import temporary_folder
from tests.values import recalled
from tools.implementations.continuumsearch import ContinuumSearch
from tools.toolbox import DiscoveredTools
from working_memory.trinkets.base_prompt import BasePrompt
from working_memory.trinkets.domain_knowledge import DomainKnowledge
from working_memory.trinkets.manifest import Manifest
from working_memory.trinkets.memories import RelevantMemories
from working_memory.trinkets.time import TimeOfDay
from working_memory.trinkets.user_information import UserInformation

TURNS = 40
MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WITH_A_TOOL = frozenset({5, 11, 16, 22, 27, 33, 38})
LOADS = (4, 13, 25, 35)  # the turns of the day in which a tool is loaded
REWRITTEN = 18  # ahead of this turn a block of knowledge changes
ABOUT = "Anna lives in Leeds, keeps a cat called Miso and would rather be asked than guessed at."
HOUSE = "The house of 1931 has a slate roof, a cellar that floods in March and two gas meters."
SAID = Path(__file__).parent / "data" / "said_at_length.json"
SENTENCES = (
    "That sounds like a full day, and it is worth taking one thing at a time.",
    "If it were me, I would begin with what cannot wait and leave the rest for tomorrow morning.",
    "You could write down the two or three points that matter, so that nothing is forgotten later.",
    "A short walk before the evening often does more than another hour at the desk.",
    "For four people, count on roughly a litre and a half, and keep the lid on while it simmers.",
    "There are several ways to do it, and the simplest is usually the one that lasts.",
    "Ask them for it in writing, with the date, and keep a copy where you will find it again.",
    "It may help to compare both offers side by side, with what each costs over a whole year.",
    "I would not worry about the small difference, as long as the parts fit together in the end.",
    "Give it a few days before you judge it; most of these things settle by themselves.",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One call of the model: in which turn, and when."""

    turn: int
    at: datetime
    request: ModelRequest


@dataclass
class Day:
    """What the model was asked for the turns of the day, in order."""

    clock: FrozenClock = field(default_factory=lambda: FrozenClock(MORNING))
    turn: int = 0
    asked: list[Asked] = field(default_factory=list)


class Answering(FakeLLM):
    """Answers as the day goes, looking something up in some turns; keeps what it was asked."""

    def __init__(self, day: Day) -> None:
        super().__init__()
        self._day = day
        self._chance = random.Random(7)

    @override
    def _next(self, request: ModelRequest) -> Step:
        if request.purpose is not Purpose.TURN:
            return document(blank(request.schema)) if request.schema else Says("A day of talk")
        day = self._day
        again = bool(day.asked) and day.asked[-1].turn == day.turn
        day.asked.append(Asked(day.turn, day.clock.now(), replace(request, stop=None)))
        if day.turn in WITH_A_TOOL and not again:
            return Calls("continuumsearch_tool", {"query": f"what was said of {day.turn}"})
        return Says(" ".join(self._chance.choices(SENTENCES, k=self._chance.randint(4, 16))))


def lived(client: TestClient, day: Day, wake: Callable[[int], None] = lambda _: None) -> None:
    """Four sittings of ten turns, some minutes apart; the pause at noon ends the chapter.

    Args:
        wake: called ahead of each turn with its number.
    """
    for number, said in enumerate(_said(), 1):
        day.turn = number
        wake(number)
        done = client.post("/api/chat", json={"message": said, "stream": False})
        assert done.status_code == 200, done.text
        day.clock.move(_pause(number))
        if number == TURNS // 2:
            _end_chapter(client)


def in_short() -> list[Asked]:
    """The day over fakes of the database and of recall, which brings up what was said before."""
    day, recall, said = Day(), FakeRecall(), _said()
    store, knowledge = FakeContinuumStore(), FakeKnowledge()
    knowledge.add(NewBlock(label="house", name="The house", content=HOUSE), MORNING)
    about = FakeUserInformation()
    about.put(Known(text=ABOUT, by_hand=True, updated_at=MORNING))
    world = World(
        clock=day.clock,
        llm=Answering(day),
        recall=recall,
        store=store,
        toolbox=DiscoveredTools([ContinuumSearch(Search(embedder=FakeEmbedder(), recall=recall))]),
        trinkets=(
            BasePrompt(prompt("base"), prompt("base_compact")),
            UserInformation(about),
            DomainKnowledge(knowledge, lambda: 2000),
            Manifest(store, 30),
            TimeOfDay(),
            RelevantMemories(),
        ),
    )

    def wake(number: int) -> None:
        earlier = said[max(0, number - 15) : number - 10]
        recall.hits = tuple(recalled(text, kind="message", id=uuid4()) for text in earlier)
        if number == REWRITTEN:
            knowledge.edit("house", {"content": f"{HOUSE} The roof was mended."}, day.clock.now())

    with temporary_folder() as folder, running(world, folder) as edge:
        lived(edge.client, day, wake)
    return day.asked


def in_full() -> list[Asked]:
    """The day in the whole program."""
    day = Day()
    with temporary_folder() as folder:
        settings = Settings(
            data_dir=folder / "data",
            timezone="Europe/Berlin",
            user_name="Anna",
            llm=LLMSettings(provider="local"),
        )
        with main.build(settings, Given(llm=Answering(day), clock=day.clock)) as mira:
            address = f"http://127.0.0.1:{settings.server.port}"
            with TestClient(create_app(mira.services), base_url=address) as client:
                lived(client, day)
    return day.asked


def _said() -> list[str]:
    told = json.loads(SAID.read_text(encoding="utf-8"))
    return [str(line["said"]) for line in told[:TURNS]]


def _pause(after: int) -> timedelta:
    if after == TURNS // 2:
        return timedelta(hours=2)
    return timedelta(minutes=35 if after % 10 == 0 else 1 + after % 4)


def _end_chapter(client: TestClient) -> None:
    started = client.post("/api/segments/active/collapse")
    assert started.status_code == 202, started.text
    client.get(f"/api/jobs/{started.json()['job_id']}/events").raise_for_status()


# --- the same day otherwise -----------------------------------------------------


def with_loads(asked: list[Asked]) -> list[Asked]:
    """As if a further tool came to the prompt in each of four turns, and stayed."""
    return [
        replace(
            each,
            request=replace(
                each.request,
                tools=(*each.request.tools, *(_tool(n) for n in LOADS if n <= each.turn)),
            ),
        )
        for each in asked
    ]


def with_memories_in_system(asked: list[Asked]) -> list[Asked]:
    """As a plain assistant does it: the time and what is remembered stand in the system prompt."""
    return [
        replace(
            each,
            request=replace(
                each.request,
                system=(
                    *each.request.system,
                    replace(each.request.system[0], text=each.request.live),
                ),
                live="",
            ),
        )
        for each in asked
    ]


def _tool(number: int) -> ToolDefinition:
    described: dict[str, Any] = {
        "type": "object",
        "properties": {
            name: {"type": "string", "description": f"The {name} that the tool goes by."}
            for name in ("operation", "title", "date", "notes", "person")
        },
        "required": ["operation"],
    }
    return ToolDefinition(
        name=f"loaded_{number:02}_tool", description="Keeps things in order.", schema=described
    )
