"""What of a segment a model is sent."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cns.domain.message import (
    Block,
    Document,
    Image,
    Message,
    MessageStatus,
    Role,
    SegmentId,
    Text,
    ToolCall,
    ToolResult,
    TurnId,
)
from cns.domain.tokens import (
    DOCUMENT_TOKENS,
    IMAGE_TOKENS,
    PAGE_TOKENS,
    document_tokens,
    tokens,
)
from cns.services.history import UNREAD, for_model
from tests.values import calling, message, result

SEGMENT = SegmentId(uuid4())


def said(text: str) -> Message:
    return message(text, segment_id=SEGMENT)


def answered(
    to: Message,
    text: str,
    status: MessageStatus = MessageStatus.COMPLETE,
    turn_id: TurnId | None = None,
) -> Message:
    return message(
        text,
        Role.ASSISTANT,
        segment_id=SEGMENT,
        parent_id=to.id,
        turn_id=turn_id or TurnId(uuid4()),
        status=status,
    )


def conversation(words: list[tuple[bool, str]]) -> list[Message]:
    return [
        said(w) if user else message(w, Role.ASSISTANT, segment_id=SEGMENT) for user, w in words
    ]


words = st.lists(st.tuples(st.booleans(), st.text("ab", min_size=1)), min_size=1, max_size=10)


@given(words, st.integers(-10, 200))
def test_the_last_message_is_always_sent(given_: list[tuple[bool, str]], budget: int) -> None:
    messages = conversation(given_)
    assert for_model(messages, budget)[-1] == messages[-1]


@given(words, st.integers(-10, 200))
def test_more_than_the_last_message_keeps_to_the_budget(
    given_: list[tuple[bool, str]], budget: int
) -> None:
    sent = for_model(conversation(given_), budget)
    assert len(sent) == 1 or sum(tokens(m) for m in sent) <= budget


@given(words, st.integers(-10, 200))
def test_what_is_sent_begins_with_the_user(given_: list[tuple[bool, str]], budget: int) -> None:
    sent = for_model(conversation(given_), budget)
    assert len(sent) == 1 or sent[0].role is Role.USER


@given(words)
def test_with_room_enough_only_what_precedes_the_user_is_left_out(
    given_: list[tuple[bool, str]],
) -> None:
    messages = conversation(given_)
    sent = for_model(messages, 10_000)
    assert list(sent) == messages[len(messages) - len(sent) :]


def test_nothing_said_is_nothing_sent() -> None:
    assert for_model([], 100) == ()


def test_a_failed_answer_is_left_out() -> None:
    first = said("one")
    failed = answered(first, "hal", MessageStatus.FAILED)
    second = said("two")
    assert for_model([first, failed, second], 1000) == (first, second)


def test_an_interrupted_answer_is_sent() -> None:
    first = said("one")
    cut = answered(first, "hal", MessageStatus.INTERRUPTED)
    second = said("two")
    assert for_model([first, cut, second], 1000) == (first, cut, second)


def test_of_several_answers_only_the_last_is_sent() -> None:
    first = said("one")
    old, new = answered(first, "old"), answered(first, "new")
    second = said("two")
    assert for_model([first, old, new, second], 1000) == (first, new, second)


def test_the_steps_of_the_last_answer_are_sent_with_it() -> None:
    turn_id = TurnId(uuid4())
    first = said("one")
    steps = [
        message(
            (ToolCall(id="1", name="x", input={}),),
            Role.ASSISTANT,
            segment_id=SEGMENT,
            parent_id=first.id,
            turn_id=turn_id,
        ),
        message(
            (ToolResult(tool_call_id="1", text="y", ok=True),),
            Role.TOOL,
            segment_id=SEGMENT,
            parent_id=first.id,
            turn_id=turn_id,
        ),
    ]
    reply = answered(first, "done", turn_id=turn_id)
    assert for_model([first, *steps, reply, said("two")], 1000)[1:4] == (*steps, reply)


def test_a_tool_s_result_is_never_sent_without_its_question() -> None:
    first = said("a" * 300)
    rest = [calling("x", SEGMENT), result("y", SEGMENT), said("two")]
    assert for_model([first, *rest], 60) == (rest[-1],)


PICTURE = Image(media_type="image/png", data="aGk=")
LEASE = Document(media_type="application/pdf", data="JVBERi0=", title="Lease")


def attaching(*blocks: Block) -> Message:
    return message((*blocks, Text(text="Look.")), segment_id=SEGMENT)


def test_what_was_attached_to_a_message_without_an_answer_is_told_of_alone() -> None:
    first, second = attaching(PICTURE, LEASE), said("two")
    (told, _) = for_model([first, second], 1000)
    assert told.content == (
        Text(text=UNREAD.format("picture")),
        Text(text=UNREAD.format("document")),
        Text(text="Look."),
    )


def test_the_newest_message_keeps_what_is_attached_to_it() -> None:
    first, second = said("one"), attaching(PICTURE)
    assert for_model([first, second], 5000) == (first, second)


@pytest.mark.parametrize("status", [MessageStatus.COMPLETE, MessageStatus.INTERRUPTED])
def test_an_answered_message_keeps_what_is_attached_to_it(status: MessageStatus) -> None:
    first, second = attaching(PICTURE), said("two")
    reply = answered(first, "A cat.", status)
    assert for_model([first, reply, second], 5000) == (first, reply, second)


def test_neither_a_failed_answer_nor_a_tool_s_call_is_an_answer() -> None:
    first, turn_id = attaching(PICTURE), TurnId(uuid4())
    call = message(
        (Text(text="I look."), ToolCall(id="1", name="x", input={})),
        Role.ASSISTANT,
        segment_id=SEGMENT,
        parent_id=first.id,
        turn_id=turn_id,
    )
    failed = answered(first, "hal", MessageStatus.FAILED, turn_id)
    sent = for_model([first, call, failed, said("two")], 5000)
    assert PICTURE not in sent[0].content


def test_a_message_told_of_stays_as_it_is_told() -> None:
    first, second = attaching(PICTURE), said("two")
    before = for_model([first, second], 5000)
    later = for_model([first, second, answered(second, "Yes."), said("three")], 5000)
    assert later[: len(before)] == before


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, IMAGE_TOKENS),
        (1, PAGE_TOKENS),
        (50_001, 2 * PAGE_TOKENS),
        (10_000_000, DOCUMENT_TOKENS),
    ],
)
def test_a_document_is_reckoned_by_its_size(size: int, expected: int) -> None:
    assert document_tokens(size) == expected


def test_a_document_s_size_is_that_of_its_bytes() -> None:
    paper = Document(media_type="application/pdf", data="A" * 133_336)
    assert tokens(message((paper,))) - tokens(message((LEASE,))) == 2 * PAGE_TOKENS


@pytest.mark.parametrize(
    ("block", "least"),
    [
        (Text(text="abc" * 10), 10),
        (ToolResult(tool_call_id="1", text="abc" * 10, ok=True), 10),
        (ToolCall(id="1", name="search", input={"query": "abc" * 10}), 20),
        (Image(media_type="image/png", data=""), IMAGE_TOKENS),
    ],
)
def test_sizes_are_estimated_from_above(
    block: Text | ToolResult | ToolCall | Image, least: int
) -> None:
    assert tokens(message((block,), Role.ASSISTANT)) > least
