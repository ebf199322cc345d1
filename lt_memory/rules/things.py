"""What is said of the user's own things, and sentences turned round ("Jazz is my favourite")."""

import re

from lt_memory.domain.memory import Kind
from lt_memory.rules.people import RELATION
from lt_memory.rules.vocabulary import one_of

_NOT_UNHEEDED = rf"(?!{one_of('unheeded')}\b)"
_NOT_PASSING = rf"(?!(?:not )?{one_of('passing')}\b)"
_STATED = (
    r"(?:is|are|was|were|will be|has|have|starts|start|ends|expires?|renews|belongs|runs|costs"
    r"|includes|falls|comes|got|contains|lasts|begins|fits|weighs|hurts|aches|clicks|turned)"
)
_MINE = re.compile(
    rf"^(?:my|our) {_NOT_UNHEEDED}(?:[\w'&/.-]+ ){{0,5}}?{_STATED} "
    rf"(?:(?:also|now|really|actually|currently|always) )?{_NOT_PASSING}\S"
)
_CONTRACTED = re.compile(
    rf"^(?:my|our) {_NOT_UNHEEDED}(?:[\w&/.-]+ ){{0,3}}?[\w-]+'s {_NOT_PASSING}\w+"
)
_QUANTITY = re.compile(
    r"^(?:\w+ of|both|all) (?:my|our) \w+(?: \w+)? (?:is|are|was|were|have|has|live) \S"
)
_FAVOURITE = re.compile(r"\b(?:favourite|least favourite|pet hate|guilty pleasure|go-to)\b")
_PLAN = re.compile(
    r"\b(?:goal|dream|plan|flight|trip|holiday|wedding|exam|interview|appointment)\b"
)
_TURNED = re.compile(
    r"^(?!(?:this|that|these|those|it|here|there|what|which|who|the (?:following|above|answer))\b)"
    r"(?:[\w',&.-]+ ){1,6}(?:is|are|was|were|has always been) (?:one of )?(?:my|our) "
    rf"{_NOT_UNHEEDED}(?:(?:[\w-]+ )*(?:{RELATION}|{one_of('special')}))\b"
)
_WHERE = re.compile(
    r"^(?!(?:this|that|it|here|there|what)\b)(?:[\w'&.-]+ ){1,5}is (?:where|when) "
    r"(?:i|we|my|our) \w+"
)
_DISLOCATED = re.compile(
    r"^(?!(?:ok|okay|yes|no|well|so|thanks|great|cool|nice|wow|hm)\b)(?:[\w'-]+ ){1,3}i "
    rf"(?:really |just |absolutely )?{one_of('taking_up')} (?:it|them|that)\b"
)
_NAMED = re.compile(
    r"^(?:(?:you can |please |just |people |everyone |everybody |friends )*call(?:s)? me"
    r"|the name is|i go by) (?!an?\b|back\b|when\b|later\b|if\b|tomorrow\b|crazy\b|that\b)\w+"
)
_ITS_MY = re.compile(
    r"^it is (?:my|our) (?:\w+ )?(?:birthday|anniversary|wedding day|first day at)"
    r" (?:on|in|next|this|tomorrow|today|\w+)"
)
_WITHOUT_SUBJECT = (
    (re.compile(rf"^(?:(?:just|recently|finally|newly) )*{one_of('left_out_i')} \w+"), "I"),
    (re.compile(rf"^(?:(?:severely|highly|really|also|badly) )*{one_of('left_out_am')}"), "I'm"),
)


def thing(words: str) -> Kind | None:
    """The kind of a statement about something of the user's; None when it is not one to keep."""
    if _FAVOURITE.search(words) and _MINE.match(words):
        return Kind.PREFERENCE
    if _MINE.match(words) or _CONTRACTED.match(words) or _QUANTITY.match(words):
        return Kind.INTENTION if _PLAN.search(words) else Kind.FACT
    return None


def turned(words: str) -> Kind | None:
    """The kind of a statement whose subject is not the user's, but what it says of it is."""
    if _DISLOCATED.match(words) or (_TURNED.match(words) and "favourite" in words):
        return Kind.PREFERENCE
    said = (_TURNED, _WHERE, _NAMED, _ITS_MY)
    return Kind.FACT if any(pattern.match(words) for pattern in said) else None


def subjectless(words: str) -> str | None:
    """The subject that was left out ("moved to Bristol"); None when nothing was."""
    return next((who for pattern, who in _WITHOUT_SUBJECT if pattern.match(words)), None)
