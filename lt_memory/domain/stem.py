"""English stemming after M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980."""

import re
from functools import lru_cache

_SHORTEST = 3
_SIBILANT_STEP = (("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", ""))
_DOUBLE_STEP = (
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("abli", "able"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
)
_SINGLE_STEP = (
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
)
_LAST_STEP = (
    "ement",
    "ance",
    "ence",
    "able",
    "ible",
    "ment",
    "ant",
    "ent",
    "ism",
    "ate",
    "iti",
    "ous",
    "ive",
    "ize",
    "ion",
    "al",
    "er",
    "ic",
    "ou",
)
_DOUBLED = re.compile(r"([^aeiouylsz])\1$")


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of a lower-case English word; others come back as they are."""
    if len(word) < _SHORTEST or not word.isascii() or not word.isalpha():
        return word
    word = _replace(word, _SIBILANT_STEP, above=-1)
    word = _past(word)
    if word.endswith("y") and _has_vowel(word[:-1]):
        word = word[:-1] + "i"
    word = _replace(word, _DOUBLE_STEP, above=0)
    word = _replace(word, _SINGLE_STEP, above=0)
    word = _strip_last(word)
    return _tidy(word)


def _shape(word: str) -> str:
    """One letter for each of the word's: `v` for a vowel, `c` for a consonant."""
    marks: list[str] = []
    for letter in word:
        vowel = letter in "aeiou" or (letter == "y" and bool(marks) and marks[-1] == "c")
        marks.append("v" if vowel else "c")
    return "".join(marks)


def _measure(part: str) -> int:
    """Porter's m: how often a vowel is followed by a consonant."""
    return _shape(part).count("vc")


def _has_vowel(part: str) -> bool:
    return "v" in _shape(part)


def _ends_short(word: str) -> bool:
    """Consonant, vowel, consonant at the end, the last none of w, x, y."""
    return _shape(word).endswith("cvc") and word[-1] not in "wxy"


def _replace(word: str, endings: tuple[tuple[str, str], ...], *, above: int) -> str:
    """Exchange the longest ending that fits, if what is before it measures enough."""
    fitting = [pair for pair in endings if word.endswith(pair[0])]
    if not fitting:
        return word
    ending, instead = max(fitting, key=lambda pair: len(pair[0]))
    before = word[: -len(ending)]
    return before + instead if _measure(before) > above else word


def _past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for ending in ("ed", "ing"):
        if word.endswith(ending) and _has_vowel(word[: -len(ending)]):
            return _mended(word[: -len(ending)])
    return word


def _mended(word: str) -> str:
    if word.endswith(("at", "bl", "iz")):
        return word + "e"
    if _DOUBLED.search(word):
        return word[:-1]
    return word + "e" if _measure(word) == 1 and _ends_short(word) else word


def _strip_last(word: str) -> str:
    ending = next((each for each in _LAST_STEP if word.endswith(each)), None)
    if ending is None:
        return word
    before = word[: -len(ending)]
    if ending == "ion" and not before.endswith(("s", "t")):
        return word
    return before if _measure(before) > 1 else word


def _tidy(word: str) -> str:
    if word.endswith("e"):
        before = word[:-1]
        if _measure(before) > 1 or (_measure(before) == 1 and not _ends_short(before)):
            word = before
    return word[:-1] if word.endswith("ll") and _measure(word) > 1 else word
