"""The built-in model, really loaded: it streams, answers from notes, and goes away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.local_llm import LocalLLM
from adapters.models import SMOLLM, SMOLLM_TOKENS
from cns.errors import ModelUnavailable
from cns.ports import ModelDone, ModelRequest, ModelText, SystemBlock
from config.settings import LLMSettings
from tests.values import message

pytestmark = pytest.mark.model

FACTS = {
    "What is my dog called?": ("My dog is called Biscuit.", "biscuit"),
    "Where do I work?": ("I work as a nurse at Northfield hospital.", "northfield"),
    "Where does my sister live?": ("My sister Ana lives in Lisbon.", "lisbon"),
    "What am I allergic to?": ("I'm allergic to peanuts.", "peanut"),
    "What is my favourite colour?": ("My favourite colour is teal.", "teal"),
    "When is my birthday?": ("My birthday is on 14 March.", "14"),
    "What car do I drive?": ("I drive a red Volvo.", "volvo"),
    "Which instrument am I learning?": ("I am learning to play the cello.", "cello"),
    "Where am I planning to move?": ("I'm going to move to Oslo in June.", "oslo"),
    "What is my wife's name?": ("My wife's name is Margot.", "margot"),
}


@pytest.fixture(scope="module")
def llm() -> Iterator[LocalLLM]:
    model = LocalLLM.from_settings(LLMSettings())
    yield model
    model.close()


def asked(text: str, live: str = "") -> ModelRequest:
    system = (SystemBlock(text="You are MIRA.", cached=True),)
    return ModelRequest(system=system, messages=(message(text),), live=live)


def answer(llm: LocalLLM, request: ModelRequest) -> str:
    return "".join(e.text for e in llm.stream(request) if isinstance(e, ModelText))


def recalled(question: str) -> str:
    """The live sections as the memories trinket writes them, with three that do not help."""
    others = [fact for other, (fact, _) in FACTS.items() if other != question]
    listed = [FACTS[question][0], *others[:3]]
    lines = [f'- [{n:08x}] (memory, today) "{fact}"' for n, fact in enumerate(listed)]
    return "\n".join(["It is Monday.", "", "What you remember:", *lines])


def test_the_built_in_model_loads_on_first_use_only() -> None:
    unused = LocalLLM.from_settings(LLMSettings())
    assert "loads on first use" in unused.ping()
    unused.close()


def test_the_built_in_model_streams_a_greeting(llm: LocalLLM) -> None:
    events = list(llm.stream(asked("Hello!")))
    last = events[-1]
    assert isinstance(last, ModelDone)
    assert len(events) > 3
    assert (last.model, last.stop) == (SMOLLM, "end")
    assert last.usage.output_tokens > 0


def test_the_built_in_model_says_what_it_is(llm: LocalLLM) -> None:
    assert not llm.capable
    assert (llm.provider, llm.context_tokens) == ("local", SMOLLM_TOKENS)


def test_the_built_in_model_notes_what_it_is_told(llm: LocalLLM) -> None:
    assert "Biscuit" in answer(llm, asked("My dog is called Biscuit."))


def test_the_built_in_model_answers_from_memories(llm: LocalLLM) -> None:
    right = [
        word in answer(llm, asked(question, recalled(question))).lower()
        for question, (_, word) in FACTS.items()
    ]
    assert sum(right) >= 8


def test_the_built_in_model_takes_a_message_longer_than_it_holds(llm: LocalLLM) -> None:
    assert answer(llm, asked("I walked on and on. " * 2000))


def test_an_answer_of_the_built_in_model_can_be_left_early(llm: LocalLLM) -> None:
    stream = llm.stream(asked("What is the sea?"))
    next(stream)
    stream.close()
    assert answer(llm, asked("Hello!"))


def test_nobody_without_the_key_may_use_the_built_in_model(llm: LocalLLM) -> None:
    list(llm.stream(asked("Hello!")))
    running = llm._running
    assert running is not None
    stranger = running.chat._client.with_options(api_key="guessed")
    running.chat._client, own = stranger, running.chat._client
    with pytest.raises(ModelUnavailable) as caught:
        list(llm.stream(asked("Hello!")))
    running.chat._client = own
    assert caught.value.code == "llm_refused_key"


def test_a_closed_built_in_model_says_so() -> None:
    gone = LocalLLM.from_settings(LLMSettings())
    gone.close()
    with pytest.raises(ModelUnavailable, match="Restart"):
        list(gone.stream(asked("Hello!")))


def test_weights_that_are_damaged_are_named(tmp_path: Path) -> None:
    weights = tmp_path / "weights.gguf"
    weights.write_bytes(b"not a model")
    damaged = LocalLLM(weights, LLMSettings())
    with pytest.raises(ModelUnavailable, match=r"weights\.gguf") as caught:
        list(damaged.stream(asked("Hello!")))
    assert (caught.value.code, caught.value.retryable) == ("llm_not_loaded", False)
