"""A correction that names two values alone: "no, the train on Tuesday, not Thursday"."""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from lt_memory.domain.sameness import facets
from lt_memory.domain.stretches import WEEKDAYS
from lt_memory.domain.timing import dated

LONGEST = 120  # characters of such a correction
_TWO = re.compile(
    r"(?P<before>(?:(?![,;:]\s|\bnot\b).)*[\w€$£%])(?:,| -| –)? (?:and )?not"
    r" (?:on |in |at |to |for |the )*"
    r"(?P<old>[€$£]?\d[\d.,:]*(?<=\d)|[\w'-]+(?: [A-Z][\w'-]+)?)(?:st|nd|rd|th|%)?"
    r"(?: any ?more)?\W*$"
)
_DAY = re.compile(rf"\b(?:{'|'.join(WEEKDAYS)})(?=s?\b)", re.IGNORECASE)
_OF_MONTH = re.compile(r" the \d{1,2}(?:st|nd|rd|th)\b")
_IDLE = frozenset(("x", "it", "that", "mean", "meant", "move", "now", "go", "actually", "sorry"))
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NAME = re.compile(r"[A-Z][\w'-]+(?: [A-Z][\w'-]+){0,2}$")
_SORTS = (_DAY, _NUMBER, _NAME)
_ON_DAY = r"(?P<day>s?)(?P<date> \d{1,2} [A-Z][a-z]+ \d{4})?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """`new` for `old`, in a statement that is about one of the `topic` words at least.

    Attributes:
        start, end: where the text says so.
    """

    old: str
    new: str
    topic: frozenset[str]
    start: int
    end: int


def patch_in(text: str, start: int, end: int) -> Patch | None:
    """What `text[start:end]` puts in whose place; None where it is no such correction."""
    found = _TWO.search(text.replace("’", "'"), max(start, end - LONGEST), end)
    if found is None:
        return None
    for sort in _SORTS:
        old, new = sort.search(found["old"]), _last(sort, found["before"])
        if old and new and old[0].casefold() != new[0].casefold():
            topic = facets(f"x {found['before'][: new.start()]}").words
            day = _OF_MONTH.match(found["before"], new.end()) if sort is _DAY else None
            return Patch(
                old=old[0],
                new=f"{new[0]}{day[0]}" if day else new[0],
                topic=frozenset(topic) - _IDLE,
                start=found.start(),
                end=found.end("old"),
            )
    return None


def fits(patch: Patch, text: str) -> bool:
    """Whether a statement holds the old value, and is about the topic where one is named."""
    words = set(facets(text).words)
    return _place(patch.old).search(text) is not None and bool(
        not patch.topic or patch.topic & words
    )


def applied(patch: Patch, text: str, said_at: datetime, zone: ZoneInfo) -> str:
    """The statement with the new value; a day gets its date where the old one had one."""
    place = _place(patch.old).search(text)
    if place is None:
        return text
    if not _DAY.match(patch.new):
        return f"{text[: place.start()]}{patch.new}{text[place.end() :]}"
    weekday, _, day = patch.new.capitalize().partition(" ")
    new = f"{weekday}{place['day']}"
    if place["date"]:
        found = dated(f"It is on {day or weekday}", said_at, zone).text.removeprefix("It is on ")
        new = f"{weekday} {found}" if day else found
    return f"{text[: place.start()]}{new}{text[place.end() :]}"


def _place(old: str) -> re.Pattern[str]:
    dates = _ON_DAY if _DAY.fullmatch(old) else ""
    return re.compile(rf"(?<![\w.,:]){re.escape(old)}{dates}(?![\w]|[.,:]\d)", re.IGNORECASE)


def _last(sort: re.Pattern[str], words: str) -> re.Match[str] | None:
    every = list(sort.finditer(words))
    return every[-1] if every else None
