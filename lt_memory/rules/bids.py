"""Orders about the memory, in clear imperative forms only: "remember that …", "forget that …"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from lt_memory.domain.memory import Kind
from lt_memory.rules.clauses import MASK, Sentence, masked, sentences
from lt_memory.rules.people import Cast
from lt_memory.rules.reading import Reading, readings
from lt_memory.rules.wording import tidy

_TALK = (
    r"^\W*(?:(?:please|pls|ok|okay|oh|also|and|but|btw|by the way|hey|hi|mira|now|so|actually"
    r"|thanks|thank you|no|yes|right|one more thing)[,!:]?\s+)*"
    r"(?:(?:can|could|would|will) you please |(?:i want|i'd like|i need) you to |you (?:can|should"
    r"|may|must) )?(?:please )?"
)
_REMEMBER = re.compile(
    rf"{_TALK}(?:remember(?: this)?\s*[:,–—-]\s*|(?:remember|memori[sz]e|keep in mind|bear in mind"
    r"|(?:make a |take )?note|do not forget|don't forget|never forget|add to your memory"
    r"|save to (?:your )?memory) that\s+"
    r"|(?:remember|don't forget|do not forget|keep in mind|note)\s+"
    r"(?=(?:i|i'm|im|i've|ive|my|our|we|we're|we've)\s))(?P<what>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)
_REMEMBER_IT = re.compile(
    rf"{_TALK}(?:remember|memori[sz]e|note|don't forget|do not forget|keep|bear)\s+(?:this|that|it)"
    r"(?: in mind)?(?: for (?:me|later|next time))?(?:,? please)?\W*$",
    re.IGNORECASE,
)
_FORGET = re.compile(
    rf"{_TALK}(?:forget (?:the fact )?that|forget i (?:ever )?(?:said|told you|mentioned)(?: that)?"
    r"|don't remember that|do not remember that|stop remembering that"
    r"|(?:delete|erase|remove) (?:the|your|that|any) memor(?:y|ies) that)\s+(?P<what>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)
_FORGET_ABOUT = re.compile(
    rf"{_TALK}(?:forget (?:(?:what|everything|anything|all) (?:that )?(?:i (?:ever )?(?:said"
    r"|told you|mentioned) )?about|about(?= (?:my|our)\b))"
    r"|forget(?= (?:my|our)\b)"
    r"|(?:delete|erase|remove) (?:the|your|that|any|all|every) memor(?:y|ies) (?:about|of|on))"
    r"\s+(?P<what>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)
_STATES = re.compile(
    r"^(?:i|i'm|im|i've|ive|i'll|i'd|we|we're|we've|my|our)\s+\S"
    r"|^(?:the\s+\w+|(?-i:[A-Z])[\w'’-]+)(?:\s+[\w'’-]+){0,4}?\s+"
    r"(?:is|are|was|were|has|have|had|can|can't|cannot|will|won't|does|doesn't|do|don't"
    r"|(?!(?:this|his|its)\b)[a-z]{2,}s|[a-z]{3,}ed)\b",
    re.IGNORECASE,
)
_OF_THE_TALK = re.compile(
    r"\b(?:last|previous|above|earlier|question|questions|message|messages|request|requests|prompt"
    r"|instructions?|answer|answers)\b",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"[,\s]*\b(?:please|thanks|thank you|will you|would you|ok|okay)?\W*$", re.IGNORECASE
)
LONGEST_COURTESY = 40


class BidKind(StrEnum):
    REMEMBER = "remember"
    FORGET = "forget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bid:
    """An order, and what it is about.

    Attributes:
        start, end: the sentence or sentences that give it, in characters of the message.
        readings: what is to be remembered.
        words: what is to be forgotten, or what all of it comes to.
        topical: the words name a topic, not a statement.
    """

    kind: BidKind
    start: int
    end: int
    words: str
    readings: tuple[Reading, ...] = ()
    topical: bool = False


def bids(text: str) -> tuple[Bid, ...]:
    """The orders of a message, in order; none where it is not plain what is to be done."""
    return tuple(_bids(text))


def _bids(text: str) -> Iterator[Bid]:
    covered = masked(text)
    before: Sentence | None = None
    for sentence in sentences(covered):
        said = covered[sentence.start : sentence.end].replace("’", "'")
        bid = None
        if MASK not in said and not (sentence.asked and "please" not in said.lower()):
            bid = _order(text, said, sentence) or _looking_back(text, said, sentence, before)
        if bid is not None:
            yield bid
        before = sentence


def _order(text: str, said: str, sentence: Sentence) -> Bid | None:
    for pattern, read in _FORMS:
        found = pattern.match(said)
        if found:
            start = sentence.start + found.start("what")
            courtesy = _COURTESY.search(said, max(0, len(said) - LONGEST_COURTESY))
            end = sentence.start + (courtesy.start() if courtesy else len(said))
            return read(text, sentence, start, end) if end > start else None
    return None


def _looking_back(text: str, said: str, sentence: Sentence, before: Sentence | None) -> Bid | None:
    """What stands before "Remember this!"."""
    if before is None or not _REMEMBER_IT.match(said):
        return None
    bid = _remember(text, before, before.start, before.end)
    return bid and replace(bid, end=sentence.end)


def _remember(text: str, sentence: Sentence, start: int, end: int) -> Bid | None:
    _, cast = readings(text[:start], Cast())
    found, _ = readings(" " * start + text[start:end], cast)
    whole = tuple(found)
    if not whole and _STATES.match(text[start:end].replace("’", "'")):
        whole = (Reading(text=tidy(text[start:end]), spans=((start, end),), kind=Kind.FACT),)
    if not whole:
        return None
    words = " ".join(each.text for each in whole)
    return Bid(
        kind=BidKind.REMEMBER, start=sentence.start, end=sentence.end, words=words, readings=whole
    )


def _forget(text: str, sentence: Sentence, start: int, end: int) -> Bid | None:
    if not _STATES.match(text[start:end].replace("’", "'")):
        return None
    return Bid(
        kind=BidKind.FORGET, start=sentence.start, end=sentence.end, words=tidy(text[start:end])
    )


def _forget_about(text: str, sentence: Sentence, start: int, end: int) -> Bid | None:
    if _OF_THE_TALK.search(text[start:end]):
        return None
    return Bid(
        kind=BidKind.FORGET,
        start=sentence.start,
        end=sentence.end,
        words=text[start:end].strip(),
        topical=True,
    )


_FORMS = (
    (_REMEMBER, _remember),
    (_FORGET, _forget),
    (_FORGET_ABOUT, _forget_about),
)
