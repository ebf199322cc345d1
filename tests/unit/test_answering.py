"""What is asked of a model fits what it can take in, as it counts itself."""

from cns.domain.stream import TurnFailed, Usage
from cns.errors import ContextExceeded, ModelUnavailable
from cns.ports import ModelRequest
from cns.services.gauge import UNKNOWN
from tests.conversing import completed, conversation
from tests.fakes.llm import MODEL, Fails, Says

TOO_LONG = Fails(ContextExceeded("too long"))
LONG = "I saw a heron by the weir. " * 60


def characters(request: ModelRequest) -> int:
    return sum(len(message.text) for message in request.messages)


def test_a_request_that_was_too_long_is_made_again_with_less() -> None:
    talk = conversation(
        *[Says("Fine.", usage=Usage())] * 6, TOO_LONG, Says("At last.", usage=Usage())
    )
    talk.llm.context_tokens = 8192
    for _ in range(6):
        talk.say(LONG)
    assert completed(talk.say(LONG)).text == "At last."
    *_, refused, again = talk.llm.requests
    assert characters(again) < characters(refused)
    assert again.messages[-1].text == refused.messages[-1].text
    assert talk.gauge.rate(MODEL) == 2 * UNKNOWN


def test_a_request_that_is_too_long_at_half_its_length_fails_the_turn() -> None:
    talk = conversation(TOO_LONG, TOO_LONG)
    failed = talk.say()[-1]
    assert isinstance(failed, TurnFailed)
    assert failed.error.code == ContextExceeded.code


def test_what_has_been_said_is_not_said_again() -> None:
    talk = conversation(Fails(ContextExceeded("too long"), after="I thi"))
    assert isinstance(talk.say()[-1], TurnFailed)
    assert len(talk.llm.requests) == 1


def test_another_failure_is_not_met_with_less() -> None:
    talk = conversation(Fails(ModelUnavailable("away")))
    assert isinstance(talk.say()[-1], TurnFailed)
    assert talk.gauge.rate(MODEL) == UNKNOWN


def test_a_model_that_counts_more_tokens_is_sent_less_from_then_on() -> None:
    dense = Usage(input_tokens=30_000, output_tokens=5)
    talk = conversation(*[Says("Fine.", usage=dense)] * 7)
    talk.llm.context_tokens = 8192
    for _ in range(7):
        talk.say(LONG)
    assert talk.gauge.rate(MODEL) > UNKNOWN
    assert characters(talk.llm.requests[-1]) < 6 * len(LONG)
