"""The chain: who is asked, how often, after which pause, and who rests until when."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Event, Thread

import pytest
from typing_extensions import override

from adapters.chain import ChainedLLM, Patience
from cns.domain.message import Role, Text, Thought, ToolCall
from cns.errors import ModelStopped, ModelUnavailable
from cns.ports import ModelDone, ModelEvent, ModelRequest, ModelText
from cns.services.pump import Stop
from tests.fakes.clock import FrozenClock
from tests.fakes.llm import Fails, FakeLLM, Says, Step
from tests.values import message

HELLO = ModelRequest(system=(), messages=(message("hello"),))
REST = timedelta(minutes=5)
FIRST = "first words"
OTHER = "other words"


def fault(code: str = "llm_overloaded", *, passes: bool = True, **extra: object) -> Fails:
    return Fails(ModelUnavailable(f"{code} it is", code=code, retryable=passes, extra=extra))


REFUSED = fault("llm_refused_key", passes=False)


@dataclass
class Bench:
    """A chain of scripted models, its clock, and the pauses that it took."""

    clock: FrozenClock = field(default_factory=FrozenClock)
    pauses: list[float] = field(default_factory=list)
    first: FakeLLM = field(default_factory=lambda: FakeLLM(model="first"))
    other: FakeLLM = field(default_factory=lambda: FakeLLM(model="other"))
    third: FakeLLM = field(default_factory=lambda: FakeLLM(model="third"))

    def chain(
        self,
        length: int = 2,
        retries: int = 2,
        sleep: Callable[[float], object] | None = None,
    ) -> ChainedLLM:
        return ChainedLLM(
            (self.first, self.other, self.third)[:length],
            clock=self.clock,
            patience=Patience(retries=retries, recovery=REST),
            sleep=sleep or self.pauses.append,
        )

    @property
    def asked(self) -> tuple[int, int, int]:
        """How often each was asked."""
        return len(self.first.requests), len(self.other.requests), len(self.third.requests)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def said(events: Sequence[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, ModelText))


def answer(chain: ChainedLLM, request: ModelRequest = HELLO) -> str:
    return said(list(chain.stream(request)))


def failure(chain: ChainedLLM) -> ModelUnavailable:
    with pytest.raises(ModelUnavailable) as caught:
        list(chain.stream(HELLO))
    return caught.value


# --- tried again -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    ["llm_unreachable", "llm_timeout", "llm_rate_limited", "llm_server_error", "llm_nonsense"],
)
def test_a_fault_that_may_pass_is_tried_again_on_the_same_provider(bench: Bench, code: str) -> None:
    bench.first.will(fault(code), fault(code), Says(FIRST))
    assert answer(bench.chain()) == FIRST
    assert bench.asked == (3, 0, 0)


def test_the_pauses_grow_and_are_the_same_each_time(bench: Bench) -> None:
    bench.first.will(*[fault()] * 5, Says(FIRST))
    assert answer(bench.chain(retries=5)) == FIRST
    assert bench.pauses == [0.5, 1.0, 2.0, 4.0, 5.0]


def test_a_short_wait_that_is_asked_for_is_honoured(bench: Bench) -> None:
    bench.first.will(fault(retry_after=3.0), Says(FIRST))
    assert answer(bench.chain()) == FIRST
    assert bench.pauses == [3.0]


def test_a_long_wait_that_is_asked_for_leads_to_the_next_at_once(bench: Bench) -> None:
    bench.first.will(fault(retry_after=17.0))
    bench.other.will(Says(OTHER))
    assert answer(bench.chain()) == OTHER
    assert (bench.asked, bench.pauses) == ((1, 1, 0), [])


def test_a_fault_that_took_long_to_show_is_not_tried_again(bench: Bench) -> None:
    def late(_: ModelRequest) -> Step:
        bench.clock.move(timedelta(seconds=31))
        return fault("llm_timeout")

    bench.first.will(late)
    bench.other.will(Says(OTHER))
    assert answer(bench.chain()) == OTHER
    assert bench.asked == (1, 1, 0)


def test_a_provider_alone_is_tried_again_and_never_rests(bench: Bench) -> None:
    bench.first.will(*[fault()] * 3, Says(FIRST))
    chain = bench.chain(length=1)
    assert failure(chain).code == "llm_overloaded"
    assert answer(chain) == FIRST
    assert chain.ping() == bench.first.ping()


def test_closing_ends_a_pause_under_way(bench: Bench) -> None:
    bench.first.will(fault(retry_after=5.0))
    pausing = Event()
    chain = ChainedLLM([bench.first], clock=bench.clock, patience=Patience())

    def ask() -> None:
        pausing.set()
        failures.append(failure(chain))

    failures: list[ModelUnavailable] = []
    asking = Thread(target=ask)
    asking.start()
    pausing.wait(30)
    chain.close()
    asking.join(30)
    assert not asking.is_alive()
    assert [error.code for error in failures] == ["llm_overloaded"]


def test_nobody_else_is_asked_once_the_chain_is_closed(bench: Bench) -> None:
    bench.first.will(fault())
    chain = bench.chain(sleep=lambda _: chain.close())
    assert failure(chain).code == "llm_overloaded"
    assert bench.asked == (1, 0, 0)


def test_nobody_else_is_asked_once_a_stop_is_wished_for(bench: Bench) -> None:
    stop = Stop()
    bench.first.will(fault(), fault())
    with pytest.raises(ModelUnavailable):
        answer(bench.chain(sleep=lambda _: stop.wish()), replace(HELLO, stop=stop))
    with pytest.raises(ModelUnavailable):
        answer(bench.chain(), replace(HELLO, stop=stop))
    assert bench.asked == (2, 0, 0)


def test_a_call_that_was_ended_from_within_is_not_tried_again(bench: Bench) -> None:
    bench.first.will(Fails(ModelStopped("MIRA ended it.")))
    bench.other.will(Says(OTHER))
    assert answer(bench.chain()) == OTHER
    assert (bench.asked, bench.pauses) == ((1, 1, 0), [])


def test_a_closed_chain_asks_nobody(bench: Bench) -> None:
    chain = bench.chain()
    chain.close()
    assert "shutting down" in failure(chain).detail
    assert bench.asked == (0, 0, 0)


def test_a_closed_chain_tells_the_stand_in_s_failure_when_the_primary_rests(bench: Bench) -> None:
    bench.first.will(REFUSED)
    bench.other.will(Says(OTHER), fault("llm_timeout"))
    chain = bench.chain(sleep=lambda _: chain.close())
    answer(chain)
    assert failure(chain).code == "llm_timeout"
    assert bench.asked == (1, 2, 0)


# --- passed on -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code", ["llm_refused_key", "llm_unknown_model", "llm_no_credit", "llm_bad_request"]
)
def test_a_fault_that_stays_leads_to_the_next_at_once(bench: Bench, code: str) -> None:
    bench.first.will(fault(code, passes=False))
    bench.other.will(Says(OTHER))
    assert answer(bench.chain()) == OTHER
    assert (bench.asked, bench.pauses) == ((1, 1, 0), [])


def test_the_next_one_is_asked_when_the_tries_are_used_up(bench: Bench) -> None:
    bench.first.will(*[fault()] * 3)
    bench.other.will(fault(), Says(OTHER))
    assert answer(bench.chain()) == OTHER
    assert (bench.asked, bench.pauses) == ((3, 2, 0), [0.5, 1.0, 0.5])


def test_the_answer_names_the_stand_in_s_model(bench: Bench) -> None:
    bench.first.will(REFUSED)
    bench.other.will(Says(OTHER))
    last = list(bench.chain().stream(HELLO))[-1]
    assert isinstance(last, ModelDone)
    assert last.model == "other"


def test_with_nobody_left_the_primary_s_failure_is_told(bench: Bench) -> None:
    bench.first.will(fault("llm_rate_limited", retry_after=30.0))
    bench.other.will(REFUSED)
    bench.third.will(fault("llm_no_credit", passes=False))
    error = failure(bench.chain(length=3))
    assert (error.code, error.extra["retry_after"]) == ("llm_rate_limited", 30.0)
    assert bench.asked == (1, 1, 1)


def test_a_model_asked_for_by_name_is_asked_of_the_primary_alone(bench: Bench) -> None:
    bench.first.will(REFUSED)
    bench.other.will(Says(OTHER))
    answer(bench.chain(), ModelRequest(system=(), messages=HELLO.messages, model="special"))
    assert bench.first.requests[0].model == "special"
    assert bench.other.requests[0].model is None


def test_thoughts_under_a_seal_are_not_shown_to_a_stand_in(bench: Bench) -> None:
    call = ToolCall(id="1", name="look", input={})
    thought = Thought(text="hm", signature="seal")
    history = (message([thought, call], Role.ASSISTANT), message([Text(text="go on")]))
    bench.first.will(REFUSED)
    bench.other.will(Says(OTHER))
    answer(bench.chain(), ModelRequest(system=(), messages=history))
    assert bench.first.requests[0].messages == history
    assert [m.content for m in bench.other.requests[0].messages] == [
        (call,),
        (Text(text="go on"),),
    ]


def test_a_document_is_not_taken_from_a_model_that_is_unfit_for_it(bench: Bench) -> None:
    bench.other = FakeLLM(model="small", capable=False)
    bench.first.will(REFUSED)
    bench.third.will(Says(OTHER))
    request = ModelRequest(system=(), messages=HELLO.messages, schema={"type": "object"})
    assert answer(bench.chain(length=3), request) == OTHER
    assert bench.asked == (1, 0, 1)


# --- once words were shown -------------------------------------------------------------------


def test_nothing_is_tried_again_once_words_were_shown(bench: Bench) -> None:
    bench.first.will(Fails(ModelUnavailable("cut", code="llm_stream_cut"), after="One"))
    events = bench.chain().stream(HELLO)
    assert next(events) == ModelText(text="One")
    with pytest.raises(ModelUnavailable, match="cut"):
        next(events)
    assert (bench.asked, bench.pauses) == ((1, 0, 0), [])


def test_a_provider_that_broke_off_rests(bench: Bench) -> None:
    bench.first.will(Fails(ModelUnavailable("cut"), after="One"))
    bench.other.will(Says(OTHER))
    chain = bench.chain()
    failure(chain)
    assert answer(chain) == OTHER
    assert bench.asked == (1, 1, 0)


def test_a_provider_alone_does_not_rest_when_it_broke_off(bench: Bench) -> None:
    bench.first.will(Fails(ModelUnavailable("cut"), after="One"), Says(FIRST))
    chain = bench.chain(length=1)
    failure(chain)
    assert answer(chain) == FIRST


def test_leaving_the_answer_closes_the_one_who_gives_it(bench: Bench) -> None:
    bench.first.will(Says(FIRST))
    events = bench.chain().stream(HELLO)
    next(events)
    events.close()
    assert bench.first.closed == 1


# --- resting ---------------------------------------------------------------------------------


def test_a_primary_that_was_passed_over_rests_and_is_then_asked_first_again(bench: Bench) -> None:
    bench.first.will(REFUSED, Says(FIRST))
    bench.other.will(Says(OTHER), Says(OTHER))
    chain = bench.chain()
    said_before = [answer(chain), answer(chain)]
    bench.clock.move(REST)
    assert [*said_before, answer(chain)] == [OTHER, OTHER, FIRST]
    assert bench.asked == (2, 2, 0)


def test_a_primary_that_fails_again_rests_again(bench: Bench) -> None:
    bench.first.will(REFUSED, REFUSED)
    bench.other.will(*[Says(OTHER)] * 3)
    chain = bench.chain()
    answer(chain)
    bench.clock.move(REST)
    answer(chain)
    answer(chain)
    assert bench.asked == (2, 3, 0)


def test_who_rests_is_asked_once_when_all_others_failed(bench: Bench) -> None:
    bench.first.will(REFUSED, Says(FIRST), Says(FIRST))
    bench.other.will(Says(OTHER), *[fault()] * 3)
    chain = bench.chain()
    answer(chain)
    assert answer(chain) == FIRST
    assert answer(chain) == FIRST, "it is well again, and the other one rests"
    assert bench.asked == (3, 4, 0)


@pytest.mark.parametrize(
    ("code", "model"), [("llm_bad_request", None), ("llm_unknown_model", "misspelt")]
)
def test_a_request_that_is_itself_at_fault_lets_nobody_rest(
    bench: Bench, code: str, model: str | None
) -> None:
    bench.first.will(fault(code, passes=False), Says(FIRST))
    bench.other.will(Says(OTHER))
    chain = bench.chain()
    answer(chain, ModelRequest(system=(), messages=HELLO.messages, model=model))
    assert answer(chain) == FIRST


# --- as one model ----------------------------------------------------------------------------


def test_a_chain_goes_by_its_primary(bench: Bench) -> None:
    bench.other.capable = False
    chain = bench.chain()
    assert (chain.provider, chain.model, chain.capable) == ("anthropic", "first", True)


def test_the_smallest_context_counts_but_for_the_built_in_model_s(bench: Bench) -> None:
    bench.other.context_tokens = 8192
    bench.third.context_tokens = 4096
    bench.third.capable = False
    assert bench.chain(length=3).context_tokens == 8192
    assert bench.chain(length=1).context_tokens == 200_000


class Ailing(FakeLLM):
    """One that says how it is by its last failure."""

    closed_for_good = False

    @override
    def ping(self) -> str:
        raise ModelUnavailable("not well", code=f"llm_{self.model}")

    @override
    def close(self) -> None:
        self.closed_for_good = True


def test_it_says_who_answers_and_who_rests(bench: Bench) -> None:
    bench.first.will(REFUSED)
    bench.other.will(Says(OTHER))
    chain = bench.chain()
    answer(chain)
    assert chain.ping() == ("other follows its script; anthropic first rests until 09:35 UTC")


def test_it_says_who_failed_when_last_asked(bench: Bench) -> None:
    bench.first = Ailing(model="first")
    assert bench.chain().ping() == (
        "other follows its script; anthropic first failed when last asked (llm_first)"
    )


def test_when_nobody_is_well_the_primary_s_failure_is_told(bench: Bench) -> None:
    bench.first, bench.other = Ailing(model="first"), Ailing(model="other")
    with pytest.raises(ModelUnavailable) as caught:
        bench.chain().ping()
    assert caught.value.code == "llm_first"


def test_closing_closes_all(bench: Bench) -> None:
    first, other = bench.first, bench.other = Ailing(model="first"), Ailing(model="other")
    bench.chain().close()
    assert first.closed_for_good
    assert other.closed_for_good
