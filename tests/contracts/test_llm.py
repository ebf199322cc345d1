"""What every language model promises: the scripted one, both adapters and what is made of them."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from threading import Event
from typing import Protocol

import pytest
from pydantic import SecretStr

from adapters.anthropic import AnthropicLLM
from adapters.chain import ChainedLLM, Patience
from adapters.metered import MeteredLLM
from adapters.ollama import OllamaLLM
from adapters.openai_compatible import OpenAICompatibleLLM
from adapters.switchable import SwitchableLLM
from cns.domain.message import Image, Role, Text, ToolCall, ToolResult
from cns.domain.spending import FREE, Prices
from cns.errors import ModelUnavailable
from cns.ports import (
    LLM,
    ModelDone,
    ModelEvent,
    ModelRequest,
    ModelText,
    ModelThinking,
    ModelToolCall,
    SystemBlock,
    ToolDefinition,
)
from cns.services.purse import Purse, Tariff
from config.settings import LLMSettings
from tests.fakes.clock import FrozenClock
from tests.fakes.llm import USAGE, Call, Calls, Fails, FakeLLM, Says, document
from tests.fakes.llm_server import (
    Behaviour,
    Cut,
    ErrorEvent,
    FakeLLMServer,
    Nothing,
    Page,
    Raw,
    Stalls,
    Status,
    Waits,
    closed_port_url,
)
from tests.fakes.spending import FakeSpending
from tests.values import ANNA, message

SCHEMA = {
    "type": "object",
    "properties": {"facts": {"type": "array", "items": {"type": "string"}}},
    "required": ["facts"],
    "additionalProperties": False,
}
WEATHER = ToolDefinition(
    name="weather",
    description="Tells the weather.",
    schema={"type": "object", "properties": {"place": {"type": "string"}}},
)
PATIENCE = 10.0


class Subject(Protocol):
    """A model under test and the means to script it."""

    @property
    def llm(self) -> LLM: ...

    def will(self, answer: Says | Calls) -> None: ...

    def was_left_early(self) -> bool: ...


@dataclass(frozen=True)
class Scripted:
    llm: FakeLLM

    def will(self, answer: Says | Calls) -> None:
        self.llm.will(answer)

    def was_left_early(self) -> bool:
        return self.llm.closed == 1


@dataclass(frozen=True)
class Wired:
    llm: LLM
    server: FakeLLMServer

    def will(self, *answers: Behaviour) -> None:
        self.server.will(*answers)

    def was_left_early(self) -> bool:
        return self.server.hung_up.wait(PATIENCE)


Build = Callable[[str, float], LLM]


def _anthropic(url: str, read_seconds: float) -> AnthropicLLM:
    return AnthropicLLM.from_settings(
        LLMSettings(
            provider="anthropic",
            base_url=url,
            anthropic_api_key=SecretStr("key"),
            read_seconds=read_seconds,
        )
    )


def _openai(url: str, read_seconds: float) -> OpenAICompatibleLLM:
    return OpenAICompatibleLLM.from_settings(
        LLMSettings(
            provider="openai",
            base_url=f"{url}/v1",
            model="test-model",
            read_seconds=read_seconds,
        )
    )


def _chain(url: str, read_seconds: float) -> ChainedLLM:
    """One that tries nothing again, so that each fault shows."""
    llms = [_openai(url, read_seconds)]
    return ChainedLLM(llms, clock=FrozenClock(), patience=Patience(retries=0))


def _switched(url: str, read_seconds: float) -> SwitchableLLM:
    """One that took the place of another."""
    llm = SwitchableLLM(FakeLLM())
    llm.switch(_openai(url, read_seconds))
    return llm


def _ollama(url: str, read_seconds: float) -> OllamaLLM:
    return OllamaLLM.from_settings(
        LLMSettings(
            provider="ollama", base_url=url, model="llama3.2:latest", read_seconds=read_seconds
        )
    )


def _metered(url: str, read_seconds: float) -> MeteredLLM:
    free = Tariff(prices=Prices(table={}), unknown=FREE)
    purse = Purse(FakeSpending(), FrozenClock(), ANNA, lambda: free)
    return MeteredLLM(_anthropic(url, read_seconds), purse)


BUILDS: dict[str, Build] = {
    "anthropic": _anthropic,
    "chain": _chain,
    "ollama": _ollama,
    "metered": _metered,
    "openai": _openai,
    "switchable": _switched,
}


@pytest.fixture
def server() -> Iterator[FakeLLMServer]:
    with FakeLLMServer() as running:
        yield running


@pytest.fixture(params=["fake", *sorted(BUILDS)])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    if request.param == "fake":
        yield Scripted(FakeLLM())
        return
    running: FakeLLMServer = request.getfixturevalue("server")
    llm = BUILDS[request.param](running.url, PATIENCE)
    yield Wired(llm, running)
    llm.close()


@pytest.fixture(params=sorted(BUILDS))
def wired(request: pytest.FixtureRequest, server: FakeLLMServer) -> Iterator[Wired]:
    llm = BUILDS[request.param](server.url, PATIENCE)
    yield Wired(llm, server)
    llm.close()


@pytest.fixture(params=sorted(set(BUILDS) - {"chain"}))
def speaker(request: pytest.FixtureRequest, server: FakeLLMServer) -> Iterator[Wired]:
    """One that speaks a protocol itself."""
    llm = BUILDS[request.param](server.url, PATIENCE)
    yield Wired(llm, server)
    llm.close()


@pytest.fixture(params=sorted(BUILDS))
def impatient(request: pytest.FixtureRequest, server: FakeLLMServer) -> Iterator[Wired]:
    """One that waits a fifth of a second for a byte."""
    llm = BUILDS[request.param](server.url, 0.2)
    yield Wired(llm, server)
    llm.close()


def asked(text: str = "hello", **rest: object) -> ModelRequest:
    return ModelRequest(
        system=(SystemBlock(text="You are MIRA.", cached=True),),
        messages=(message(text),),
        **rest,  # type: ignore[arg-type]  # the tests know the fields
    )


def text_of(events: Sequence[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, ModelText))


def done(events: Sequence[ModelEvent]) -> ModelDone:
    last = events[-1]
    assert isinstance(last, ModelDone)
    return last


def failure(llm: LLM) -> ModelUnavailable:
    with pytest.raises(ModelUnavailable) as caught:
        list(llm.stream(asked()))
    return caught.value


# --- answers ---------------------------------------------------------------------------------


def test_text_comes_in_pieces_that_join_to_the_answer(subject: Subject) -> None:
    subject.will(Says("Good morning,\n\nAnna. Grüße! 🙂"))
    events = list(subject.llm.stream(asked()))
    assert text_of(events) == "Good morning,\n\nAnna. Grüße! 🙂"
    assert sum(isinstance(event, ModelText) for event in events) > 2


def test_an_answer_ends_with_its_usage(subject: Subject) -> None:
    subject.will(Says("Hello."))
    last = done(list(subject.llm.stream(asked())))
    counted = (last.usage.input_tokens, last.usage.output_tokens)
    assert (last.stop, *counted) == ("end", USAGE.input_tokens, USAGE.output_tokens)


@pytest.mark.parametrize("name", sorted(set(BUILDS) - {"ollama"}))
def test_what_was_read_from_a_cache_is_counted_apart(name: str, server: FakeLLMServer) -> None:
    server.will(Says("Hello."))
    with closing(BUILDS[name](server.url, PATIENCE)) as llm:
        assert done(list(llm.stream(asked()))).usage == USAGE


def test_the_answer_names_the_model_that_was_asked(subject: Subject) -> None:
    subject.will(Says("Hello."))
    assert done(list(subject.llm.stream(asked(model="other")))).model == "other"


def test_the_first_words_come_before_the_last_are_written(subject: Subject) -> None:
    rest = Event()
    subject.will(Says("First and then the rest.", wait=rest))
    answer = subject.llm.stream(asked())
    assert next(answer) == ModelText(text="First")
    rest.set()
    assert text_of(list(answer)) == " and then the rest."


def test_an_answer_that_ran_into_its_limit_says_so(subject: Subject) -> None:
    subject.will(Says("I was about to", stop="length"))
    assert done(list(subject.llm.stream(asked()))).stop == "length"


@pytest.mark.parametrize("name", sorted(set(BUILDS) - {"ollama"}))
def test_a_refusal_is_told_where_the_protocol_knows_one(name: str, server: FakeLLMServer) -> None:
    server.will(Says("I cannot", stop="refusal"))
    with closing(BUILDS[name](server.url, PATIENCE)) as llm:
        assert done(list(llm.stream(asked()))).stop == "refusal"


def test_thinking_comes_apart_from_the_answer(subject: Subject) -> None:
    subject.will(Says("Four.", thinking="two and two"))
    events = list(subject.llm.stream(asked(thinking=2000)))
    assert events[0] == ModelThinking(text="two and two")
    assert text_of(events) == "Four."


def test_a_tool_call_comes_whole(subject: Subject) -> None:
    subject.will(Calls("weather", {"place": "Zürich", "days": [1, 2]}, text="Let me look."))
    events = list(subject.llm.stream(asked(tools=(WEATHER,))))
    call = ToolCall(id="call_1", name="weather", input={"place": "Zürich", "days": [1, 2]})
    assert [e for e in events if isinstance(e, ModelToolCall)] == [ModelToolCall(call=call)]
    assert (text_of(events), done(events).stop) == ("Let me look.", "tools")


def test_several_tool_calls_come_in_their_order(subject: Subject) -> None:
    subject.will(Calls("weather", {"place": "Oslo"}, Call(name="weather", id="call_2")))
    events = list(subject.llm.stream(asked(tools=(WEATHER,))))
    calls = [event.call for event in events if isinstance(event, ModelToolCall)]
    assert [(c.id, dict(c.input)) for c in calls] == [("call_1", {"place": "Oslo"}), ("call_2", {})]


def test_a_document_asked_for_by_schema_arrives_as_text(subject: Subject) -> None:
    subject.will(document({"facts": ["Anna has a dog."]}))
    events = list(subject.llm.stream(asked(schema=SCHEMA)))
    assert json.loads(text_of(events)) == {"facts": ["Anna has a dog."]}
    assert done(events).stop == "end"


def test_closing_the_answer_ends_the_call(subject: Subject) -> None:
    subject.will(Says("One two three four five six.", wait=Event()))
    answer = subject.llm.stream(asked())
    next(answer)
    answer.close()
    assert subject.was_left_early()


def test_it_says_how_it_is_when_nothing_was_asked(subject: Subject) -> None:
    assert subject.llm.ping()


# --- what is sent ----------------------------------------------------------------------------


def test_the_system_prompt_is_sent_with_its_cached_part_first(wired: Wired) -> None:
    request = ModelRequest(
        system=(
            SystemBlock(text="changes", cached=False),
            SystemBlock(text="stays", cached=True),
        ),
        messages=(message("hello"),),
    )
    list(wired.llm.stream(request))
    assert wired.server.requests[0].system == "stays\n\nchanges"


def test_live_sections_stand_ahead_of_the_newest_text(wired: Wired) -> None:
    list(wired.llm.stream(asked("What time is it?", live="It is noon.")))
    sent = wired.server.requests[0]
    assert sent.heard == "<mira:live>\nIt is noon.\n</mira:live>\n\nWhat time is it?"


def test_live_sections_stay_with_the_users_words_while_tools_run(wired: Wired) -> None:
    history = (
        message("earlier"),
        message("reply", Role.ASSISTANT),
        message("Is it raining?"),
        message([ToolCall(id="1", name="weather", input={})], Role.ASSISTANT),
        message([ToolResult(tool_call_id="1", text="dry", ok=True)], Role.TOOL),
    )
    first = ModelRequest(system=(), messages=history[:3], live="noon", tools=(WEATHER,))
    then = ModelRequest(system=(), messages=history, live="noon", tools=(WEATHER,))
    list(wired.llm.stream(first))
    list(wired.llm.stream(then))
    asked_first, asked_then = (request.messages for request in wired.server.requests)
    assert asked_then[: len(asked_first)] == asked_first


def test_the_history_is_the_same_from_turn_to_turn(wired: Wired) -> None:
    long = "word " * 1200
    history = (message(long), message("reply", Role.ASSISTANT))
    turns = (
        ModelRequest(system=(), messages=(*history, message("one")), live="first hour"),
        ModelRequest(system=(), messages=(*history, message("one more")), live="second hour"),
    )
    for turn in turns:
        list(wired.llm.stream(turn))
    first, second = (request.messages for request in wired.server.requests)
    assert first[:2] == second[:2]
    assert "hour" not in json.dumps(second[:2])


def test_pictures_are_sent_with_what_is_said(wired: Wired) -> None:
    picture = Image(media_type="image/png", data="aGVsbG8=")
    request = ModelRequest(system=(), messages=(message([picture, Text(text="What is this?")]),))
    list(wired.llm.stream(request))
    sent = wired.server.requests[0]
    assert sent.heard == "What is this?"
    assert "aGVsbG8=" in json.dumps(sent.body)
    assert ("image/png" in json.dumps(sent.body)) is (sent.protocol != "ollama")


def test_the_fast_model_is_asked_when_speed_is_wanted(server: FakeLLMServer) -> None:
    settings = LLMSettings(
        provider="openai", base_url=server.openai_url, model="slow", fast_model="quick"
    )
    llm = OpenAICompatibleLLM.from_settings(settings)
    list(llm.stream(asked(fast=True)))
    list(llm.stream(asked()))
    llm.close()
    assert [request.body["model"] for request in server.requests] == ["quick", "slow"]


# --- faults ----------------------------------------------------------------------------------

ANSWER = Says("One two three four five six seven.")
FAULTS = [
    pytest.param(Status(400), "llm_bad_request", False, id="400"),
    pytest.param(Status(401), "llm_refused_key", False, id="401"),
    pytest.param(Status(402), "llm_no_credit", False, id="402"),
    pytest.param(Status(403), "llm_refused_key", False, id="403"),
    pytest.param(Status(404), "llm_unknown_model", False, id="404"),
    pytest.param(Status(422), "llm_bad_request", False, id="422"),
    pytest.param(Status(429), "llm_rate_limited", True, id="429"),
    pytest.param(Status(500), "llm_server_error", True, id="500"),
    pytest.param(Status(503), "llm_overloaded", True, id="503"),
    pytest.param(Status(529), "llm_overloaded", True, id="529"),
    pytest.param(Page(502), "llm_server_error", True, id="gateway page"),
    pytest.param(Page(), "llm_nonsense", True, id="html"),
    pytest.param(Nothing(), "llm_nonsense", True, id="empty body"),
    pytest.param(Raw(b"event: message_start\ndata: {oops}\n\n"), "llm_nonsense", True, id="oops"),
    pytest.param(Raw(b'event: message_start\ndata: ["?"]\n\n'), "llm_nonsense", True, id="shape"),
    pytest.param(Raw(b""), "llm_stream_cut", True, id="no event"),
    pytest.param(Cut(ANSWER), "llm_stream_cut", True, id="cut"),
    pytest.param(Cut(ANSWER, frames=0), "llm_stream_cut", True, id="cut at once"),
    pytest.param(Cut(ANSWER, clean=True), "llm_stream_cut", True, id="ended early"),
    pytest.param(Cut(ANSWER, more_bytes=60), "llm_stream_cut", True, id="cut in JSON"),
    pytest.param(
        Cut(ANSWER, more_bytes=60, clean=True), "llm_stream_cut", True, id="ended in JSON"
    ),
    pytest.param(ErrorEvent(ANSWER), "llm_overloaded", True, id="error in stream"),
    pytest.param(
        ErrorEvent(ANSWER, kind="odd", code=None), "llm_server_error", True, id="odd error"
    ),
]


@pytest.mark.parametrize(("behaviour", "code", "retryable"), FAULTS)
def test_a_fault_becomes_one_error_with_its_code(
    speaker: Wired, behaviour: Behaviour, code: str, retryable: bool
) -> None:
    speaker.will(behaviour)
    error = failure(speaker.llm)
    unsaid = speaker.llm.provider == "ollama" and isinstance(behaviour, ErrorEvent)
    told = "llm_server_error" if unsaid else code  # Ollama's errors in a stream are words alone
    assert (error.code, error.retryable) == (told, retryable)


def test_words_before_a_fault_are_passed_on(wired: Wired) -> None:
    wired.will(ErrorEvent(ANSWER))
    answer = wired.llm.stream(asked())
    assert next(answer) == ModelText(text="One")
    with pytest.raises(ModelUnavailable):
        list(answer)


def test_a_scripted_failure_passes_on_the_words_before_it() -> None:
    answer = FakeLLM([Fails(ModelUnavailable("gone"), after="One")]).stream(asked())
    assert next(answer) == ModelText(text="One")
    with pytest.raises(ModelUnavailable, match="gone"):
        next(answer)


def test_an_error_carries_the_vendors_own_words(wired: Wired) -> None:
    wired.will(Status(400, message="max_tokens: too large"))
    assert "max_tokens: too large" in failure(wired.llm).detail


def test_a_rate_limit_says_how_long_to_wait(wired: Wired) -> None:
    wired.will(Status(429, retry_after="17"))
    assert failure(wired.llm).extra["retry_after"] == 17.0


def test_the_sdk_does_not_try_again_by_itself(wired: Wired) -> None:
    wired.will(Status(503))
    failure(wired.llm)
    assert len(wired.server.requests) == 1


@pytest.mark.parametrize(
    "behaviour",
    [Waits(Event(), ANSWER), Stalls(ANSWER)],
    ids=["before the first byte", "between pieces"],
)
def test_silence_that_lasts_too_long_is_a_timeout(impatient: Wired, behaviour: Behaviour) -> None:
    impatient.will(behaviour)
    error = failure(impatient.llm)
    assert (error.code, error.retryable) == ("llm_timeout", True)


@pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)
def test_a_server_that_is_not_there_is_unreachable(build: Build) -> None:
    llm = build(closed_port_url(), PATIENCE)
    error = failure(llm)
    llm.close()
    assert (error.code, error.retryable) == ("llm_unreachable", True)
    assert "127.0.0.1" in error.detail


def test_arguments_of_a_tool_that_are_not_an_object_are_nonsense(wired: Wired) -> None:
    wired.will(Calls(Call(name="weather", input=["not", "an", "object"])))  # type: ignore[arg-type]  # on purpose
    assert failure(wired.llm).code == "llm_nonsense"


def test_a_failed_call_shows_until_the_next_one_goes_well(wired: Wired) -> None:
    wired.will(Status(503), Says("Hello."))
    failure(wired.llm)
    with pytest.raises(ModelUnavailable):
        wired.llm.ping()
    list(wired.llm.stream(asked()))
    assert wired.llm.ping()


def test_a_malformed_request_is_not_the_models_illness(wired: Wired) -> None:
    wired.will(Status(400))
    failure(wired.llm)
    assert wired.llm.ping()
