"""Corrections: by which words one puts right what was said, and which old statement that retires.

A cue alone retires little: the old statement must be about the same, and hold the value that is
taken back, or differ in the one value that such a statement can have.
"""

import re
from dataclasses import dataclass

from lt_memory.domain.sameness import Facets, comparable, differences, facets
from lt_memory.domain.subject import about_the_same, adds, names_agree

LONGEST = 400  # characters of a sentence in which a correction is looked for, its last ones
_CUE = re.compile(
    r"\b(?:actually|correction|i mean[t]?|instead|no longer|any ?more|used to|i misread|i mistyped"
    r"|i misspoke|i was wrong|i got (?:that|it) wrong|my mistake|changed my mind|change of plan"
    r"|scratch that|hang on|i stand corrected|rather than|has moved|have moved|moved (?:it|from"
    r"|to)|switched (?:from|to)|changed (?:from|to)|is now|are now|now|since then|from now on"
    r"|put(?:ting)? me (?:up|down) to|(?:taken|took) (?:him|her|me|them) off)\b"
    r"|^(?:no|nope|sorry|oops|wait)\b[,.:–-]?",
    re.IGNORECASE,
)
_END = r"(?=$|[.,;:!?)]| any ?more| any longer| now\b| but\b| as (?:i|we|it)\b)"
_VALUE = r"(?:on |in |at |to |the |an? |from )*(?P<old>[\w'€$£.,:/-]*\w(?: [\w'.,:/-]*\w){0,3}?)"
_TAKEN_BACK = (
    re.compile(rf"(?:,| -| –|;)? (?:and )?not {_VALUE}{_END}", re.IGNORECASE),
    re.compile(rf"\b(?:instead of|rather than) {_VALUE}{_END}", re.IGNORECASE),
    re.compile(
        rf"\b(?:moved|move|moving|switched|changed|went|transferred) (?:\w+ ){{0,2}}?from {_VALUE}"
        r" to\b",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?:taken|took) (?:him|her|me|them|us|it) off {_VALUE}{_END}", re.IGNORECASE),
    re.compile(
        r"(?:^|[,.] )(?P<old>[\w'-]+) (?:isn't|is not|wasn't) (?:the|my|his|her|our) ",
        re.IGNORECASE,
    ),
)
_FROM_HOME = re.compile(r"\bmoved (?:\w+ ){0,2}?from\b", re.IGNORECASE)
_FROM_USE = re.compile(
    r"\b(?:switched|changed|went|transferred) (?:\w+ ){0,2}?from\b", re.IGNORECASE
)
_HOME = frozenset(("live", "lived", "living", "based", "home", "flat", "house", "address"))
_ONLY_ONE = re.compile(
    r"\b(?:lives?|living|based|works? (?:at|for|in|as)|job|drives?|weighs?|name|called|favou?rite"
    r"|phone|address|boss|goes to)\b",
    re.IGNORECASE,
)
_CHANGE_WORDS = frozenset(("now", "instead", "longer", "anymore", "any", "more", "these", "days"))
_SHORT = 3  # words of a statement that says little but the value: "I drink coffee"
_ORDINALS = frozenset(("st", "nd", "rd", "th", "any", "more", "anymore", "longer"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """That a statement puts another right.

    Attributes:
        said: the sentence that shows it.
        taken_back: the value that is no more, where it is named ("not Thursday").
    """

    said: str
    taken_back: str = ""


def correction_in(sentence: str) -> Correction | None:
    """What a sentence takes back; None where it does not say that it does."""
    flat = " ".join(sentence[-LONGEST:].replace("’", "'").split())
    for pattern in _TAKEN_BACK:
        found = pattern.search(flat)
        if found and _is_value(pattern, found["old"]):
            return Correction(said=flat, taken_back=found["old"])
    return Correction(said=flat) if _CUE.search(flat) else None


def retires(new: str, old: str, correction: Correction) -> bool:
    """Whether the corrected statement takes an old one's place."""
    affirmed = without_denial(new)
    differing = set(differences(affirmed, old))
    if not differing or adds(new) or adds(correction.said):
        return False
    if differing == {"negation"} and not correction.taken_back:
        return True
    if not about_the_same(affirmed, old):
        return False
    if correction.taken_back:
        return _held(correction, affirmed, old)
    return comparable(affirmed, old) and _one_value(affirmed, old)


def succeeds(new: str, old: str) -> bool:
    """Whether a newer statement like an old one is about the same, and not said besides it."""
    affirmed = without_denial(new)
    return not adds(new) and about_the_same(affirmed, old) and names_agree(affirmed, old)


def _one_value(new: str, old: str) -> bool:
    """Whether they differ in a number or a day alone, or in what one has only one of."""
    a, b = facets(new), facets(old)
    if a.tense != "present" or a.people != b.people or not names_agree(new, old):
        return False
    if _undated(a) == _undated(b):
        return True
    named = _ONLY_ONE.search(new)
    return named is not None and new[: named.start()].casefold() == old[: named.start()].casefold()


def _undated(of: Facets) -> set[str]:
    return {word for word in of.words if word[:3] not in of.dates} - _CHANGE_WORDS


def without_denial(text: str) -> str:
    """A statement without what it denies in passing: "at 5, not at 4" says "at 5"."""
    found = _TAKEN_BACK[0].search(text)
    if found is None or not text[: found.start()].strip():
        return text
    denied = _is_value(_TAKEN_BACK[0], found["old"])
    return f"{text[: found.start()]}{text[found.end() :]}" if denied else text


def _is_value(pattern: re.Pattern[str], words: str) -> bool:
    """Of "not …", a name, a number or a day alone: "I'm not tired" takes nothing back."""
    if pattern is not _TAKEN_BACK[0]:
        return True
    found = facets(f"x {words}")
    return bool(found.names or found.numbers or found.dates)


def _held(correction: Correction, new: str, old: str) -> bool:
    """The old statement holds the value, and is about the same."""
    gone, has, says = facets(f"x {correction.taken_back}"), facets(old), facets(new)
    if not _holds(gone, has) or has.tense == "past" or _of_others(gone, new, old):
        return False
    value = {*gone.words, "x"}
    shared = (set(has.words) & {*says.words, *facets(correction.said).words}) - value
    if shared:
        return True
    if _FROM_HOME.search(correction.said):
        return bool(set(has.words) & _HOME)
    return bool(_FROM_USE.search(correction.said)) and len(has.words) <= _SHORT


def _of_others(gone: Facets, new: str, old: str) -> bool:
    """Whether a number or a day is taken back of one thing, and held of another name's."""
    return bool(gone.numbers or gone.dates) and not names_agree(new, old)


def _holds(gone: Facets, has: Facets) -> bool:
    words = {word for word in gone.words if word != "x" and word[:3] not in gone.dates}
    return (
        bool(words - _ORDINALS or gone.numbers or gone.dates)
        and words - _ORDINALS <= set(has.words)
        and set(gone.numbers) <= set(has.numbers)
        and set(gone.dates) <= set(has.dates)
    )
