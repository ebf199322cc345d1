"""Days, weeks, months, seasons and years named in English, read as stretches of the calendar.

"Next Tuesday" is the one of the week to come, "Tuesday" the nearest one to the side that the
sentence looks to.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from lt_memory.domain.stretch import (
    DAY,
    MONTHS,
    SEASONS,
    WEEK,
    Stretch,
    View,
    a_day,
    a_month,
    a_year,
    day_words,
    edged,
    month_on,
    months_on,
    season,
    season_of,
    week_on,
    weekend_on,
    year_on,
)

LONGEST_WORD = 40
FIRST_YEAR, LAST_YEAR = 1900, 2200
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
           "twelve")  # fmt: skip
_NUMBERS = {word: number for number, word in enumerate(_COUNTS, start=1)} | {
    "a": 1, "an": 1, "a couple of": 2,
}  # fmt: skip

_WEEKDAY = "|".join(WEEKDAYS)
_MONTH = "|".join(MONTHS)
_SHORT_MONTH = rf"{_MONTH}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
_PART = r"(?: (?P<part>morning|afternoon|evening|night))?"
_DATE = (
    rf"(?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_SHORT_MONTH})\b"
    rf"(?:,? (?P<year>(?:19|20)\d\d)\b)?"
)
_AMERICAN = (
    rf"(?P<month>{_SHORT_MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:]| ?[ap]m\b)"
    rf"(?:,? (?P<year>(?:19|20)\d\d)\b)?"
)
_PART_OF = r"(?:the (?P<part>morning|afternoon|evening|night) of )?"
_OF = r"(?:(?P<edge>(?:the )?(?:end|beginning|start|middle) of) )"
_COUNTED = rf"(?P<count>\d{{1,3}}|a couple of|an?|{'|'.join(_COUNTS)})"
_UNIT = r"(?P<unit>day|week|fortnight|month|year)s?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """`text[start:end]` names a stretch."""

    start: int
    end: int
    stretch: Stretch


def stretches(text: str, view: View) -> Iterator[Named]:
    """Those that a text names, in order."""
    for found in _ANY.finditer(text.replace("’", "'")):
        reader = _READERS[next(name for name in _READERS if found[name] is not None)]
        stretch = _calendar_ends(reader, text[: found.start()], found[0], view)
        if stretch is not None:
            yield Named(start=found.start(), end=found.end(), stretch=stretch)


def _calendar_ends(reader: "_Reader", before: str, said: str, view: View) -> Stretch | None:
    """What the reader makes of it; None too where the calendar has no such day."""
    found = reader.pattern.fullmatch(said.replace("’", "'"))
    try:
        stretch = reader.read(found, before, view) if found else None
    except (ValueError, OverflowError):
        return None
    fits = stretch and stretch.first.year >= FIRST_YEAR and stretch.after.year <= LAST_YEAR
    return stretch if fits else None


def _relative_day(found: re.Match[str], _: str, view: View) -> Stretch:
    said = found["when"].lower()
    days = {"today": 0, "tomorrow": 1, "yesterday": -1, "the day after tomorrow": 2,
            "the day before yesterday": -2}[said]  # fmt: skip
    return a_day(view.today + timedelta(days=days), part=found["part"] and found["part"].lower())


def _part_of_day(found: re.Match[str], _: str, view: View) -> Stretch:
    said = found[0].lower()
    day = view.today - DAY if said == "last night" else view.today
    part = "evening" if said == "tonight" else said.split()[-1]
    return a_day(day, part=part)


def _weekday(found: re.Match[str], before: str, view: View) -> Stretch | None:
    asked = found["which"] or found["later"]
    if _last_word(before) in _DETERMINED or not (asked or _asks_for_a_day(before)):
        return None
    number = [day.lower() for day in WEEKDAYS].index(found["weekday"].lower())
    day = _which_weekday(number, (found["which"] or found["later"] or "").lower(), view)
    return a_day(day, WEEKDAYS[number], found["part"] and found["part"].lower())


def _asks_for_a_day(before: str) -> bool:
    """Whether a bare weekday is one day there: "on Friday", and "I fly Friday"; not "is Friday"."""
    last = _last_word(before)
    return bool(last) and last not in {
        "a", "an", "the", "my", "our", "every", "each", "and", "or",
        "not", "than", "like", "love", "hate", "of",
    }  # fmt: skip


def _which_weekday(number: int, which: str, view: View) -> date:
    monday = view.today - timedelta(days=view.today.weekday())
    upcoming = view.today + timedelta(days=(number - view.today.weekday() - 1) % 7 + 1)
    latest = view.today - timedelta(days=(view.today.weekday() - number - 1) % 7 + 1)
    if which in {"next", "next week"}:
        return monday + WEEK + timedelta(days=number)
    if which.startswith("last") or which == "this past" or (not which and view.past):
        return latest
    if which == "this":
        own = monday + timedelta(days=number)
        return own if view.past or own >= view.today else own + WEEK
    return upcoming


def _full_date(found: re.Match[str], _: str, view: View) -> Stretch:
    month = _month_number(found["month"])
    day = int(found["day"])
    on = date(int(found["year"]), month, day) if found["year"] else _nearest(month, day, view)
    return a_day(on, (found["weekday"] or "").capitalize(), found["part"] and found["part"].lower())


def _nearest(month: int, day: int, view: View) -> date:
    """The next such day, or the latest one; a 29 February may be some years away."""
    step = -1 if view.past else 1
    for year in range(view.today.year, view.today.year + 9 * step, step):
        if day > monthrange(year, month)[1]:
            continue
        found = date(year, month, day)
        if found <= view.today if view.past else found >= view.today:
            return found
    raise ValueError


def _iso_date(found: re.Match[str], _: str, __: View) -> Stretch:
    return a_day(date(int(found["year"]), int(found["month"]), int(found["day"])), rests=True)


def _day_of_month(found: re.Match[str], _: str, view: View) -> Stretch:
    day, step = int(found["day"]), -1 if view.past else 1
    year, month = view.today.year, view.today.month
    if day < view.today.day if not view.past else day > view.today.day:
        year, month = months_on(view.today, step)
    while day > monthrange(year, month)[1]:
        year, month = months_on(date(year, month, 1), step)
    return a_day(date(year, month, day))


def _month(found: re.Match[str], before: str, view: View) -> Stretch | None:
    which, edge = (found["which"] or "").lower(), found["edge"]
    if not (which or edge or _last_word(before) in _TAKE_MONTHS):
        return None
    number = MONTHS.index(found["month"].capitalize()) + 1
    year = int(found["year"]) if found["year"] else _year_of(number, which, before, view)
    return edged(a_month(year, number), edge)


def _year_of(month: int, which: str, before: str, view: View) -> int:
    looks_back = which == "last" or (not which and (view.past or _last_word(before) == "since"))
    if looks_back:
        ended = month < view.today.month or (month == view.today.month and which != "last")
        return view.today.year if ended else view.today.year - 1
    to_come = month > view.today.month or (month == view.today.month and which != "next")
    return view.today.year if to_come else view.today.year + 1


def _bare_year(found: re.Match[str], before: str, _: View) -> Stretch | None:
    taken = found["edge"] or _last_word(before) in _TAKE_MONTHS
    return edged(a_year(int(found["year"])), found["edge"]) if taken else None


def _season(found: re.Match[str], _: str, view: View) -> Stretch:
    return season_of(found["unit"].lower(), int(found["year"]), southern=view.southern)


def _period(found: re.Match[str], before: str, view: View) -> Stretch | None:
    if _last_word(before) in _DETERMINED and not found["far"]:
        return None  # "the last week of May"
    which = {"the": "this"}.get(found["which"].lower(), found["which"].lower())
    if found["far"]:
        which = "after next" if found["far"].endswith("next") else "before last"
    unit = found["unit"].lower()
    step = {"this": 0, "next": 1, "last": -1, "after next": 2, "before last": -2}[which]
    if unit in SEASONS:
        return edged(season(unit, which, view), found["edge"])
    return edged(_UNITS[unit](view.today, step), found["edge"])


_UNITS = {"week": week_on, "weekend": weekend_on, "month": month_on, "year": year_on}


def _distance(found: re.Match[str], _: str, view: View) -> Stretch | None:
    behind = found["ago"] is not None
    if not behind and found["from"] is None and view.past:
        return None  # "I learnt it in two weeks" says how long it took
    said = (found["count"] or found["count2"]).lower()
    count = (_NUMBERS.get(said) or int(said)) * (-1 if behind else 1)
    unit = (found["unit"] or found["unit2"]).lower()
    if unit == "day":
        return a_day(view.today + timedelta(days=count))
    if unit in {"week", "fortnight"}:
        weeks = count * (2 if unit == "fortnight" else 1)
        day = view.today + weeks * WEEK
        return Stretch(first=day, after=day + DAY, words=day_words(day), lead="around")
    return month_on(view.today, count) if unit == "month" else year_on(view.today, count)


def _month_number(name: str) -> int:
    return next(n for n, m in enumerate(MONTHS, start=1) if m.lower().startswith(name.lower()[:3]))


def _last_word(before: str) -> str:
    found = re.search(r"([\w']+)\s*$", before[-LONGEST_WORD:])
    return found[1].lower() if found else ""


@dataclass(frozen=True, slots=True)
class _Reader:
    pattern: re.Pattern[str]
    read: Callable[[re.Match[str], str, View], Stretch | None]


def _reader(pattern: str, read: Callable[[re.Match[str], str, View], Stretch | None]) -> _Reader:
    return _Reader(re.compile(pattern, re.IGNORECASE), read)


_DETERMINED = frozenset(("the", "my", "our", "a", "each", "every"))
_TAKE_MONTHS = frozenset(("in", "by", "until", "till", "til", "since", "from", "before", "after",
                          "through", "during", "around"))  # fmt: skip
_WHICH = r"this coming|this past|coming|this|next|last"
_READERS = {
    "relative_day": _reader(
        rf"(?P<when>the day (?:after tomorrow|before yesterday)|today|tomorrow|yesterday){_PART}",
        _relative_day,
    ),
    "part_of_day": _reader(r"tonight|last night|this (?:morning|afternoon|evening)", _part_of_day),
    "iso_date": _reader(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)", _iso_date),
    "full_date": _reader(rf"{_PART_OF}(?:(?P<weekday>{_WEEKDAY}),? )?{_DATE}", _full_date),
    "american_date": _reader(rf"{_PART_OF}(?:(?P<weekday>{_WEEKDAY}),? )?{_AMERICAN}", _full_date),
    "weekday": _reader(
        rf"(?:(?P<which>{_WHICH}) )?(?P<weekday>{_WEEKDAY})"
        rf"(?! (?:nights|mornings|evenings|afternoons)){_PART}(?: (?P<later>next week))?",
        _weekday,
    ),
    "day_of_month": _reader(
        r"the (?P<day>\d{1,2})(?:st|nd|rd|th)(?=$|[.,;!?]| (?:at|in the|and|with|from)\b)",
        _day_of_month,
    ),
    "month": _reader(
        rf"{_OF}?(?:(?P<which>this|next|last) )?(?P<month>{_MONTH})(?: (?P<year>(?:19|20)\d\d))?",
        _month,
    ),
    "period": _reader(
        rf"(?:{_OF}(?=(?:the|this|next|last) )|(?!the (?!week (?:after next|before last))))"
        r"(?P<which>the|this|next|last) (?P<unit>weekend|week|month|year|spring|summer|autumn|fall"
        r"|winter)(?P<far> after next| before last)?",
        _period,
    ),
    "season": _reader(
        r"(?P<unit>spring|summer|autumn|fall|winter) (?P<year>(?:19|20)\d\d)(?:/\d\d)?", _season
    ),
    "bare_year": _reader(rf"{_OF}?(?P<year>(?:19|20)\d\d)", _bare_year),
    "distance": _reader(
        rf"(?:in (?:about |around )?{_COUNTED} {_UNIT}(?:'s?)?(?: time)?"
        rf"|{_COUNTED.replace('count', 'count2')} {_UNIT.replace('unit', 'unit2')}"
        r" (?:(?P<ago>ago)|(?P<from>from (?:now|today))))",
        _distance,
    ),
}


def _unnamed(pattern: str) -> str:
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)


_ANY = re.compile(
    r"(?<![\w'/-])(?:"
    + "|".join(f"(?P<{name}>{_unnamed(each.pattern.pattern)})" for name, each in _READERS.items())
    + r")(?![\w-]|'s\b)",
    re.IGNORECASE,
)
