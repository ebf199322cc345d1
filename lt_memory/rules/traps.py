"""What must not be learnt: questions, requests, fancies, quotations, other people's words."""

import re
from collections.abc import Iterator

from lt_memory.rules.clauses import MASK, Clause, Sentence, masked, sentences
from lt_memory.rules.vocabulary import one_of
from lt_memory.rules.wording import plain, trimmed

_ASKING = re.compile(rf"^{one_of('asking')}\b")
_TAG = re.compile(
    r"^(?:is|are|am|do|does|did|was|were|have|has|can|could|should|would|will)(?: not)?"
    r" (?:it|i|he|she|they|you|we|that)$"
)
_COMPOSING = re.compile(rf"^(?:please |pls )?{one_of('composing')}\b")
_ASKED_FOR = re.compile(rf"^{one_of('asked_for')}\b")
FANCY = re.compile(rf"\b{one_of('fancy')}\b|^say i\b")
CONDITION = re.compile(r"\b(?:if|unless|wish|whether|as though)\b")
OTHERS_WORDS = re.compile(
    r"\b(?:according to|(?:said|says|wrote|replied) (?:the|my|a|his|her)|, said\b)|^you said"
)
_SECRET = re.compile(
    r"\b(?:password|passcode|passphrase|cvv|pin(?: code| number)?) (?:is|was|:)"
    r"|\b(?:don't|do not) tell anyone"
)
_PASTED = re.compile(rf"\b{one_of('worked_on')}\b")
_RIDDLE = re.compile(
    r"\bhow (?:many|much)\b.*\b(?:left|remain|altogether|in total|has (?:he|she)|does (?:he|she))\b"
)
SARCASM = re.compile(rf"\b{one_of('sarcasm')}\b")
_TITLE = re.compile(rf"\b(?:is|was) (?:an?|the) (?:\w+ )?{one_of('titles')}\b|\bwritten by\b")


def statements(text: str) -> Iterator[Clause]:
    """The clauses in which the user states something, trimmed of talk around them."""
    covered = masked(text)
    if _RIDDLE.search(plain(covered)):
        return
    for sentence in sentences(covered):
        words = plain(covered[sentence.start : sentence.end].replace(MASK, " "))
        if FANCY.search(words) or hands_over(covered, sentence):
            return
        if _conditional(covered, sentence) or _SECRET.search(words):
            continue
        if any(each.search(words) for each in (OTHERS_WORDS, _TITLE, SARCASM)):
            continue
        yield from _stated(covered, sentence)


def hands_over(text: str, sentence: Sentence) -> bool:
    """Whether what follows is material to work on: "translate this: I live in Rome"."""
    before, colon, _ = text[sentence.start : sentence.end].partition(":")
    return bool(colon) and bool(_PASTED.search(plain(before)))


def _conditional(text: str, sentence: Sentence) -> bool:
    start, end = trimmed(text, sentence.start, sentence.end)
    return bool(CONDITION.search(plain(text[start:end])))


def _stated(text: str, sentence: Sentence) -> Iterator[Clause]:
    blocked = ""
    question = asked_from(text, sentence)
    for number, clause in enumerate(sentence.clauses):
        start, end = trimmed(text, clause.start, clause.end)
        words = plain(text[start:end])
        if question is not None and number >= question:
            return
        blocked = _blocks(words, clause.joint) or blocked
        if (
            _open(blocked, words, clause)
            and MASK not in text[clause.start : clause.end]
            and end > start
        ):
            yield Clause(start=start, end=end, joint=clause.joint)


def _open(blocked: str, words: str, clause: Clause) -> bool:
    if not blocked:
        return True
    return (
        blocked == "soft"
        and not _blocks(words, clause.joint)
        and clause.joint not in {"and", "verb"}
    )


def own_words(text: str) -> str:
    """The text without what is quoted in it, and without what is handed over to be worked on."""
    covered = masked(text)
    handed = (each.end for each in sentences(covered) if hands_over(covered, each))
    return covered[: next(handed, len(covered))].replace(MASK, " ")


def ordered(words: str) -> bool:
    """Whether a clause in plain words asks for something to be done."""
    return bool(_COMPOSING.match(words) or _ASKED_FOR.match(words))


def _blocks(words: str, joint: str) -> str:
    if joint == "verb":
        return ""  # "… and has two kids" asks nothing: its subject stands before it
    if _COMPOSING.match(words):
        return "hard"
    return "soft" if _ASKING.match(words) or _ASKED_FOR.match(words) else ""


def asked_from(text: str, sentence: Sentence) -> int | None:
    """The first clause that belongs to the question, when the sentence is one."""
    if not sentence.asked:
        return None
    for number, clause in enumerate(sentence.clauses):
        start, end = trimmed(text, clause.start, clause.end)
        words = plain(text[start:end])
        if _ASKING.match(words) or _ASKED_FOR.match(words):
            return 0 if _TAG.match(words) else number
    return 0
