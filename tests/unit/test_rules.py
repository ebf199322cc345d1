"""What the deterministic extractor keeps of plain talk, and what it leaves."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cns.domain.message import Message, Role
from lt_memory.domain.memory import Candidate, Kind
from lt_memory.rules.extractor import RulesExtractor
from tests.fakes.names import FakeNames
from tests.values import message

DATA = Path(__file__).parent.parent / "data"


def extracted(*said: Message) -> Sequence[Candidate]:
    return RulesExtractor(FakeNames({"Anna": "person"})).extract(said).candidates


def kept(text: str) -> list[str]:
    return [candidate.text for candidate in extracted(message(text))]


# --- a conversation marked by hand: which sentence is a fact, and which words it must hold ----


@dataclass(frozen=True, slots=True)
class Score:
    precision: float
    recall: float


def is_right(said: str, fact: Sequence[str], candidate: Candidate) -> bool:
    """Evidence that overlaps the marked sentence, and a text that holds the marked words."""
    start = said.index(fact[0])
    overlaps = any(e.start < start + len(fact[0]) and start < e.end for e in candidate.evidence)
    text = candidate.text.lower().replace("’", "'")
    return overlaps and all(word.lower().replace("’", "'") in text for word in fact[1:])


def score(name: str) -> Score:
    stored = right = found = wanted = 0
    for line in json.loads((DATA / f"{name}.json").read_text(encoding="utf-8")):
        said, facts = line["said"], line["facts"]
        candidates = extracted(message(said))
        stored += len(candidates)
        right += sum(any(is_right(said, fact, c) for fact in facts) for c in candidates)
        found += sum(any(is_right(said, fact, c) for c in candidates) for fact in facts)
        wanted += len(facts)
    return Score(right / stored, found / wanted)


@pytest.mark.parametrize(
    ("name", "precision", "recall"),
    [
        ("said", 0.99, 0.97),
        ("said_chatting", 0.95, 0.93),
        ("said_in_passing", 0.95, 0.87),
        ("said_at_length", 0.9, 0.9),
        ("said_heldout", 0.95, 0.95),  # written before the rules; .986 and 1.00 at first sight
        ("said_last", 0.9, 0.75),  # written after them; .84 and .70 at first sight
    ],
)
def test_what_is_kept_of_a_conversation_is_right_and_most_of_it(
    name: str, precision: float, recall: float
) -> None:
    measured = score(name)
    assert measured.precision >= precision
    assert measured.recall >= recall


# --- single sentences ------------------------------------------------------------------------


def test_evidence_is_the_very_words_without_the_talk_around_them() -> None:
    said = message("Oh, by the way, I'm allergic to peanuts, lol.")
    (found,) = extracted(said)
    (piece,) = found.evidence
    assert (piece.message_id, said.text[piece.start : piece.end]) == (
        said.id,
        "I'm allergic to peanuts",
    )


@pytest.mark.parametrize(
    ("said", "memory"),
    [
        ("im a nurse", "I'm a nurse."),
        ("i   dont eat\tmeat", "I don't eat meat."),
        ("I’ve got asthma!", "I've got asthma."),
        ("my sister anna lives in leeds", "My sister anna lives in leeds."),
        ("allergic to penicillin", "I'm allergic to penicillin."),
        ("moved to Bristol last year", "I moved to Bristol last year."),
        ("Well, since I'm vegan, what can I eat?", "I'm vegan."),
        ("Cilantro, I can't stand it.", "Cilantro, I can't stand it."),
    ],
)
def test_a_memory_is_the_user_s_own_sentence_made_tidy(said: str, memory: str) -> None:
    assert kept(said) == [memory]


@pytest.mark.parametrize(
    ("said", "memories"),
    [
        ("I live in Leeds and work as a nurse.", ["I live in Leeds.", "I work as a nurse."]),
        (
            "My sister Anna is a doctor. She has two kids.",
            ["My sister Anna is a doctor.", "My sister Anna has two kids."],
        ),
        (
            "I have a dog called Rex and he's got a bad leg",
            ["I have a dog called Rex.", "My dog Rex has got a bad leg."],
        ),
        (
            "We adopted a puppy! Her name is Juno.",
            ["We adopted a puppy.", "My puppy's name is Juno."],
        ),
        (
            "My parents moved to Spain. They're retired.",
            ["My parents moved to Spain.", "My parents are retired."],
        ),
        (
            "My brother Joe lives in York and has three kids",
            ["My brother Joe lives in York.", "My brother Joe has three kids."],
        ),
        ("My husband and I bought a house.", ["My husband and I bought a house."]),
    ],
)
def test_every_fact_stands_by_itself(said: str, memories: list[str]) -> None:
    assert kept(said) == memories


def test_whom_a_pronoun_means_is_part_of_the_evidence() -> None:
    said = message("My sister Anna called. She lives in Leeds.")
    found = extracted(said)[-1]
    assert [said.text[e.start : e.end] for e in found.evidence] == [
        "My sister Anna",
        "She lives in Leeds",
    ]


def test_a_name_is_known_in_later_messages_and_a_pronoun_is_not() -> None:
    said = [
        message("My sister is called Anna."),
        message("Anna hates olives."),
        message("She sings."),
    ]
    assert [c.text for c in extracted(*said)] == [
        "My sister is called Anna.",
        "My sister Anna hates olives.",
    ]


@pytest.mark.parametrize("said", ["He lives in Leeds.", "She's a doctor.", "Anna lives in Leeds."])
def test_someone_unknown_is_not_remembered(said: str) -> None:
    assert kept(said) == []


def test_only_the_user_s_words_count() -> None:
    assert not extracted(
        message("I have a dog.", Role.ASSISTANT), message("I have a cat.", Role.TOOL)
    )


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("I was born in Leeds.", Kind.EXPERIENCE),
        ("I prefer tea over coffee.", Kind.PREFERENCE),
        ("Jazz is my favourite music.", Kind.PREFERENCE),
        ("I decided to quit my job.", Kind.DECISION),
        ("I'm training for a marathon.", Kind.INTENTION),
        ("I can play the piano.", Kind.SKILL),
        ("I feel anxious in crowds.", Kind.EMOTION),
        ("My sister Anna likes tea.", Kind.FACT),
        ("I carried Grandpa's Steinway upstairs.", Kind.EXPERIENCE),
    ],
)
def test_a_memory_has_the_kind_of_what_it_says(said: str, kind: Kind) -> None:
    (found,) = extracted(message(said))
    assert found.kind is kind


@pytest.mark.parametrize(
    "said",
    [
        "My brother studies law.",
        "My sister teaches yoga.",
        "My dad fixes bikes.",
        "My aunt paints.",
    ],
)
def test_verbs_of_others_are_heard_in_every_spelling(said: str) -> None:
    assert kept(said) == [said]


def test_what_the_rules_made_is_labelled_so() -> None:
    assert RulesExtractor(FakeNames()).label == "rules"


def test_a_guess_is_less_sure_than_a_statement() -> None:
    sure, unsure = extracted(
        message("I'm allergic to latex."), message("I think I'm allergic to kiwi.")
    )
    assert unsure.confidence < sure.confidence


def test_names_are_found_in_what_is_kept() -> None:
    (found,) = extracted(message("My sister Anna lives in Leeds."))
    assert [name.name for name in found.entities] == ["Anna"]


@pytest.mark.parametrize(
    "said",
    [
        "Translate this: I live in Rome. I have two dogs.",
        "Imagine I'm a knight. I have a horse and my castle is in Wales.",
        "In my novel I'm the villain. My father is the king.",
        "> I have a dog\nwhat do you think?",
        "```\nI have a dog\n```",
        "How many are left? I have 3 apples and eat one.",
        "Dear all, I'm leaving Siemens, said the boss.",
        "Is it true that I live in Leeds?",
        "I live in Leeds, don't I?",
        "I'm allergic to nuts, am I?",
        "You said I have a dog and I live in Leeds",
        "please write that I live in Leeds and I have a dog",
        "Oh I just love being woken by the bin lorry.",
        "I sleep like a baby, can't you tell.",
        'Our aunt Maud\'s verdict afterwards: "I have heard better from a kennel."',
        'My late husband used to say "never buy a boat".',
        "My daughter-in-law is tired.",
        "I keep asking myself.",
        "My brain is porridge and I've forgotten half of it.",
    ],
)
def test_what_is_asked_imagined_quoted_or_ordered_is_not_learnt(said: str) -> None:
    assert kept(said) == []


@pytest.mark.parametrize(
    "said",
    [
        "I take 75 micrograms of levothyroxine.",
        "I don't sleep well.",
        "We owe 6,300 euros in VAT.",
        "I work best in the library before ten.",
        "We have no mortgage.",
        "Mam fell in the kitchen on Friday.",
        "My supervisor only answers mails on Fridays.",
        "We moved my mother into a care home.",
        "I'm always nervous before exams, isn't that silly?",
        "I can't stand figs, which he calls a character flaw.",
    ],
)
def test_plain_statements_of_everyday_life_are_kept(said: str) -> None:
    assert len(kept(said)) == 1


def test_a_short_title_in_quotation_marks_is_no_quotation() -> None:
    assert kept('My favourite book is "Middlemarch".') == ['My favourite book is "Middlemarch".']


@pytest.mark.parametrize(
    "piece",
    [
        " ",
        "a ",
        ", ",
        "- ",
        "my ",
        "and i ",
        "I'm ",
        '"',
        "`",
        "btw ",
        "the ",
        "..",
        "’",
        "\n",
        "\0",
    ],
)
def test_a_long_odd_message_costs_little_time(piece: str) -> None:
    text = (piece * 20_000)[:20_000] + "x"
    started = time.process_time()
    extracted(message(text))
    assert time.process_time() - started < 2


@given(st.text(max_size=200))
def test_any_text_can_be_read_and_evidence_lies_within_it(text: str) -> None:
    said = message(f"{text}x")
    for candidate in extracted(said):
        for piece in candidate.evidence:
            assert 0 <= piece.start < piece.end <= len(said.text)


WORDS = (
    "I'm",
    "my",
    "sister",
    "Anna",
    "and",
    "live",
    ",",
    ".",
    "?",
    "if",
    "she",
    "in",
    "have",
    "dog",
)


@given(st.lists(st.sampled_from(WORDS), max_size=14))
def test_the_same_words_are_always_read_the_same_way(words: list[str]) -> None:
    text = " ".join([*words, "x"])
    assert kept(text) == kept(text)


@pytest.mark.parametrize(
    "secret",
    [
        "My phone pin is 4821 don't tell anyone.",
        "My bank password is swordfish.",
        "My PIN is 1234.",
    ],
)
def test_a_secret_is_not_learnt(secret: str) -> None:
    assert RulesExtractor(FakeNames()).extract([message(secret)]).candidates == ()
