"""Stretches of the calendar: the days from `first` up to, not with, `after`.

Weeks begin on Monday.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

DECEMBER = 12
WEEK = timedelta(days=7)
DAY = timedelta(days=1)
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
PARTS = {"morning": 9, "afternoon": 15, "evening": 19, "night": 22}  # the hour that one stands for
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Days that were named.

    Attributes:
        words: how to name them so that it holds for good.
        lead: the preposition that goes with these words.
        hour: of the day, where a part of it was named.
        rests: true where the words that were said hold for good already.
    """

    first: date
    after: date
    words: str
    lead: str = "on"
    hour: int | None = None
    rests: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """From where a sentence looks: the day it was said, and to which side.

    Attributes:
        past: it tells of what has been.
        southern: summer is in December there.
    """

    today: date
    past: bool
    southern: bool = False


def day_words(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def a_day(day: date, weekday: str = "", part: str | None = None, *, rests: bool = False) -> Stretch:
    words = f"{weekday} {day_words(day)}".strip()
    if part:
        words = f"the {part} of {words}"
    return Stretch(
        first=day, after=day + DAY, words=words, hour=PARTS[part] if part else None, rests=rests
    )


def a_month(year: int, month: int, words: str = "") -> Stretch:
    first = date(year, month, 1)
    days = timedelta(days=monthrange(year, month)[1])
    words = words or f"{MONTHS[month - 1]} {year}"
    return Stretch(first=first, after=first + days, words=words, lead="in")


def a_year(year: int) -> Stretch:
    return Stretch(first=date(year, 1, 1), after=date(year + 1, 1, 1), words=str(year), lead="in")


def a_week(monday: date) -> Stretch:
    words = f"the week of {day_words(monday)}"
    return Stretch(first=monday, after=monday + WEEK, words=words, lead="in")


def a_weekend(saturday: date) -> Stretch:
    words = f"the weekend of {day_words(saturday)}"
    return Stretch(first=saturday, after=saturday + 2 * DAY, words=words)


def week_on(today: date, step: int) -> Stretch:
    return a_week(today - timedelta(days=today.weekday()) + step * WEEK)


def weekend_on(today: date, step: int) -> Stretch:
    monday = today - timedelta(days=today.weekday())
    return a_weekend(monday + timedelta(days=5) + step * WEEK)


def month_on(today: date, step: int) -> Stretch:
    return a_month(*months_on(today, step))


def year_on(today: date, step: int) -> Stretch:
    return a_year(today.year + step)


def months_on(day: date, step: int) -> tuple[int, int]:
    months = day.year * DECEMBER + day.month - 1 + step
    return months // DECEMBER, months % DECEMBER + 1


def season(name: str, which: str, view: View) -> Stretch:
    """Three whole months; the last one that is over, the next one to begin, or this one."""
    years = range(view.today.year - 2, view.today.year + 3)
    every = [season_of(name, year, southern=view.southern) for year in years]
    over = [each for each in every if each.after <= view.today]
    to_come = [each for each in every if each.first > view.today]
    now = [each for each in every if each.first <= view.today < each.after]
    if which == "last":
        return over[-1]
    if which == "next":
        return to_come[0]
    return (now or ([over[-1]] if view.past else to_come))[0]


def season_of(name: str, year: int, *, southern: bool) -> Stretch:
    """The one that begins in that year: "winter 2026/27" does so in December."""
    begins = (SEASONS[name] - 1 + (6 if southern else 0)) % DECEMBER + 1
    first = a_month(year, begins)
    last = a_month(*months_on(first.first, 2))
    ends = last.first.year
    words = f"{name} {year}" if ends == year else f"{name} {year}/{ends % 100:02}"
    return Stretch(first=first.first, after=last.after, words=words, lead="in")


def edged(stretch: Stretch, edge: str | None) -> Stretch:
    """Its end or beginning alone, where the words say so: its last or first day."""
    if not edge:
        return stretch
    edge = edge.lower() if edge.lower().startswith("the ") else f"the {edge.lower()}"
    days = (stretch.after - stretch.first).days
    first = {"end": stretch.after - DAY, "middle": stretch.first + timedelta(days=days // 2)}.get(
        edge.split()[1], stretch.first
    )
    lead = "at" if "middle" not in edge else "in"
    return Stretch(first=first, after=first + DAY, words=f"{edge} {stretch.words}", lead=lead)
