"""Which words say that something is no longer so, and which statement they end.

What ended must have been said to be so: of the same subject, by the same verb and of the same
thing, named in as many words or fewer. "I no longer play chess" ends "I play chess every Monday";
"I no longer play at weddings" ends nothing. In doubt both stand, as a conflict for the user.
"""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lt_memory.rules.claims import (
    Claim,
    Part,
    claim_of,
    parts_of,
    predicate_of,
    subjects_of,
    verb_of,
)
from lt_memory.rules.subjects import based


class Ends(StrEnum):
    """What a statement does to an old one; `ONE` ends it if it is the only one of its kind."""

    SURELY = "surely"
    ONE = "one"
    PERHAPS = "perhaps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """That something is no longer so.

    Attributes:
        verbs: by which it was so; any of them.
        parts: what it was about.
        ends: how sure it is; `planned`: it was yet to come.
    """

    verbs: frozenset[str]
    parts: tuple[Part, ...]
    ends: Ends = Ends.SURELY
    planned: bool = False


_NO_MORE = r"(?:any ?more|any longer|these days|nowadays)"
_CUT = (
    re.compile(r"^(?:be |have |can |do |will )?no longer (?P<rest>.+)"),
    re.compile(rf"^(?:do|can|will) not (?P<rest>.+?) {_NO_MORE}\b"),
    re.compile(rf"^(?P<rest>have )not (?P<more>.+?) {_NO_MORE}\b"),
    re.compile(r"^(?:have )?(?:stopped|quit) (?P<rest>\w+ing\b.*)"),
    re.compile(r"^(?:have )?(?:gave|given) up (?P<rest>\w+ing\b.*)"),
    re.compile(r"^used to (?P<rest>.+)"),
)
_NOT_BEING = re.compile(rf"^be (?:no longer (?P<a>.+)|not (?P<b>.+?) {_NO_MORE}\b)")
_INSTEAD = re.compile(r"\b(?:instead of|rather than) (?P<rest>\w+ing .+)")
_GIVEN_UP = re.compile(r"^(?:have )?(?:(?:gave|given) up|quit|packed in) (?!my job\b)(?P<rest>.+)")
_SWITCHED = re.compile(
    r"^(?:have )?(?:switched|changed|gone|went) (?:over )?from (?P<rest>.+?) to "
)
_GERUND = re.compile(r"[a-z]*[aeiouy][a-z]*ing\b")  # "sing" is none
_AGAIN = re.compile(r" again$")
_NOT_PLANNED = re.compile(
    r"^(?:be not going to|will not|decided not to|have decided not to|(?:do )?no(?:t| longer)"
    r" (?:plan|want|intend) to) (?P<rest>.+)"
)
_AFTER_ALL = re.compile(r" (?:after all|any ?more|any longer)\b")
_DENIED = re.compile(
    r"^(?:do|can) not (?P<rest>.+)|^be not (?P<being>an? .+)|^have no (?P<none>.+)"
)
_PASSING = re.compile(
    r"\b(?:today|tonight|tomorrow|this (?:\w+ )?(?:week|month|morning|evening|afternoon|year|time)"
    r"|at the moment|right now|for now|until|till|yet|temporarily|for (?:an?|the|\w+) \w+|during"
    r"|when|while|if|only|just|alone|as (?:much|often|many|well)|so (?:much|often|many)|every"
    r"|always|enough|all|than)\b"
)
_OF_HABIT = """
    eat drink smoke vape take play do use practise practice have chew study learn dance drive ride
    read
"""
_HABITS = frozenset(map(verb_of, _OF_HABIT.split()))
_LIKED = frozenset(map(verb_of, ("like", "love", "prefer")))
_WHOLE = frozenset(map(verb_of, ("smoke", "vape", "meditate", "commute", "fast")))  # of no object


def ending_of(text: str, subject: str, *, corrected: bool = False) -> Ending | None:
    """What a statement says has ended; `corrected`: words around it take something back."""
    told = predicate_of(text, subject)
    if told is None:
        return None
    words = based(told)
    instead = _INSTEAD.search(words)
    if instead:
        return _of_claim(instead["rest"], Ends.SURELY)
    plainly = Ends.SURELY if corrected else Ends.PERHAPS
    read = (each(words, plainly) for each in (_unplanned, _switched, _given_up, _cut, _denied))
    return next((ending for ending in read if ending is not None), None)


def _cut(words: str, _: Ends) -> Ending | None:
    being = _NOT_BEING.match(words)
    if being:
        return _of_claim(f"be {being['a'] or being['b']}", Ends.SURELY)
    for pattern in _CUT:
        found = pattern.match(words)
        if found:
            return _of_claim(found["rest"] + (found.groupdict().get("more") or ""), Ends.SURELY)
    return None


def _given_up(words: str, _: Ends) -> Ending | None:
    found = _GIVEN_UP.match(words)
    parts = tuple(parts_of(found["rest"])) if found else ()
    thing, others = parts[:1], parts[1:]
    deed = found is not None and _GERUND.match(found["rest"])
    if deed or not thing or thing[0].lead or any(not each.of_a_date for each in others):
        return None
    return Ending(verbs=_HABITS, parts=thing)


def _switched(words: str, _: Ends) -> Ending | None:
    found = _SWITCHED.match(words)
    parts = tuple(parts_of(found["rest"])) if found else ()
    if len(parts) != 1 or parts[0].lead:
        return None
    return Ending(verbs=_HABITS, parts=parts)


def _unplanned(words: str, plainly: Ends) -> Ending | None:
    found = _NOT_PLANNED.match(words)
    if found is None:
        return None
    sure = _AFTER_ALL.search(words) or "decided" in words
    rest = _AFTER_ALL.sub("", found["rest"])
    claim = claim_of(rest)
    if claim is None or not claim.parts:
        return None
    ends = Ends.SURELY if sure else plainly
    return Ending(verbs=frozenset((claim.verb,)), parts=claim.parts, ends=ends, planned=True)


def _denied(words: str, plainly: Ends) -> Ending | None:
    found = _DENIED.match(words)
    if found is None:
        return None
    none, being = found["none"], found["being"]
    rest = f"have {none}" if none else f"be {being}" if being else found["rest"]
    return _of_claim(rest, plainly)


def _of_claim(rest: str, ends: Ends) -> Ending | None:
    if _PASSING.search(rest):
        return None
    claim = claim_of(_gerund(rest))
    if claim is None or claim.planned:
        return None
    parts = tuple(each for each in claim.parts if not each.of_a_date)
    if any(each.of_time and each.lead for each in parts) or (
        len(parts) < len(claim.parts) and ends is Ends.PERHAPS
    ):
        return None
    verbs = _LIKED if claim.verb == "like" else frozenset((claim.verb,))
    return Ending(verbs=verbs, parts=parts, ends=ends)


def _gerund(rest: str) -> str:
    return f"be {rest}" if _GERUND.match(rest) else rest


def ended_by(new: str, old: str, *, corrected: bool = False) -> Ends | None:
    """Whether a statement says that an old one is no longer so, and how surely.

    What follows the first comma of either may be a remark: it is read with that, then without.
    """
    for said, was in itertools.product(_without_remark(new), _without_remark(old)):
        for subject in subjects_of(said):
            ends = _ended(said, was, subject, corrected=corrected) or _resumed(said, was, subject)
            if ends:
                return ends
    return None


def _without_remark(text: str) -> Iterable[str]:
    return dict.fromkeys((text, text.partition(", ")[0]))


def _ended(new: str, old: str, subject: str, *, corrected: bool) -> Ends | None:
    ending = ending_of(new, subject, corrected=corrected)
    told = predicate_of(old, subject) if ending else None
    claim = claim_of(told) if told else None
    return _met(ending, claim) if ending and claim else None


def _resumed(new: str, old: str, subject: str) -> Ends | None:
    """What is done again is no longer ended."""
    told = predicate_of(new, subject) or ""
    ending = ending_of(old, subject) if _AGAIN.search(told) else None
    claim = claim_of(told) if ending else None
    return _met(ending, claim) if ending and claim else None


def _met(ending: Ending, claim: Claim) -> Ends | None:
    """How surely what is claimed has ended."""
    if claim.planned != ending.planned:
        return None
    if claim.verb not in ending.verbs:
        return ending.ends if _by_another_verb(ending, claim) else None
    if not ending.parts:
        return ending.ends if claim.object is None or claim.verb in _WHOLE else None
    if not _all_named(ending.parts, claim.parts):
        return None
    return ending.ends if _named_first(ending, claim) else Ends.PERHAPS


def _all_named(parts: tuple[Part, ...], claimed: tuple[Part, ...]) -> bool:
    return all(any(each.within(other) for other in claimed) for each in parts)


def _named_first(ending: Ending, claim: Claim) -> bool:
    """What ended is what was said first: "not with Sami" leaves "in Utrecht with Sami" open."""
    named = ending.parts[0]
    return named.within(claim.parts[0]) or (claim.verb == "live" and named.lead == "at")


def _by_another_verb(ending: Ending, claim: Claim) -> bool:
    """Who works as a nurse is one, and is one where she works."""
    verbs, parts = {*ending.verbs, claim.verb}, ending.parts
    if verbs != {"work", "be"} or not parts:
        return False
    if claim.verb == "work":
        role = Part(lead="as", words=parts[0].words)
        return not parts[0].lead and _all_named((role, *parts[1:]), claim.parts)
    return claim.object is not None and _all_named(parts, claim.parts)
