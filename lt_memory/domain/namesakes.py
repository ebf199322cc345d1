"""Whether two names may be of one person, place or thing; in doubt they are of two.

Names are compared by their keys, as the database makes them: without case, diacritics, possessive,
points and titles, words parted by one space.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

SPELLING = 0.85  # likeness of two names; the original's figure
VECTOR = 0.75  # cosine of their vectors; the original's figure
COMPANY = 0.3  # Jaccard of the memories that name them; the original's figure
WEIGHTS = (0.4, 0.3, 0.3)  # of vector, spelling and company, in the original's order
PERSON = "person"
_SLIP = 0.9  # likeness of two words, to be a slip of the pen
_LONG_ENOUGH = 5  # letters, below which every letter counts
_GENERATIONS = frozenset(("sr", "jr", "senior", "junior", "ii", "iii", "iv", "elder", "younger"))
_FIRMS = frozenset(("ltd", "limited", "inc", "llc", "gmbh", "plc", "corp", "co", "company"))
_DIGITS = re.compile(r"\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How alike two names are, each 0 to 1: in meaning, in spelling, in the memories of them."""

    vector: float
    spelling: float
    company: float

    @property
    def score(self) -> float:
        shares = zip(WEIGHTS, (self.vector, self.spelling, self.company), strict=True)
        return sum(weight * value for weight, value in shares)

    @property
    def enough(self) -> bool:
        """Whether names may be taken for one without asking anybody."""
        return self.vector >= VECTOR and self.spelling >= SPELLING and self.company >= COMPANY


def may_be_one(kind: str, one: str, other: str) -> bool:
    """Whether nothing in two keys of one kind says that they are of two.

    A digit, a generation or a word more is of another; a person's first names must agree, so that
    Anna and Anne, Ada King and Ada Kingsley, Apple and Apple Pie stay apart.
    """
    if one == other:
        return True
    a, b = one.split(), other.split()
    if not (a and b) or _marks(a) != _marks(b):
        return False
    if kind == PERSON:
        return _one_person(a, b)
    return _one_thing(_without_form(a), _without_form(b))


def _marks(words: Sequence[str]) -> list[str]:
    """What tells namesakes apart."""
    return sorted(word for word in words if word in _GENERATIONS or _DIGITS.search(word))


def _one_person(a: Sequence[str], b: Sequence[str]) -> bool:
    few, many = sorted((a, b), key=len)
    if len(few) == 1:
        return len(many) > 1 and few[0] in {many[0], many[-1]}
    if not _one_first_name(few[0], many[0]):
        return False
    if len(few) == len(many):
        return all(_same_word(x, y) for x, y in zip(few[1:], many[1:], strict=True))
    return few[-1] == many[-1] and set(few[1:]) <= set(many[1:])


def _one_first_name(one: str, other: str) -> bool:
    initial = min(one, other, key=len)
    return one == other or (len(initial) == 1 and one[0] == other[0])


def _one_thing(a: Sequence[str], b: Sequence[str]) -> bool:
    if not (a and b):
        return False
    if _initials(a) == "".join(b) or _initials(b) == "".join(a):
        return True
    return len(a) == len(b) and all(_same_word(x, y) for x, y in zip(a, b, strict=True))


def _without_form(words: Sequence[str]) -> Sequence[str]:
    """A firm's name without its legal form."""
    return words[:-1] if words[-1] in _FIRMS else words


def _initials(words: Sequence[str]) -> str:
    """Empty for one word: its first letter is no name."""
    return "".join(word[0] for word in words) if len(words) > 1 else ""


def _same_word(one: str, other: str) -> bool:
    if one == other:
        return True
    if min(len(one), len(other)) < _LONG_ENOUGH or one[0] != other[0]:
        return False
    return SequenceMatcher(None, one, other).ratio() >= _SLIP


def longest(one: str, other: str) -> bool:
    """Whether the first of two names is the one to keep: the longer, else the first by alphabet."""
    return (-len(one), one) <= (-len(other), other)
