"""People, places and things by rules alone: for when no language model of names is there."""

import re
from collections.abc import Iterator, Sequence

from lt_memory.domain.memory import EntityName
from lt_memory.rules.people import RELATION

SHORTEST = 2
_NAME = r"[A-ZÀ-ÖØ-Þ][\w'’.-]*(?:\s+(?:(?:of|de|la|van|von|der|del)\s+)?[A-ZÀ-ÖØ-Þ][\w'’-]*)*"
_LIST = rf"{_NAME}(?:(?:,\s*|\s+and\s+){_NAME})*"
_PLACED = r"live|lives|lived|living|moved|born|grew\s+up|from|based|visited|flying|fly"
_CUES = (
    ("person", rf"(?i:\b(?:{RELATION}),?\s+(?:is\s+|are\s+)?(?:called\s+|named\s+)?)({_LIST})"),
    ("person", rf"(?i:\bname\s+is\s+|\bname's\s+|\bcall\s+me\s+|\bcalled\s+|\bnamed\s+)({_LIST})"),
    ("person", rf"\b(?:cats|dogs|pets|kids|children|sons|daughters)[,:]?\s+({_LIST})"),
    ("gpe", rf"\b(?:{_PLACED})\s+(?:\w+\s+)?(?:in|to|from|near)?\s*({_NAME})"),
    ("org", rf"\b(?:at|for)\s+({_NAME})"),
    ("gpe", rf"\b(?:in|to|from|near)\s+({_NAME})"),
)
_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _CUES)
_ANY = re.compile(rf"(?<![.!?]\s)(?<!^)\b{_NAME}")
_SPLIT = re.compile(r",\s*|\s+and\s+")
_MONTHS = (
    r"January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Mondays?|Tuesdays?|Wednesdays?|Thursdays?|Fridays?|Saturdays?|Sundays?"
)
_CALENDAR = re.compile(rf"^(?:{_MONTHS})$")
_SAINT = re.compile(r"St\.? [\w.-]+'s$")  # a church, a school or a hospital, not a person
_NO_NAME = frozenset(("I", "I'm", "I've", "I'll", "I'd", "My", "Our", "We", "The", "A", "An"))


class RuleNames:
    """Implements `lt_memory.ports.Names` by capitals and the words before them."""

    def find(self, text: str) -> Sequence[EntityName]:
        kinds: dict[str, str] = {}
        for name, kind in _named(text):
            kinds.setdefault(name, kind)
        return [EntityName(name=name, kind=kind) for name, kind in kinds.items()]


def cleaned(name: str) -> str:
    """A name without white space, possessive and marks around it; empty when it is none."""
    flat = " ".join(name.replace("’", "'").split()).strip(" .,;:!?'\"()")
    flat = flat.removeprefix("the ").removeprefix("The ")
    flat = flat if _SAINT.match(flat) else flat.removesuffix("'s")
    return "" if flat in _NO_NAME or len(flat) < SHORTEST or _CALENDAR.match(flat) else flat


def _named(text: str) -> Iterator[tuple[str, str]]:
    for kind, pattern in _PATTERNS:
        for found in pattern.finditer(text):
            yield from _split(found[1], kind)
    for found in _ANY.finditer(text):
        yield from _split(found[0], "thing")


def _split(names: str, kind: str) -> Iterator[tuple[str, str]]:
    for name in _SPLIT.split(names):
        flat = cleaned(name)
        if flat:
            yield flat, kind
