"""Whether what a memory says was said: its numbers, days and names must stand in the user's words.

What may stand there: the words of the user in the same chapter, the dates that their "tomorrow"
comes to, and the dates that the memory itself happens or ends at. A number may be a word there.
"""

import re
from collections.abc import Iterable, Sequence

from lt_memory.domain.sameness import facets

_GROUPED = re.compile(r"(?<=\d)[,.  ](?=\d{3}\b)")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_UNITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_ROUND = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TENS = {word: place * 10 for place, word in enumerate(_ROUND, start=2)}
_DIGITS = {word: place for place, word in enumerate(_UNITS, start=1)} | {"": 0}
_TEN = re.compile(rf"\b({'|'.join(_ROUND)})(?:[- ]({'|'.join(_UNITS)}))?\b", re.IGNORECASE)
_PRONOUN = frozenset(("1",))  # "the left one"
BEGINNINGS = frozenset((
    "there", "when", "since", "after", "before", "every", "both", "all", "some", "most", "one",
    "during", "last", "next", "around", "until", "sometimes", "even", "each", "if", "because",
))  # fmt: skip
_NAME_STEM = 4  # letters of a name that must have been said: endings may differ


def unsaid(text: str, said: Sequence[str]) -> tuple[str, ...]:
    """Which sorts of what the text says nobody said: `numbers`, `dates`, `names`."""
    claimed = facets(plain_numbers(text))
    heard = [facets(plain_numbers(words)) for words in said]
    numbers = [number for each in heard for number in each.numbers]
    dates = {day for each in heard for day in each.dates}
    voice = " ".join(said).casefold().replace("’", "'")
    names = {n for n in claimed.names if n[:3] not in claimed.dates and n not in BEGINNINGS}
    checks = (
        ("numbers", _parts(claimed.numbers) - _PRONOUN <= _parts(numbers)),
        ("dates", set(claimed.dates) <= dates),
        ("names", all(name[:_NAME_STEM] in voice for name in names)),
    )  # fmt: skip
    return tuple(sort for sort, stands in checks if not stands)


def plain_numbers(text: str) -> str:
    """Numbers in one writing: 1,600 is 1600, the 3rd is 3, forty-two is 42."""
    text = _ORDINAL.sub("", _GROUPED.sub("", text))
    return _TEN.sub(
        lambda found: str(_TENS[found[1].lower()] + _DIGITS[(found[2] or "").lower()]), text
    )


def _parts(numbers: Iterable[str]) -> set[str]:
    """8.45 and 8:45 are the same hour."""
    parts = (part for number in numbers for part in re.split(r"[.,:/]", number))
    return {str(int(part)) for part in parts if part.isdecimal()}
