"""What is asked of a model fits what it can take in, as it counts itself."""

from collections.abc import Callable

import pytest

from cns.domain.message import Block, Document, Image, Text
from cns.domain.stream import TurnEvent, TurnFailed, Usage
from cns.errors import ContextExceeded, ModelUnavailable
from cns.ports import ModelRequest
from cns.services.gauge import UNKNOWN
from cns.services.request import TurnRequest
from tests.conversing import Conversation, completed, conversation, failed
from tests.fakes.llm import MODEL, Fails, Says, Step

TOO_LONG = Fails(ContextExceeded("too long"))
CORRUPT = Fails(ModelUnavailable("no picture", code="llm_bad_request"))
LEASE = Document(media_type="application/pdf", data="A" * 4_000_000, title="Lease")
PICTURE = Image(media_type="image/png", data="aGk=")
LONG = "I saw a heron by the weir. " * 60


def characters(request: ModelRequest) -> int:
    return sum(len(message.text) for message in request.messages)


def shows(talk: Conversation, block: Block) -> list[TurnEvent]:
    return talk.turn(TurnRequest(content=(block, Text(text="Look."))))


def refuses(unreadable: Block, how: Fails) -> Callable[[ModelRequest], Step]:
    """A model that fails as long as it is sent that block."""
    return lambda asked: (
        how
        if any(unreadable in message.content for message in asked.messages)
        else Says("Fine.", usage=Usage())
    )


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
    assert failed(talk.say()).error.code == ContextExceeded.code


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


@pytest.mark.parametrize(("block", "how"), [(LEASE, TOO_LONG), (PICTURE, CORRUPT)])
def test_after_an_attachment_that_was_refused_the_chapter_goes_on(block: Block, how: Fails) -> None:
    talk = conversation(*[refuses(block, how)] * 6)
    completed(talk.say("Good morning."))
    failed(shows(talk, block))
    for words in ("Are you there?", "And now?"):
        completed(talk.say(words))
    assert talk.gauge.rate(MODEL) == UNKNOWN


def test_the_newest_message_too_long_by_itself_says_nothing_of_the_rate() -> None:
    talk = conversation(TOO_LONG, TOO_LONG)
    failed(shows(talk, LEASE))
    assert talk.gauge.rate(MODEL) == UNKNOWN


def test_nor_does_one_that_was_too_long_once_all_else_was_left_out() -> None:
    talk = conversation(Says("Fine.", usage=Usage()), TOO_LONG, TOO_LONG)
    talk.say()
    failed(shows(talk, LEASE))
    *_, whole, alone = talk.llm.requests
    assert (len(whole.messages), len(alone.messages)) == (3, 1)
    assert talk.gauge.rate(MODEL) == UNKNOWN


def test_what_is_refused_beside_other_messages_is_sent_with_less_from_then_on() -> None:
    talk = conversation(Says("Fine.", usage=Usage()), TOO_LONG, TOO_LONG)
    talk.say()
    failed(talk.say())
    assert talk.gauge.rate(MODEL) == 2 * UNKNOWN
