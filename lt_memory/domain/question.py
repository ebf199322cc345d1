"""What a question says besides its words: who is meant, when, and what is worth a vector."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from lt_memory.domain.span import Span, spans
from lt_memory.domain.words import QUESTION_WORDS, STOP_WORDS, fold

UTC = ZoneInfo("UTC")
ROUGHLY = 0.5
_LONGEST_NAME = 3  # words
_NAME = r"[A-Z][\w-]*[a-z][\w-]*"
_SUBJECT = re.compile(
    r"\b(?i:did|does|do|is|are|was|were|has|have|had|can|could|would|will|should|might|may)"
    rf"(?:n't)?\s+(?:both\s+)?({_NAME})(?:\s*(?:,|and|or)\s*({_NAME}))?"
)
_OWNER = re.compile(rf"\b({_NAME})'s?(?!\w)")
_PUNCTUATION = re.compile(r"[^\w'-]")
_POSSESSIVE = re.compile(r"'s?$")
_FIRST_PERSON = re.compile(r"\b(?:i|my|me|mine|myself|we|our|us)\b")
_SECOND_PERSON = re.compile(r"\b(?:you|your|yours)\b")
_WORD = re.compile(r"[\w-]+")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_ISO_MONTH = re.compile(r"\b((?:19|20)\d\d)-(0[1-9]|1[0-2])\b")
_MONTHS = re.findall(
    r"\w+",
    """january february march april may june july august september october november december""",
)
_MAY = re.compile(r"\bMay\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, read.

    Attributes:
        names: every run of one to three words, folded: what a name in the store is looked up in.
        first_person: it is about the one who asks ("my dog"), not the one asked ("did you").
        months: pairs of year (None: any) and month that it names.
        spans: the days that it asks about, as seen from where and when it is asked.
    """

    names: frozenset[str]
    first_person: bool
    months: frozenset[tuple[int | None, int]]
    spans: tuple[Span, ...] = ()

    def asks_for(self, names: Iterable[str]) -> bool:
        return not self.names.isdisjoint(names)

    @property
    def names_a_time(self) -> bool:
        return bool(self.months or self.spans)

    def asks_about(self, at: datetime) -> float:
        """How well an instant fits the time that is asked about, 0 to 1.

        What lies in the month of a day that is named, or was said just after it, fits by half.
        """
        if any(span.holds(at) for span in self.spans):
            return 1.0
        if any(month == at.month and year in (None, at.year) for year, month in self.months):
            return ROUGHLY if self.spans else 1.0
        return ROUGHLY * any(span.just_before(at) for span in self.spans)


def read(text: str, now: datetime | None = None, zone: ZoneInfo = UTC) -> Question:
    """A question as asked at a moment, in a zone; without one no day is read, months alone are."""
    plain = fold(text)
    return Question(
        names=_runs(plain.replace("'s", "")),
        first_person=bool(_FIRST_PERSON.search(plain)) and not _SECOND_PERSON.search(plain),
        months=_months(text),
        spans=() if now is None else spans(text, now, zone),
    )


def core(text: str) -> str:
    """A question as its vector is best made: without the names of those whom it is about.

    What somebody said seldom holds the own name, so a name in the question only draws the vector
    towards talk that mentions it. Other text, and a question that is nothing else, stay as is.
    """
    if not _is_question(text):
        return text
    plain = unicodedata.normalize("NFC", text.replace("\u2019", "'"))
    about = {name for found in _SUBJECT.findall(plain) for name in found if name}
    about |= {name for name in _OWNER.findall(plain) if name.casefold() not in STOP_WORDS}
    kept = [word for word in plain.split() if _bare(word) not in about]
    return " ".join(kept) if len(kept) > 1 else text


def name_keys(name: str, *, person: bool) -> frozenset[str]:
    """Under which folded words a name is met: the whole of it, a person's also by its first."""
    whole = " ".join(_WORD.findall(fold(name)))
    return frozenset({whole, whole.split()[0]} if person and whole else {whole})


def _is_question(text: str) -> bool:
    first = _WORD.search(text)
    return text.rstrip().endswith("?") or (
        first is not None and first.group().casefold() in QUESTION_WORDS
    )


def _bare(word: str) -> str:
    """A word without its punctuation and its possessive ending."""
    return _POSSESSIVE.sub("", _PUNCTUATION.sub("", word))


def _runs(plain: str) -> frozenset[str]:
    words = _WORD.findall(plain)
    return frozenset(
        " ".join(words[at : at + length])
        for length in range(1, _LONGEST_NAME + 1)
        for at in range(len(words) - length + 1)
    )


def _months(text: str) -> frozenset[tuple[int | None, int]]:
    """Months by name, each in each year named, or as in 2023-05."""
    exact = {(int(year), int(month)) for year, month in _ISO_MONTH.findall(text)}
    words = set(_WORD.findall(text.casefold()))
    named = [
        number
        for number, month in enumerate(_MONTHS, start=1)
        if month in words and (month != "may" or _MAY.search(text))
    ]
    years: list[int | None] = [int(year) for year in _YEAR.findall(text)] or [None]
    return frozenset(exact | {(year, month) for year in years for month in named})
