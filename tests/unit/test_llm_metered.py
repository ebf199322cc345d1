"""Every call of a model is allowed, priced and noted, however it ends."""

from contextlib import closing
from dataclasses import dataclass, field, replace

import pytest

from adapters.chain import ChainedLLM, Patience
from adapters.metered import MeteredLLM
from cns.domain.model import ModelRequest, Purpose, SystemBlock, ToolDefinition
from cns.domain.spending import Outlay, Price, Prices
from cns.domain.stream import Usage
from cns.errors import ModelUnavailable, SpendingCeiling
from cns.ports import LLM, ModelDone, ModelEvent
from cns.services.purse import Purse, Tariff
from tests.fakes.clock import FrozenClock
from tests.fakes.llm import MODEL, USAGE, Calls, Fails, FakeLLM, Says
from tests.fakes.spending import FakeSpending
from tests.values import ANNA, message

PRICE = Price(input=1000, output=2000, cache_read=100, cache_write=1250)
COST = (20 * 1000 + 7 * 2000 + 5 * 100) / 1_000_000
TARIFF = Tariff(prices=Prices(table={MODEL: PRICE}), unknown=PRICE)
SPENT = replace(TARIFF, ceiling_usd=COST / 2)


@dataclass(kw_only=True)
class Meter:
    """Metered models and what was noted of them."""

    tariff: Tariff = TARIFF
    store: FakeSpending = field(default_factory=FakeSpending)

    def __post_init__(self) -> None:
        self.purse = Purse(self.store, FrozenClock(), ANNA, lambda: self.tariff)

    def on(self, llm: LLM) -> MeteredLLM:
        return MeteredLLM(llm, self.purse)

    @property
    def noted(self) -> list[Outlay]:
        return list(self.store.outlays.values())


def asked(text: str = "12345678", **rest: object) -> ModelRequest:
    return replace(ModelRequest(system=(), messages=(message(text),)), **rest)  # type: ignore[arg-type]  # any field


def events(llm: LLM, request: ModelRequest | None = None) -> list[ModelEvent]:
    return list(llm.stream(request or asked()))


def test_the_cost_comes_with_the_end_of_the_answer() -> None:
    meter = Meter()
    *_, done = events(meter.on(FakeLLM([Says("Hello.")])))
    assert done == ModelDone(model=MODEL, stop="end", usage=USAGE, cost_usd=COST)


def test_a_call_is_noted_with_who_answered_and_what_for() -> None:
    meter = Meter()
    said = message()
    request = asked(purpose=Purpose.SUMMARY, subject=said.segment_id)
    events(meter.on(FakeLLM([Says("Hello.")])), request)
    (noted,) = meter.noted
    assert (noted.purpose, noted.subject) == (Purpose.SUMMARY, said.segment_id)
    assert (noted.provider, noted.model, noted.usage) == ("anthropic", MODEL, USAGE)
    assert (noted.cost_usd, noted.estimated) == (COST, False)


def test_an_unknown_model_has_no_cost() -> None:
    meter = Meter()
    *_, done = events(meter.on(FakeLLM([Says("Hello.")], model="unheard-of")))
    assert isinstance(done, ModelDone)
    assert (done.cost_usd, meter.noted[0].cost_usd) == (None, None)


def test_in_a_chain_the_one_who_answered_is_paid() -> None:
    meter = Meter()
    failing = FakeLLM([Fails(ModelUnavailable("no", retryable=False))], model="first")
    standing_in = FakeLLM([Says("Hello.")])
    chain = ChainedLLM(
        [meter.on(failing), meter.on(standing_in)],
        clock=FrozenClock(),
        patience=Patience(retries=0),
    )
    events(chain)
    assert [noted.model for noted in meter.noted] == [MODEL]


def test_a_call_that_was_refused_costs_nothing() -> None:
    meter = Meter()
    with pytest.raises(ModelUnavailable):
        events(meter.on(FakeLLM([Fails(ModelUnavailable("no", code="llm_rate_limited"))])))
    assert meter.noted == []


@pytest.mark.parametrize(
    ("fault", "output"),
    [
        (Fails(ModelUnavailable("cut", code="llm_stream_cut"), after="a few words"), 3),
        (Fails(ModelUnavailable("late", code="llm_timeout")), 0),
    ],
)
def test_a_call_that_broke_off_is_estimated(fault: Fails, output: int) -> None:
    meter = Meter()
    with pytest.raises(ModelUnavailable):
        events(meter.on(FakeLLM([fault])))
    (noted,) = meter.noted
    assert noted.estimated
    assert noted.usage == Usage(input_tokens=2, output_tokens=output)


def test_the_failure_tells_which_model_broke_off() -> None:
    meter = Meter()
    failure = ModelUnavailable("late", code="llm_timeout", extra={"model": "the fast one"})
    with pytest.raises(ModelUnavailable):
        events(meter.on(FakeLLM([Fails(failure)])))
    assert meter.noted[0].model == "the fast one"


def test_a_call_that_was_left_is_estimated() -> None:
    meter = Meter()
    llm = FakeLLM([Says("one two three")])
    with closing(meter.on(llm).stream(asked())) as stream:
        next(stream)
    (noted,) = meter.noted
    assert (noted.estimated, noted.usage.output_tokens, llm.closed) == (True, 1, 1)


def test_a_server_that_tells_no_figures_is_taken_at_an_estimate() -> None:
    meter = Meter()
    *_, done = events(meter.on(FakeLLM([Says("12345678", thinking="1234", usage=Usage())])))
    assert isinstance(done, ModelDone)
    assert done.usage == meter.noted[0].usage == Usage(input_tokens=2, output_tokens=3)
    assert meter.noted[0].estimated


def test_all_that_is_sent_is_in_the_estimate() -> None:
    meter = Meter()
    request = asked(
        system=(SystemBlock(text="x" * 40, cached=True),),
        live="x" * 20,
        tools=(ToolDefinition(name="t", description="d", schema={}),),
    )
    broken = ModelUnavailable("cut", code="llm_timeout")
    with pytest.raises(ModelUnavailable):
        events(meter.on(FakeLLM([Fails(broken)])), request)
    tools = len('["t", "d", {}]')
    assert meter.noted[0].usage == Usage(input_tokens=2 + (60 + tools + 3) // 4)


def test_the_arguments_of_a_tool_are_in_the_estimate() -> None:
    meter = Meter()
    llm = FakeLLM([Calls("weather", {"place": "Leeds"})])
    with closing(meter.on(llm).stream(asked())) as stream:
        next(stream)
    assert meter.noted[0].usage.output_tokens == (len('{"place": "Leeds"}') + 3) // 4


def test_what_leaves_no_trace_is_counted_and_not_written() -> None:
    meter = Meter()
    events(meter.on(FakeLLM([Says("Hello.")])), asked(kept=False))
    assert (meter.noted, meter.purse.today().counted_usd) == ([], COST)


def test_at_the_ceiling_the_model_is_not_asked() -> None:
    meter = Meter(tariff=SPENT)
    llm = FakeLLM([Says("Hello.")])
    events(meter.on(llm))
    with pytest.raises(SpendingCeiling):
        events(meter.on(llm))
    assert len(llm.requests) == 1


def test_the_ceiling_is_no_failure_that_a_chain_passes_on() -> None:
    meter = Meter(tariff=SPENT)
    events(meter.on(FakeLLM([Says("Hello.")])))
    primary, other = FakeLLM(), FakeLLM()
    chain = ChainedLLM(
        [meter.on(primary), meter.on(other)], clock=FrozenClock(), patience=Patience()
    )
    with pytest.raises(SpendingCeiling):
        events(chain)
    assert (primary.requests, other.requests) == ([], [])


def test_what_costs_nothing_has_no_ceiling() -> None:
    meter = Meter(tariff=SPENT)
    events(meter.on(FakeLLM([Says("Hello.")])))
    here = FakeLLM([Says("Hello.")], model="small")
    here.provider = "local"
    *_, done = events(meter.on(here))
    assert isinstance(done, ModelDone)
    assert done.cost_usd == 0


def test_a_turn_that_was_begun_is_brought_to_its_end() -> None:
    meter = Meter(tariff=SPENT)
    llm = FakeLLM([Says("Hello."), Says("Done.")])
    events(meter.on(llm))
    events(meter.on(llm), asked(further=True))
    assert len(meter.noted) == 2


def test_it_is_the_model_that_it_meters() -> None:
    llm = FakeLLM(capable=False)
    metered = Meter().on(llm)
    assert (metered.provider, metered.model, metered.capable, metered.context_tokens) == (
        llm.provider,
        llm.model,
        llm.capable,
        llm.context_tokens,
    )
    assert metered.ping() == llm.ping()
    metered.close()
