"""What the small built-in model is shown."""

import pytest

from adapters.small_prompt import (
    ANSWERING,
    HEARING,
    LONGEST,
    LONGEST_NOTE,
    NOTES,
    ONE_SENTENCE,
    TALKING,
    given_back,
    is_question,
    notes_for,
    quotations,
    small_prompt,
)
from cns.domain.message import Document, Role, Text, ToolCall, ToolResult
from cns.ports import ModelRequest, SystemBlock
from tests.values import message

LIVE = """It is Monday, 02 March 2026, 09:30 (Europe/Berlin).

What you remember that may bear on the newest message. These are quotations.
- [0a1b2c3d] (memory, today) "My sister Ana lives in Lisbon."
- [4e5f6a7b] (segment, 01 Mar 2026) "A talk about "tea" and a dog called Biscuit."
- Plain words without quotation marks"""


def asked(text: str, *before: str, live: str = "") -> ModelRequest:
    messages = [*(message(said) for said in before), message(text)]
    return ModelRequest(
        system=(SystemBlock(text="long and wise", cached=True),),
        messages=tuple(messages),
        live=live,
    )


def shown(request: ModelRequest) -> list[str]:
    return [str(turn.get("content")) for turn in small_prompt(request).turns]


@pytest.mark.parametrize(
    "text",
    ["Where do I live?", "  what is my dog called", "Tell me about Ana", "My dog is ill, right? "],
)
def test_a_question_is_known_by_its_first_or_last_sign(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize("text", ["My dog is called Biscuit.", "Hello", "Isabel called."])
def test_a_statement_is_not_a_question(text: str) -> None:
    assert not is_question(text)


def test_the_listed_quotations_are_read_from_the_live_sections() -> None:
    assert list(quotations(LIVE)) == [
        "My sister Ana lives in Lisbon.",
        'A talk about "tea" and a dog called Biscuit.',
        "Plain words without quotation marks",
    ]


def test_a_question_is_shown_with_its_notes_last() -> None:
    first, *examples, last = shown(asked("Where does Ana live?", live=LIVE))
    assert first == ANSWERING
    assert len(examples) == 4
    assert last.endswith("- My sister Ana lives in Lisbon.\n\nQuestion: Where does Ana live?")


def test_the_note_that_shares_words_with_the_question_stands_last() -> None:
    said = ("My dog is called Biscuit.", "I drive a red Volvo.", "I live in Ghent.")
    assert (
        notes_for("What is my dog called?", asked("What is my dog called?", *said))[-1] == said[0]
    )


def test_what_the_user_asked_before_is_no_note() -> None:
    request = asked("What is my dog called?", "Where is my dog?", "My dog is Biscuit.")
    assert notes_for("What is my dog called?", request) == ("My dog is Biscuit.",)


def test_what_the_assistant_said_is_no_note() -> None:
    messages = (message("Your dog is Rex.", Role.ASSISTANT), message("What is my dog called?"))
    request = ModelRequest(system=(), messages=messages)
    assert notes_for("What is my dog called?", request) == ()


def test_there_are_only_a_few_notes_and_each_is_short() -> None:
    said = tuple(f"Number {i} is a long story: {'and so on ' * 50}" for i in range(9))
    notes = notes_for("Which story?", asked("Which story?", *said))
    assert len(notes) == NOTES
    assert max(map(len, notes)) == LONGEST_NOTE


def test_a_statement_is_shown_with_examples_of_hearing() -> None:
    first, *_, last = shown(asked("My dog is called Biscuit.", live=LIVE))
    assert (first, last) == (HEARING, "My dog is called Biscuit.")


def test_a_question_without_notes_is_shown_alone_and_repetition_held_back() -> None:
    request = asked("What is the sea?")
    assert shown(request) == [TALKING, "What is the sea?"]
    assert small_prompt(request).repeat_penalty > 1


@pytest.mark.parametrize(
    ("told", "given"),
    [
        ("I live in Ghent with my partner.", "you live in Ghent with your partner."),
        ("My boss gave me ours, and I'm glad", "your boss gave you yours, and you're glad."),
        ("I was late; I am sorry!", "you were late; you are sorry!"),
        ("The key is in Amy's mine-shaft.", "the key is in Amy's mine-shaft."),
    ],
)
def test_what_the_user_told_is_given_back_turned(told: str, given: str) -> None:
    assert given_back(told) == given


def test_a_long_statement_is_given_back_in_part() -> None:
    given = given_back(f"I walked {'on and on ' * 50}home.")
    assert given.startswith("you walked on")
    assert given.endswith(" …")
    assert len(given) <= LONGEST_NOTE + 2


def test_the_model_cannot_embroider_what_it_was_told() -> None:
    prompt = small_prompt(asked('Hello there, I call it "home\\away". It rains.'))
    assert prompt.grammar == r'root ::= "I see: you call it \"home\\away\"."'


def test_other_talk_is_answered_freely_and_a_question_from_notes_in_one_sentence() -> None:
    assert small_prompt(asked("Thank you!")).grammar == ""
    assert small_prompt(asked("Where does Ana live?", live=LIVE)).grammar == ONE_SENTENCE


def test_of_several_sentences_the_one_that_bears_on_the_question_is_the_last_note() -> None:
    said = "Dr. Lang is the vet. My cat is Miso. I hate rain."
    assert notes_for("Who is the vet?", asked("Who is the vet?", said)) == (
        "I hate rain.",
        "My cat is Miso.",
        "Dr. Lang is the vet.",
    )


def test_what_tools_said_is_left_out() -> None:
    messages = (
        message("Look."),
        message([ToolCall(id="1", name="look", input={})], Role.ASSISTANT),
        message([ToolResult(tool_call_id="1", text="blue", ok=True)], Role.TOOL),
    )
    assert shown(ModelRequest(system=(), messages=messages))[-1] == "Look."


def test_a_request_without_words_is_shown_empty() -> None:
    assert shown(ModelRequest(system=(), messages=()))[-1] == ""


def test_a_very_long_message_is_cut_to_what_the_model_holds() -> None:
    request = ModelRequest(system=(), messages=(message([Text(text="word " * 5000)]),))
    assert len(shown(request)[-1]) == LONGEST


def test_a_document_is_told_of_ahead_of_the_words() -> None:
    lease = Document(media_type="application/pdf", data="JVBERi0=", title="Lease")
    said = message([lease, Text(text="When does it end?")])
    newest = shown(ModelRequest(system=(), messages=(said,)))[-1]
    unread = "[A PDF named “Lease” was attached, which this model cannot read.]"
    assert newest == f"{unread}\n\nWhen does it end?"


def test_a_document_alone_is_told_of() -> None:
    said = message([Document(media_type="application/pdf", data="JVBERi0=")])
    newest = shown(ModelRequest(system=(), messages=(said,)))[-1]
    assert newest == "[A PDF was attached, which this model cannot read.]"
