"""When something happens or ends, read from English words against the moment they were said.

All instants are worked out in the user's IANA zone. A day begins at its first moment there, be
that midnight or, where the clocks skip it, an hour later; a wall time that the clocks skip is read
by the clock as it was before, one that comes twice as its first coming. Nothing is read from a
sentence that tells of a habit, nor a happening from a birthday, which comes back every year.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from lt_memory.domain.sameness import facets
from lt_memory.domain.stretch import DAY, MONTHS, Stretch, View
from lt_memory.domain.stretches import Named, stretches

NEARBY = 40  # characters beside a day in which its hour and preposition stand
NOON, HOURS, MINUTES = 12, 24, 60
EARLIEST_BARE_HOUR = 7  # "at 5" is in the afternoon, "at 9" in the morning
_HABIT = re.compile(
    r"\b(?:every|each|always|usually|normally|often|sometimes|most|weekly|daily|monthly|yearly"
    r"|annually|whenever|(?:once|twice|times) an?|favou?rite|days?(?: off)? (?:is|are))\b"
    r"|^(?:i|we|he|she|they|(?:my|our)(?: \w+){1,3}) (?:\w+ly )?(?:works?|plays?|teach(?:es)?"
    r"|trains?|swims?|volunteers?|cooks?|eats?|coach(?:es)?|sings?|dances?|practi[sc]es?|cleans?"
    r"|fasts?)\b|^(?:i|we|he|she|they) (?:\w+ly )?(?:runs?|go(?:es)?|meets?)\b",
    re.IGNORECASE,
)
_TOLD = re.compile(
    r"\b(?:learnt|drove|swam|slept|ate|drank|flew|paid|sent|spent|built|fell|held|rode|sang|sat"
    r"|spoke|stood|threw|wore|woke|hurt|drew|chose|hid|bit|blew|fed|fought|froze|hung|laid|led"
    r"|rose|shook|stole|swore|tore|wound|drunk|eaten|ridden|done|been)\b"
    r"|\b(?:i|we|he|she|they|got) (?:married|divorced|retired)\b",
    re.IGNORECASE,
)
_YEARLY = re.compile(r"\b(?:birthday|bday|born|anniversary|name day)\b", re.IGNORECASE)
_ARRANGED = re.compile(
    r"\b(?:booked|scheduled|arranged|signed up|planned|moved (?:from [\w ]{1,30} )?to|postponed"
    r"|invited|got (?:an?|my|our|two) (?:\w+ )?(?:tickets?|appointment|flight|interview))\b",
    re.IGNORECASE,
)
_ENDS = frozenset(("until", "till", "til", "through"))
_DUE = frozenset(("by", "before"))
_CLOCK = (
    r"(?P<clock>(?P<h>\d{1,2})(?:[:.](?P<m>\d\d))?\s*(?P<half>[ap])\.?m\b\.?|(?P<h24>\d{1,2}):(?P<m24>\d\d)"
    r"|(?P<word>noon|midday|midnight)"
    r"|(?P<past>half past|quarter past|quarter to) (?P<h12>\d{1,2})"
    r"|(?<=at )(?P<bare>\d{1,2})(?: o'clock)?)"
)
_AFTER_DAY = re.compile(rf"^,? ?(?:(?:at|from|by|around|about) )?{_CLOCK}(?![\w:])", re.IGNORECASE)
_BEFORE_DAY = re.compile(
    rf"(?:(?:at|from|by|until|till|around|about) )?{_CLOCK},?(?: on)? ?$", re.IGNORECASE
)
_WORD_BEFORE = re.compile(r"([\w']+)\W*$")
_LED = frozenset(("on", "in", "at", "for", "from", "to", "by", "until", "till", "til", "through",
                  "before", "after", "since", "of", "during", "than", "around", "about",
                  "and"))  # fmt: skip
_SOUTHERN = re.compile(
    r"^(?:Australia/|Antarctica/|Pacific/(?:Auckland|Chatham|Fiji|Apia|Tongatapu|Noumea)|Africa/"
    r"(?:Johannesburg|Harare|Maputo|Windhoek|Gaborone|Lusaka|Maseru|Mbabane)|America/(?:Argentina/"
    r"|Buenos_Aires|Sao_Paulo|Santiago|Montevideo|Asuncion|La_Paz|Punta_Arenas)|Indian/(?:Mauritius"
    r"|Reunion|Antananarivo))"
)


class Role(StrEnum):
    HAPPENS = "happens"
    EXPIRES = "expires"
    SINCE = "since"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """`text[start:end]` names a time: `at`, in UTC; `words` say it so that they hold for good."""

    start: int
    end: int
    role: Role
    at: datetime
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A sentence with dates for its "tomorrow", and the instants that it names."""

    text: str
    happens_at: datetime | None = None
    expires_at: datetime | None = None


def dated(text: str, said_at: datetime, zone: ZoneInfo) -> Dated:
    """What the sentence says in words that do not rot, and when it happens or stops being so."""
    found = moments(text, said_at, zone)
    happening = [each.at for each in found if each.role is Role.HAPPENS]
    ending = [each.at for each in found if each.role is Role.EXPIRES and each.at > said_at]
    for each in reversed(found):
        text = f"{text[: each.start]}{each.words}{text[each.end :]}"
    return Dated(
        text=text[:1].upper() + text[1:] if found else text,
        happens_at=happening[0] if happening and not comes_back_yearly(text) else None,
        expires_at=ending[0] if ending else None,
    )


def comes_back_yearly(text: str) -> bool:
    """Whether a sentence is about a day of every year: a birthday has not passed for good."""
    return _YEARLY.search(text) is not None


def is_southern(zone: ZoneInfo) -> bool:
    """Whether summer is in December there."""
    return _SOUTHERN.match(zone.key) is not None


def moments(text: str, said_at: datetime, zone: ZoneInfo) -> tuple[Moment, ...]:
    """The times that a sentence names, in order."""
    if _HABIT.search(text):
        return ()
    view = View(
        today=said_at.astimezone(zone).date(),
        past=_looks_back(text),
        southern=is_southern(zone),
    )
    return tuple(_moments(text, view, zone))


def local_instant(said: str, zone: ZoneInfo, *, ends: bool = False) -> datetime | None:
    """An ISO 8601 time, read in the zone where it names none; None for what is no such time.

    A date alone is the beginning of its day there, or with `ends` the end of it.
    """
    try:
        at = datetime.fromisoformat(said.strip())
        if at.tzinfo is not None:
            return at
        alone = len(said.strip()) <= len("2026-05-12")
        return instant(at.date() + DAY if alone and ends else at.date(), at.time(), zone)
    except (ValueError, OverflowError):
        return None


def instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """A wall time of the zone, in UTC."""
    return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)


def _looks_back(text: str) -> bool:
    told = facets(text).tense == "past" or bool(_TOLD.search(text))
    return told and not _ARRANGED.search(text)


def _moments(text: str, view: View, zone: ZoneInfo) -> Iterator[Moment]:
    yearly = comes_back_yearly(text)
    for named in stretches(text, view):
        if yearly and _comes_back(text[named.start : named.end]):
            continue
        start, wall = _clock_beside(text, named)
        word = _word_before(text[:start])
        role = _role(word)
        yield Moment(
            start=named.start,
            end=named.end,
            role=role,
            at=_instant_of(_upcoming(named.stretch, view), role, word, wall, zone),
            words=_said(text, named),
        )


def _comes_back(said: str) -> bool:
    """A bare date, as a birthday's: not "tomorrow", and no year."""
    return bool(re.search(r"\d|(?:^|\s)(?:" + "|".join(MONTHS) + r")\b", said))


def _upcoming(stretch: Stretch, view: View) -> Stretch:
    """Of what is under way, and looked forward to, the days that are left."""
    under_way = stretch.first < view.today < stretch.after
    return replace(stretch, first=view.today) if under_way and not view.past else stretch


def _role(word: str) -> Role:
    if word == "since":
        return Role.SINCE
    return Role.EXPIRES if word in _ENDS | _DUE else Role.HAPPENS


def _word_before(before: str) -> str:
    found = _WORD_BEFORE.search(before[-NEARBY:])
    return found[1].lower() if found else ""


def _instant_of(
    stretch: Stretch, role: Role, word: str, wall: time | None, zone: ZoneInfo
) -> datetime:
    """With an hour, that; else where the stretch begins, or, for what ends with it, is over.

    "Until March" ends as March begins, "until Friday" and "through March" as that is over.
    """
    if wall is not None:
        return instant(stretch.first, wall, zone)
    whole = stretch.after - stretch.first == DAY or word == "through"
    if role is Role.EXPIRES and whole and word != "before":
        return instant(stretch.after, time(), zone)
    hour = time(stretch.hour) if stretch.hour is not None else time()
    return instant(stretch.first, hour, zone)


def _clock_beside(text: str, named: Named) -> tuple[int, time | None]:
    """Where the whole of day and hour begins, and the hour, if one is told beside the day."""
    if named.stretch.after - named.stretch.first > timedelta(days=1):
        return named.start, None
    after = _AFTER_DAY.search(text[named.end : named.end + NEARBY])
    if after:
        return named.start, _wall(after, named.stretch.hour)
    before = _BEFORE_DAY.search(text, max(0, named.start - NEARBY), named.start)
    if before:
        return before.start("clock"), _wall(before, named.stretch.hour)
    return named.start, None


def _wall(found: re.Match[str], part: int | None) -> time | None:
    hour, minute = _hour_of(found, part)
    fits = hour <= HOURS and minute < MINUTES
    return time(hour % HOURS, minute) if fits else None


def _hour_of(found: re.Match[str], part: int | None) -> tuple[int, int]:
    if found["word"]:
        return (0 if found["word"].lower() == "midnight" else NOON), 0
    if found["h"]:
        afternoon = found["half"].lower() == "p"
        return int(found["h"]) % NOON + (NOON if afternoon else 0), int(found["m"] or 0)
    if found["h24"]:
        return int(found["h24"]), int(found["m24"])
    if found["past"]:
        hour = _likely(int(found["h12"]), part)
        return {"half past": (hour, 30), "quarter past": (hour, 15)}.get(
            found["past"].lower(), (hour - 1, 45)
        )
    return _likely(int(found["bare"]), part), 0


def _likely(hour: int, part: int | None) -> int:
    """Which hour of the day a bare one is: by the part of the day, else by waking hours."""
    if part is not None:
        return hour + NOON if part >= NOON and hour < NOON else hour
    return hour + NOON if 0 < hour < EARLIEST_BARE_HOUR else hour


def _said(text: str, named: Named) -> str:
    stretch = named.stretch
    if stretch.rests:
        return text[named.start : named.end]
    before = text[: named.start]
    last = _word_before(before) if not re.search(r"[,;:.]\s*$", before[-NEARBY:]) else ""
    opens = not before.strip() and re.match(r"\s+(?:is|was|will|marks)\b", text[named.end :])
    return stretch.words if last in _LED or opens else f"{stretch.lead} {stretch.words}"
