"""A statement taken apart: by which verb it holds, and of what."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lt_memory.domain.irregular import base
from lt_memory.domain.stem import stem
from lt_memory.domain.words import terms
from lt_memory.rules.people import RELATION
from lt_memory.rules.subjects import based, unfronted
from lt_memory.rules.wording import plain

_VERBS = (
    r"is|are|was|has|have|had|does|do|did|no longer|used to|stopped|quit|gave up|left|lives?|works?"
    r"|moved|sold|will|can"
)
_LED = (
    r"in|on|at|with|for|from|to|by|as|into|onto|near|behind|beside|opposite|outside|around|about"
    r"|over|under|between|without|since|until|till|during|because|every|each|once|twice|\w+ times"
    r"|when|while|where|called|named|before|after|not|and|or|but|so|who|which|that|instead"
    r"|(?:a|per)(?= (?:day|week|month|year)\b)"
)
_PART = re.compile(rf"(?:^|(?<=\s))(?P<lead>{_LED})(?= |$)")
_THERE = frozenset(("in", "on", "at"))
_SPEAKER = re.compile(r"^(?:i|we) ")
_THEIRS = re.compile(
    rf"^(?P<who>(?:my|our) (?:[\w-]+ )??{RELATION}(?: (?!(?:{_VERBS})\b)(?P<name>[a-z'-]+))?)"
    rf" (?=(?:{_VERBS})\b)"
)
_DENIED = re.compile(
    r"^(?:be |do |have |can |will |would )?(?:not|no longer|never|no)\b|^used to\b"
)
_UNDER_WAY = re.compile(r"^(?:be|have been|have be) (?=[a-z]{2,}ing\b)(?!going to\b)")
_SO_FAR = re.compile(r"^have (?=(?:lived|worked|owned|had|played|been)\b.* (?:since|for)\b)")
_PLANNED = re.compile(
    r"^(?:be going to|will|(?:be )?(?:plan(?:ning)?|hop(?:e|ing)|intend(?:ing)?) to"
    r"|want to|would like to) "
)
_ALIKE = {
    "own": "have", "keep": "have", "resid": "live", "base": "live", "ador": "love",
    "enjoi": "like",
}  # fmt: skip
_MEASURED = re.compile(
    r"\b(?:\w+ )?(?:glass(?:es)?|cups?|mugs?|pints?|bottles?|slices?|pieces?|bowls?|packs?|packets?"
    r"|spoons?|mg|bits?|lots?|pairs?) of (?=\w)"
)
_DATED = frozenset(terms(
    "january february march april may june july august september october november december last ago"
    " yesterday today year month"
))  # fmt: skip
_TIMES = frozenset(terms(
    "monday tuesday wednesday thursday friday saturday sunday day night morning afternoon evening"
    " summer winter spring autumn week weekend lunch breakfast dinner"
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a verb is about: the word that leads it, none for an object, and its own words."""

    lead: str
    words: tuple[str, ...]

    @property
    def of_time(self) -> bool:
        return all(word in _DATED | _TIMES or word.isdecimal() for word in self.words)

    @property
    def of_a_date(self) -> bool:
        """Whether it says when something came about, and not when it recurs."""
        return self.of_time and any(word in _DATED or word.isdecimal() for word in self.words)

    def within(self, other: "Part") -> bool:
        """Whether it names the same, in as many words or fewer."""
        return (
            self.lead == other.lead
            and bool(self.words)
            and self.words[-1] == other.words[-1]
            and set(self.words) <= set(other.words)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is said to be so.

    Attributes:
        planned: it is still to come.
    """

    verb: str
    parts: tuple[Part, ...] = ()
    planned: bool = False

    @property
    def object(self) -> Part | None:
        return next((each for each in self.parts[:1] if not each.lead), None)

    def led_by(self, *leads: str) -> tuple[Part, ...]:
        return tuple(each for each in self.parts if each.lead in leads)


def claim_of(predicate: str) -> Claim | None:
    """What a predicate in plain words claims of its subject; None for what was, or is not so."""
    words = based(predicate)
    if _DENIED.match(words):
        return None
    plan = _PLANNED.match(words)
    words = words[plan.end() :] if plan else _SO_FAR.sub("", _UNDER_WAY.sub("", words))
    first, _, rest = words.partition(" ")
    if not first or (words == based(predicate) and _is_past(first)):
        return None
    return Claim(verb=verb_of(first), parts=tuple(parts_of(rest)), planned=plan is not None)


def parts_of(words: str) -> Iterator[Part]:
    """The object and the complements, those without words of their own left out."""
    words = _MEASURED.sub("", words)
    starts = [(0, ""), *((each.end(), each["lead"]) for each in _PART.finditer(words))]
    ends = [*(each.start() for each in _PART.finditer(words)), len(words)]
    for (start, lead), end in zip(starts, ends, strict=True):
        own = tuple(terms(words[start:end]))
        if own:
            yield Part(lead="at" if lead in _THERE else lead, words=own)


def subjects_of(text: str) -> Iterator[str]:
    """By which words the one spoken of is named: "i" for the speaker, "my sister ines", "ines"."""
    words = unfronted(plain(text))
    if _SPEAKER.match(words):
        yield "i"
        return
    theirs = _THEIRS.match(words)
    if theirs:
        yield theirs["who"]
        yield from (each for each in [theirs["name"]] if each)


def predicate_of(text: str, subject: str) -> str | None:
    """What a statement says of this subject ("i" is the speaker, alone or not)."""
    words = unfronted(plain(text))
    if subject == "i":
        mine = _SPEAKER.match(words)
        return words[mine.end() :] if mine else None
    theirs = re.match(rf"(?:(?:my|our) (?:[\w-]+ ){{1,2}})?{re.escape(subject)} ", words)
    return words[theirs.end() :] if theirs else None


def verb_of(word: str) -> str:
    found = stem(base(word))
    return _ALIKE.get(found, found)


def _is_past(word: str) -> bool:
    told = base(word) != word and not word.endswith("s")
    return told or word in {"was", "had", "did"} or (word.endswith("ed") and word != "need")
