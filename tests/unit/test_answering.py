"""What is asked of a model fits what it can take in, as it counts itself."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cns.domain.message import Block, Document, Image, Text
from cns.domain.stream import TurnEvent, TurnFailed, Usage
from cns.errors import ContextExceeded, ModelUnavailable
from cns.ports import ModelRequest
from cns.services.gauge import UNKNOWN
from cns.services.request import TurnRequest
from tests.conversing import Conversation, completed, conversation, failed, saying
from tests.fakes.llm import MODEL, Fails, Says, Step

TOO_LONG = Fails(ContextExceeded("too long"))
CORRUPT = Fails(ModelUnavailable("no picture", code="llm_bad_request"))
LEASE = Document(media_type="application/pdf", data="A" * 4_000_000, title="Lease")
PICTURE = Image(media_type="image/png", data="aGk=")
LONG = "I saw a heron by the weir. " * 60


def characters(request: ModelRequest) -> int:
    return sum(len(message.text) for message in request.messages)


def ceiling(talk: Conversation) -> float:
    return talk.gauge.holds(MODEL, talk.llm.context_tokens)


def takes(limit: int) -> Callable[[ModelRequest], Step]:
    """A model that refuses messages of more characters than three for each of these tokens."""
    return lambda asked: (
        TOO_LONG if characters(asked) > 3 * limit else Says("It fits.", usage=Usage())
    )


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
    assert again.messages[-1].text.endswith(refused.messages[-1].text)
    assert ceiling(talk) < 8192


def test_a_request_that_is_too_long_at_its_shortest_fails_the_turn_and_says_what_was_sent() -> None:
    talk = conversation(*[TOO_LONG] * 5)
    error = failed(talk.say()).error
    assert error.code == ContextExceeded.code
    assert f"About {error.extra['sent_tokens']} tokens were sent" in error.detail


def test_a_long_chapter_is_halved_until_it_fits_and_never_refused_again() -> None:
    talk = conversation(*[Says("Fine.", usage=Usage())] * 40)
    for _ in range(40):
        talk.say(LONG)
    talk.llm.will(*[takes(4500)] * 9)
    for _ in range(5):
        assert completed(talk.say(LONG)).text == "It fits."
    assert len(talk.llm.requests) == 40 + 2 + 5


def test_what_the_provider_says_that_it_takes_is_believed() -> None:
    stated = Fails(ContextExceeded("too long", extra={"limit_tokens": 12_000}))
    talk = conversation(*[Says("Fine.", usage=Usage())] * 40)
    for _ in range(40):
        talk.say(LONG)
    talk.llm.will(stated, Says("Fine.", usage=Usage()))
    completed(talk.say(LONG))
    assert ceiling(talk) == 12_000


def test_an_answer_that_has_no_room_beside_the_message_is_made_shorter() -> None:
    def small(asked: ModelRequest) -> Step:
        return TOO_LONG if asked.max_tokens > 2000 else Says("It fits.", usage=Usage())

    talk = conversation(small, small)
    assert completed(talk.say()).text == "It fits."


def test_a_budget_for_thinking_leaves_the_prompt_less_room_and_takes_half_of_it_at_most() -> None:
    talk = conversation(*[Says("Fine.", usage=Usage())] * 13)
    talk.llm.context_tokens = 16_384
    for _ in range(12):
        talk.say(3 * LONG)
    talk.turn(replace(saying("And now?"), thinking=200_000))
    without, with_it = talk.llm.requests[-2:]
    assert (without.thinking, with_it.thinking) == (0, 8192)
    sent = characters(with_it) // 3 + with_it.max_tokens + with_it.thinking
    assert sent <= talk.llm.context_tokens < sent + characters(without) // 3


def test_a_model_that_is_learnt_to_be_small_is_sent_little_from_then_on() -> None:
    talk = conversation(*[Says("Fine.", usage=Usage())] * 2)
    talk.say()
    talk.gauge.refused(MODEL, talk.llm.context_tokens, 4096)
    talk.say()
    assert [turn.compact for turn in talk.composer.seen] == [False, True]


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
    assert ceiling(talk) == talk.llm.context_tokens


def test_the_newest_message_too_long_by_itself_says_nothing_of_the_rate() -> None:
    talk = conversation(TOO_LONG, TOO_LONG)
    failed(shows(talk, LEASE))
    assert ceiling(talk) == talk.llm.context_tokens


def test_nor_does_one_that_was_too_long_once_all_else_was_left_out() -> None:
    talk = conversation(Says("Fine.", usage=Usage()), TOO_LONG, TOO_LONG)
    talk.say()
    failed(shows(talk, LEASE))
    *_, whole, alone = talk.llm.requests
    assert (len(whole.messages), len(alone.messages)) == (3, 1)
    assert ceiling(talk) == talk.llm.context_tokens


def test_what_is_refused_beside_other_messages_is_sent_with_less_from_then_on() -> None:
    talk = conversation(*[Says("Fine.", usage=Usage())] * 15)
    for words in (*[30 * LONG] * 12, *["My cat is called Miso."] * 3):
        talk.say(words)
    talk.llm.will(*[TOO_LONG] * 5)
    failed(talk.say())
    assert ceiling(talk) < 8192
