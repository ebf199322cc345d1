"""What a person may be said to be, have, like, do or plan that is worth remembering."""

import re
from dataclasses import dataclass

from lt_memory.domain.memory import Kind
from lt_memory.rules.vocabulary import one_of

_DEICTIC = rf"{one_of('deictic')}\b(?! sister| brother)"
_ABOUT = r"(?:(?:on|with|in|at|for|to|into|from|about|of) )?"
_VAGUE = rf"(?!{_ABOUT}{_DEICTIC})"  # what follows is more than "it", "that" or "the first one"
_NOT_VAGUE_NEXT = rf"(?! {_ABOUT}{_DEICTIC})"
_TECHNICAL = rf"(?:\S+ ){{0,3}}{one_of('technical')}s?\b"
_UNTECHNICAL = rf"(?!{_TECHNICAL})"  # no file, error or question
_UNTECHNICAL_NEXT = rf"(?! {_TECHNICAL})"
_SOFT = rf"(?:{one_of('softening')} )*"
_AGE = (
    rf"(?:almost |nearly |about )?(?:\d{{1,3}}|{one_of('numbers')})"
    r"(?:$| years?| yrs?| yo\b| months?| and\b)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """A way of speaking: what kind of memory it makes, and how sure that is."""

    kind: Kind
    confidence: float
    pattern: re.Pattern[str]


def _means(kind: Kind, confidence: float, pattern: str) -> Predicate:
    return Predicate(
        kind=kind, confidence=confidence, pattern=re.compile(rf"^{_SOFT}(?:{pattern})")
    )


_BEING = (
    _means(Kind.FACT, 0.9, rf"be {_SOFT}(?:{_AGE}|{one_of('states')}s?(?!\w| (?:about|that)))"),
    _means(Kind.FACT, 0.9, rf"be {_SOFT}{one_of('towards')} {_VAGUE}\S"),
    _means(
        Kind.INTENTION, 0.85, rf"be {_SOFT}{one_of('doing')}\b{_UNTECHNICAL_NEXT}{_NOT_VAGUE_NEXT}"
    ),
    _means(Kind.INTENTION, 0.85, rf"be {_SOFT}going to (?!{one_of('leaving')}\b)\S+"),
    _means(Kind.FACT, 0.9, rf"be {_SOFT}{one_of('placed')}"),
    _means(Kind.FACT, 0.85, rf"be {_SOFT}an? (?!{one_of('no_role')}\b)\S"),
    _means(Kind.FACT, 0.85, r"be [\d.,]+ ?(?:cm|m|ft|feet|kg|lbs)\b"),
    _means(
        Kind.FACT, 0.7, r"be (?!(?:at|on|in|over|under|about|only|version)\b)[a-z]+ \d\d(?: |$)"
    ),
    _means(Kind.EXPERIENCE, 0.9, rf"was {one_of('been')}"),
)
_HAVING = (
    _means(
        Kind.INTENTION, 0.85, rf"have {_SOFT}(?:an?|my|our) (?:\w+ )?{one_of('appointments')}\b"
    ),
    _means(Kind.DECISION, 0.9, r"(?:have )?(?:decided|chosen|chose) (?:to|not to|on|against)"),
    _means(Kind.EXPERIENCE, 0.85, rf"have {_SOFT}{one_of('since')} ?{_VAGUE}\S"),
    _means(
        Kind.FACT,
        0.9,
        rf"(?:have |got (?=\w+ {one_of('several')})|do not have )"
        rf"{_UNTECHNICAL}{_VAGUE}(?!{one_of('not_had')})\S",
    ),
    _means(Kind.FACT, 0.9, rf"(?:do not have any|have no) {one_of('lacking')}"),
)
_DOING = (
    _means(Kind.SKILL, 0.9, rf"(?:can {one_of('skills')}|know how to \w+|speak|play the)\b"),
    _means(Kind.FACT, 0.9, rf"can not {one_of('unable')}\b{_NOT_VAGUE_NEXT}"),
    _means(Kind.FACT, 0.9, rf"do not {one_of('avoiding')}\b{_NOT_VAGUE_NEXT}"),
    _means(Kind.FACT, 0.85, rf"{one_of('habit')} {_VAGUE}(?:my )?{_UNTECHNICAL}\S"),
    _means(
        Kind.FACT,
        0.85,
        rf"{one_of('routine')} {_VAGUE}{_UNTECHNICAL}(?:.* )?{one_of('regular')}\b",
    ),
    _means(
        Kind.INTENTION,
        0.85,
        r"(?:start|begin) (?:chemo|my|an?|school|uni|university|work|therapy|treatment|as|at)\b"
        r"|(?:graduate|retire|move|fly|leave) (?:in|on|next|this|to|at the end of)\b",
    ),
    _means(Kind.FACT, 0.9, rf"turn (?:\d+|{one_of('numbers')})\b"),
    _means(
        Kind.FACT,
        0.9,
        r"(?:weigh|go by|have to (?:take|avoid|wear|inject|eat|do .*(?:a day|daily|every)))\b",
    ),
)
_TELLING = (
    _means(Kind.EXPERIENCE, 0.85, rf"{one_of('past')}\b{_NOT_VAGUE_NEXT}"),
    _means(Kind.EXPERIENCE, 0.85, rf"got (?:an?|my|our) {_UNTECHNICAL}\S"),
    _means(
        Kind.INTENTION,
        0.8,
        rf"{one_of('hoping')} ?(?:to|on|of)? (?:one day |someday |eventually )?"
        rf"{one_of('aim')}\b{_NOT_VAGUE_NEXT}",
    ),
    _means(Kind.INTENTION, 0.85, rf"will {one_of('coming')}\b"),
    _means(Kind.EMOTION, 0.8, rf"(?:feel|get|become) (?:\w+ )?{one_of('feelings')}\b"),
    _means(Kind.EMOTION, 0.8, rf"miss {_VAGUE}(?:my|our|living|being|\w+ing)\b"),
)
_DESCRIBED = (
    _means(Kind.FACT, 0.85, r"would (?:describe|call|consider) myself (?:as |to be )?an?\b"),
)
_LIKING = (_means(Kind.PREFERENCE, 0.9, rf"{one_of('liking')} {_VAGUE}\S"),)
_PREDICATES = (*_LIKING, *_BEING, *_HAVING, *_DOING, *_TELLING, *_DESCRIBED)


def predicate(words: str) -> Predicate | None:
    """What kind of thing a predicate in plain base form says; None when it is not worth keeping."""
    return next((each for each in _PREDICATES if each.pattern.match(words)), None)
