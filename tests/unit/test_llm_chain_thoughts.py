"""An answer that breaks off before its first word, once thoughts have been shown."""

from contextlib import closing
from dataclasses import replace
from uuid import uuid4

import pytest

from adapters.chain import ChainedLLM, Patience
from cns.domain.message import Role, Thought, TurnId
from cns.errors import ModelUnavailable
from cns.ports import ModelText, ModelThinking, ToolOutcome
from cns.services.pump import Stop
from tests.conversing import Conversation, completed, saying
from tests.fakes.clock import FrozenClock
from tests.fakes.llm import Calls, Fails, FakeLLM, Says
from tests.fakes.toolbox import FakeToolbox, done
from tests.unit.test_llm_chain import HELLO, OTHER, Bench, answer

CUT = ModelUnavailable("cut", code="llm_stream_cut")


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_next_one_is_asked_while_nothing_but_thoughts_was_shown(bench: Bench) -> None:
    bench.first.will(*[Fails(CUT, thinking="Hm.")] * 3)
    bench.other.will(Says(OTHER))
    assert answer(bench.chain()) == OTHER
    assert bench.asked == (3, 1, 0)


def test_a_try_that_begins_anew_says_that_what_was_thought_is_void(bench: Bench) -> None:
    bench.first.will(Fails(CUT, thinking="Hm."), Says("Yes", thinking="Oh."))
    events = list(bench.chain().stream(HELLO))[:4]
    assert events == [
        ModelThinking(text="Hm."),
        ModelThinking(text="", anew=True),
        ModelThinking(text="Oh."),
        ModelText(text="Yes"),
    ]


def test_words_after_thoughts_are_not_said_again(bench: Bench) -> None:
    bench.first.will(Fails(CUT, after="One", thinking="Hm."))
    with pytest.raises(ModelUnavailable, match="cut"):
        answer(bench.chain())
    assert bench.asked == (1, 0, 0)


def test_only_the_thought_that_led_to_a_tool_goes_back_with_its_result() -> None:
    def look(_: object) -> ToolOutcome:
        return done("Rain.")

    model = FakeLLM([Fails(CUT, thinking="Hm."), Calls("look", thinking="Oh."), Says("Rain.")])
    talk = Conversation(toolbox=FakeToolbox(look=look))
    with closing(
        ChainedLLM([model], clock=FrozenClock(), patience=Patience(), sleep=lambda _: None)
    ) as chain:
        turns = replace(talk.turns, llm=chain)
        completed(list(turns.run(TurnId(uuid4()), replace(saying("?"), thinking=2000), Stop())))
    thoughts = [
        block.text
        for message in model.requests[-1].messages
        if message.role is Role.ASSISTANT
        for block in message.content
        if isinstance(block, Thought)
    ]
    assert thoughts == ["Oh."]
