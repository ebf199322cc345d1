"""Text to the terms that it is found by: folded, stemmed, without the words that say nothing."""

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lt_memory.domain.irregular import base
from lt_memory.domain.stem import stem

_CJK = (
    "\u0e00-\u0e7f"  # Thai has no spaces either
    "\u1100-\u11ff"
    "\u3040-\u30ff"
    "\u3400-\u4dbf"
    "\u4e00-\u9fff"
    "\uac00-\ud7af"
    "\uf900-\ufaff"
    "\U00020000-\U0002ffff"
)
_MARKS = "\u0610-\u061a\u064b-\u065f\u0900-\u0dff"  # vowel signs that \\w leaves out
_LETTER = rf"(?![{_CJK}])[\w{_MARKS}]"
_TOKEN = re.compile(rf"[{_CJK}]+|(?:{_LETTER})+(?:['.:/@_+-](?:{_LETTER})+)*")
_ACCENTS = re.compile("[\u0300-\u036f]")
_IS_CJK = re.compile(rf"[{_CJK}]")
_JOINT = re.compile(r"['.:/@_+-]")
_ELIDED = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)+")  # l'école: two words, and no third
_SORT_OF = re.compile(r"\b(?:kind|sort|type)s? of\b", re.IGNORECASE)  # asks, and names nothing
_ENGLISH = re.compile(r"[a-z]{2,}")
_LONGEST = 64

QUESTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    what when where who whom whose which why how do does did is are was were has have had can
    could would will should might
    """,
    )
)
STOP_WORDS = QUESTION_WORDS | frozenset(
    re.findall(
        r"\w+",
        """
    a about after again all also am an and any as at be because been before being both but by
    cannot down each few for from further get got he her here hers herself him himself his i if
    in into it its itself just let like me more most must my myself no nor not now of off on
    once only or other our ours ourselves out over own please really same shall she so some such
    than that the their theirs them themselves then there these they this those through to too
    under until up very we while with you your yours yourself yourselves yes yeah oh ok okay im
    ive ill id youre youve youll youd hes shes weve were theyre theyve thats whats theres dont
    doesnt didnt isnt arent wasnt werent hasnt havent hadnt cant couldnt wont wouldnt shouldnt
    lets s t
    """,
    )
)


class Language(NamedTuple):
    """How the words of a language are taken: all in lower case and without accents.

    Attributes:
        stop_words: those that say nothing.
        stem: a word without its ending.
    """

    name: str
    stop_words: frozenset[str]
    stem: Callable[[str], str]


ENGLISH = Language("english", STOP_WORDS, lambda word: stem(base(word)))


def terms(text: str, language: Language = ENGLISH) -> list[str]:
    """Every term of a text in order, repeats and all."""
    return [term for token in _TOKEN.findall(fold(text)) for term in _of(token, language)]


def query_terms(text: str, language: Language = ENGLISH) -> list[str]:
    """The terms of a question, each once; none when it is nothing but stop words."""
    return list(dict.fromkeys(terms(_SORT_OF.sub(" ", text), language)))


def joined(text: str, language: Language = ENGLISH) -> list[str]:
    """Neighbouring words of a question written as one: a workout is found by "work out"."""
    if language is not ENGLISH:
        return []
    words = _TOKEN.findall(fold(text))
    return list(
        dict.fromkeys(
            stem(first + second)
            for first, second in itertools.pairwise(words)
            if _may_join(first) and _may_join(second)
        )
    )


def fold(text: str) -> str:
    """Lower case without accents; full-width and other variants in their plain form."""
    spread = unicodedata.normalize("NFKD", text.replace("\u2019", "'")).casefold()
    return unicodedata.normalize("NFKC", _ACCENTS.sub("", spread))


def _of(token: str, language: Language) -> Iterator[str]:
    if _IS_CJK.match(token):
        yield from _bigrams(token)
        return
    token = token.removesuffix("'s")
    if not _JOINT.search(token):
        yield from _word(token, language)
        return
    if "'" in token and language is ENGLISH:
        yield from _word(token.replace("'", ""), language)
        return
    if not _ELIDED.fullmatch(token):
        yield token[:_LONGEST]
    for part in _JOINT.split(token):
        yield from _word(part, language)


def _word(word: str, language: Language) -> Iterator[str]:
    if word and word not in language.stop_words:
        yield language.stem(word)[:_LONGEST]


def _may_join(word: str) -> bool:
    return _ENGLISH.fullmatch(word) is not None and word not in QUESTION_WORDS


def _bigrams(run: str) -> Iterator[str]:
    """Overlapping pairs, as languages written without spaces are searched."""
    if len(run) == 1:
        yield run
    yield from (run[at : at + 2] for at in range(len(run) - 1))
