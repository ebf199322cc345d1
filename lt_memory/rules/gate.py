"""Whether a quotation may bear a memory: what is asked, imagined, ordered or quoted bears none."""

import re
from itertools import takewhile

from lt_memory.rules.clauses import MASK, Sentence, masked, sentences
from lt_memory.rules.traps import (
    CONDITION,
    FANCY,
    OTHERS_WORDS,
    SARCASM,
    asked_from,
    hands_over,
    ordered,
)
from lt_memory.rules.wording import plain, trimmed

_CONDITION_FIRST = re.compile(rf"^(?:but |and |or |maybe |even )*{CONDITION.pattern}")
_PERSONAL = re.compile(r"\b(?:i|me|my|mine|myself|we|us|our|ours|ourselves)\b")
_FANCY_FIRST = re.compile(rf"^(?:so |ok |and )*{FANCY.pattern}")


def refusal(text: str, start: int, end: int) -> str | None:
    """Why `text[start:end]` of a person's message states nothing of them; None when it may."""
    covered = masked(text)
    if 2 * covered[start:end].count(MASK) > end - start:
        return "it rests on other people's words"
    told = list(sentences(covered))
    before = list(takewhile(lambda s: s.end <= start, told))
    if any(_begins_fancy(covered, each) or hands_over(covered, each) for each in before):
        return "it rests on what was imagined, or given to work on"
    own = next((each for each in told if each.start < end and start < each.end), None)
    return _of_sentence(covered, own, start, end) if own else None


def impersonal(statement: str) -> bool:
    """Whether a statement speaks neither of the person nor of anything of theirs."""
    return not _PERSONAL.search(plain(statement))


def _begins_fancy(text: str, sentence: Sentence) -> bool:
    return bool(_FANCY_FIRST.search(_words(text, sentence.start, sentence.end)))


def _of_sentence(text: str, own: Sentence, start: int, end: int) -> str | None:
    reached = (n for n, each in enumerate(own.clauses) if start < each.end)
    number = next(reached, len(own.clauses) - 1)
    clause = own.clauses[number]
    asked = asked_from(text, own)
    until = _words(text, own.start, end)
    within = _words(text, min(clause.start, start), end)
    checks = (
        ("a question", asked is not None and number >= asked),
        ("a condition", bool(_CONDITION_FIRST.search(until) or CONDITION.search(within))),
        ("what was imagined", bool(FANCY.search(until))),
        ("irony", bool(SARCASM.search(_words(text, own.start, own.end)))),
        ("other people's words", bool(OTHERS_WORDS.search(_words(text, own.start, start)))),
        ("an order", ordered(within)),
    )
    return next((f"it rests on {what}" for what, found in checks if found), None)


def _words(text: str, start: int, end: int) -> str:
    return plain(text[slice(*trimmed(text, start, end))].replace(MASK, " "))
