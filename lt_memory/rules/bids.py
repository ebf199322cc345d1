"""Orders about the memory, in clear imperative forms only: "remember that …", "forget that …"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from lt_memory.domain.memory import Kind
from lt_memory.rules.clauses import MASK, Sentence, masked, sentences
from lt_memory.rules.people import Cast
from lt_memory.rules.reading import Reading, readings
from lt_memory.rules.traps import CONDITION, hands_over
from lt_memory.rules.wording import tidy

_OPENING = (
    r"^\W*(?:(?:please|pls|ok|okay|oh|also|and|but|btw|by the way|hey|hi|mira|now|so|actually"
    r"|thanks|thank you|no|yes|right|one more thing)[,!:]?\s+)*"
)
_TALK = (
    rf"{_OPENING}(?:(?:can|could|would|will) you |(?:i want|i'd like|i need) you to |you (?:can"
    r"|should|may|must) )?(?:please )?"
)
_ASKED_OF_YOU = re.compile(rf"{_OPENING}(?:can|could|would|will) you\b", re.IGNORECASE)
_ORDERED_ASKING = re.compile(
    rf"{_OPENING}(?:(?:can|could|would|will) you (?:remember|memori[sz]e|keep in mind|bear in mind"
    r"|(?:make a |take )?note) that\s+\w|(?:can|could) you (?:forget|delete|erase|remove)\b)",
    re.IGNORECASE,
)
_SMALL_TALK = re.compile(
    r"\W*(?:(?:please|ok|okay|oh|actually|no|yes|hi|hello|hey|mira|sorry|wait|hmm|oops|well|thanks"
    r"|never ?mind|whatever)\b\W*)+",
    re.IGNORECASE,
)
LONGEST_SMALL_TALK = 40
_REMEMBER = re.compile(
    rf"{_TALK}(?:(?:remember(?: this)?|never forget(?: this)?)\s*[:,–—-]\s*"
    r"|(?:remember|memori[sz]e|keep in mind|bear in mind"
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
_FORGET_IT = re.compile(
    rf"{_TALK}(?:forget (?:that|this|(?:that )?i (?:ever |just )?(?:said|told you|mentioned|wrote)"
    r" (?:that|this|it|anything)|what i(?: have|'ve)? (?:just )?(?:said|told you|mentioned|wrote))"
    r"|(?:don't|do not) (?:remember|memori[sz]e) (?:this|that|what i(?: have|'ve)? (?:just )?"
    r"(?:said|told you))|(?:delete|erase|remove) (?:that|this) memory)"
    r"(?: again| just now)?(?:,? please)?(?:,? (?:thanks|thank you))?\W*$",
    re.IGNORECASE,
)
_FORGET = re.compile(
    rf"{_TALK}(?:forget (?:the fact )?that|forget i (?:ever )?(?:said|told you|mentioned)(?: that)?"
    r"|don't remember that|do not remember that|stop remembering that"
    r"|(?:delete|erase|remove) (?:the|your|that|any) memor(?:y|ies) that)\s+(?P<what>\S.*)$",
    re.IGNORECASE | re.DOTALL,
)
_FORGET_ABOUT = re.compile(
    rf"{_TALK}(?:forget (?:(?:what|everything|anything|all) (?:that )?(?:i (?:ever |just )?"
    r"(?:said|told you|mentioned) )?about|about(?= (?:my|our)\b))"
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
_VERB = (
    r"\b(?:is|are|was|were|has|have|had|can|can't|cannot|will|won't|should|must|does|doesn't|do"
    r"|don't|did|didn't|said|told|got|went|came|\w+'s|it's|[a-z]{2,}s|[a-z]{3,}ed)\b"
)
_SAYS = re.compile(
    rf"^(?:the|an?|his|her|their|its|there|every|all|no|some|(?-i:[A-Z])[\w'.-]+)\s.*{_VERB}"
    r"|^(?:it's|there's)\s|^it\s+(?:is|was|has)\s"
    r"|^(?!(?:you|your|this|these|those|she|he|they|what|who|how|why|where|which"
    r"|time|day|night|trip|movie|film|song|book|place|thing|guy|girl|man|woman|one)\b)"
    r"(?:(?!(?:we|i|you|he|she|they|who|which|where|when|with|from|in|at|to)\b)[\w'-]+\s+){1,3}?"
    r"(?:is|are|has|have|can|can't|cannot|will|won't|does|doesn't|do|don't|[a-z]{2,}s)\s",
    re.IGNORECASE | re.DOTALL,
)
# "Remember: gate code 5521": a note with a figure needs no verb
_NOTED = re.compile(r"^(?!(?:you|your|to)\b)(?=.*\d)[^\n]{5,120}$", re.IGNORECASE)
_OF_ALL = re.compile(r"\b(?:everything|anything|all|any|every)\b", re.IGNORECASE)
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
        plainly: what is meant must call it just so ("Forget my diet!" may be mere talk).
        sweeping: all that the topic names is meant.
        looks_back: it is about what was said there, at `start` to `end`.
        before: no, about all of the user's message before this one.
    """

    kind: BidKind
    start: int
    end: int
    words: str
    readings: tuple[Reading, ...] = ()
    topical: bool = False
    plainly: bool = False
    sweeping: bool = False
    looks_back: bool = False
    before: bool = False


def bids(text: str) -> tuple[Bid, ...]:
    """The orders of a message, in order; none where it is not plain what is to be done."""
    return tuple(_bids(text))


def _bids(text: str) -> Iterator[Bid]:
    covered = masked(text)
    before: Sentence | None = None
    for sentence in sentences(covered):
        if hands_over(covered, sentence):
            return  # what follows is material: its orders are not the user's
        said = covered[sentence.start : sentence.end].replace("’", "'")
        bid = None
        if _is_plain(said, asked=sentence.asked):
            bid = _order(text, said, sentence) or _looking_back(text, said, sentence, before)
        if bid is not None:
            yield bid
        if len(said) > LONGEST_SMALL_TALK or not _SMALL_TALK.fullmatch(said):
            before = sentence


def _is_plain(said: str, *, asked: bool) -> bool:
    if MASK in said:
        return False
    if "please" in said.lower():
        return True
    return bool(_ORDERED_ASKING.match(said)) if _ASKED_OF_YOU.match(said) else not asked


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
    """What stands before "Remember this!" or "Forget that.": here, or in the message before."""
    if _FORGET_IT.match(said):
        return _taking_back(text, sentence, before)
    if not _REMEMBER_IT.match(said):
        return None
    if before is None:
        return Bid(
            kind=BidKind.REMEMBER,
            start=sentence.start,
            end=sentence.end,
            words="",
            looks_back=True,
            before=True,
        )
    bid = _remember(text, before, before.start, before.end)
    return bid and replace(bid, end=sentence.end)


def _taking_back(text: str, sentence: Sentence, before: Sentence | None) -> Bid:
    if before is None:
        place, words = sentence, ""
    else:
        place, words = before, tidy(text[before.start : before.end])
    return Bid(
        kind=BidKind.FORGET,
        start=place.start,
        end=sentence.end,
        words=words,
        looks_back=True,
        before=before is None,
    )


def told(text: str) -> tuple[Reading, ...]:
    """What a message says of itself that may be remembered; nothing of what it hands over."""
    covered = masked(text)
    if any(hands_over(covered, sentence) or sentence.asked for sentence in sentences(covered)):
        return ()
    whole = Sentence(start=0, end=len(text), asked=False, clauses=())
    bid = _remember(text, whole, whole.start, whole.end)
    return bid.readings if bid else ()


def _remember(text: str, sentence: Sentence, start: int, end: int) -> Bid | None:
    _, cast = readings(text[:start], Cast())
    found, _ = readings(" " * start + text[start:end], cast)
    whole = tuple(found)
    if not whole and _is_dictated(text[sentence.start : start], text[start:end]):
        whole = (Reading(text=tidy(text[start:end]), spans=((start, end),), kind=Kind.FACT),)
    if not whole:
        return None
    words = " ".join(each.text for each in whole)
    return Bid(
        kind=BidKind.REMEMBER, start=sentence.start, end=sentence.end, words=words, readings=whole
    )


def _is_dictated(order: str, words: str) -> bool:
    """Whether what nothing reads is kept as it stands; "remember that" leaves little doubt."""
    said = words.replace("’", "'")
    if _STATES.match(said):
        return True
    if CONDITION.search(said.lower()):
        return False
    ordered = order.rstrip().lower()
    if ordered.endswith(":") and _NOTED.match(said):
        return True
    return ordered.endswith("that") and bool(_SAYS.match(f"{said} "))


def _forget(text: str, sentence: Sentence, start: int, end: int) -> Bid | None:
    if not _STATES.match(text[start:end].replace("’", "'")):
        return None
    return Bid(
        kind=BidKind.FORGET, start=sentence.start, end=sentence.end, words=tidy(text[start:end])
    )


def _forget_about(text: str, sentence: Sentence, start: int, end: int) -> Bid | None:
    if _OF_THE_TALK.search(text[start:end]):
        return None
    order = text[sentence.start : start].rstrip().lower()
    return Bid(
        kind=BidKind.FORGET,
        start=sentence.start,
        end=sentence.end,
        words=text[start:end].strip(),
        topical=True,
        plainly=order.endswith("forget") and text[sentence.end : sentence.end + 1] == "!",
        sweeping=bool(_OF_ALL.search(order)),
    )


_FORMS = (
    (_REMEMBER, _remember),
    (_FORGET, _forget),
    (_FORGET_ABOUT, _forget_about),
)
