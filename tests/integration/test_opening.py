"""What the model is sent in a new chapter, through the whole program and over a restart."""

from datetime import timedelta
from queue import SimpleQueue

import pytest

import main
from cns.domain.message import Text
from cns.domain.stream import TurnCompleted, TurnEvent, TurnFailed
from cns.services.request import TurnRequest
from composition.house import Given
from config.settings import LLMSettings, Settings
from tests.fakes.clock import FrozenClock
from tests.fakes.llm import FakeLLM, Says
from tests.servers import temporary_folder

pytestmark = [pytest.mark.postgres, pytest.mark.valkey]

ORDER = (
    "<mira:earlier>",
    "My cat is called Miso",
    "</mira:earlier>",
    "My cat is called Miso.",
    "A fine name.",
    "<mira:break>",
    "a break of 1 day and 2 hours.",
    "</mira:break>",
    "Are you there?",
)


def test_a_chapter_after_a_restart_opens_with_what_came_before_once_and_in_order() -> None:
    llm = FakeLLM([Says("A fine name."), Says("Yes."), Says("Still.")], capable=False)
    clock = FrozenClock()
    given = Given(llm=llm, clock=clock)
    with temporary_folder() as folder:
        settings = Settings(
            data_dir=folder / "data",
            timezone="Europe/Berlin",
            llm=LLMSettings(provider="local"),
        )
        with main.build(settings, given) as mira:
            say(mira, "My cat is called Miso.")
            mira.services.segments.finish(mira.services.segments.end_active())
        clock.move(timedelta(days=1, hours=2))
        with main.build(settings, given) as mira:
            say(mira, "Are you there?")
            say(mira, "And now?")

    first, second = (request.messages for request in llm.requests[1:])
    words = "\n".join(message.text for message in first)
    at = 0
    for expected in ORDER:
        at = words.index(expected, at) + len(expected)
    assert (words.count("<mira:earlier>"), words.count("<mira:break>")) == (1, 1)
    assert [message.role.value for message in first] == ["user", "assistant", "user"]
    assert second[: len(first)] == first


def say(mira: main.Mira, text: str) -> None:
    """One turn to its end."""
    over: SimpleQueue[TurnEvent] = SimpleQueue()

    def listen(_: int, event: TurnEvent) -> None:
        if isinstance(event, TurnCompleted | TurnFailed):
            over.put(event)

    turns = mira.services.turns
    turns.watch(turns.start(TurnRequest(content=(Text(text=text),))), listen)
    assert isinstance(over.get(timeout=60), TurnCompleted)
