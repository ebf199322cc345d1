"""The languages that words are searched in: Snowball's stemmers, spaCy's stop words."""

import re
import runpy
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import tantivy

from cns.errors import Misconfigured
from config.languages import SearchLanguage
from lt_memory.domain.words import ENGLISH, Language, fold

CODES: Mapping[SearchLanguage, str] = {
    "arabic": "ar",
    "danish": "da",
    "dutch": "nl",
    "finnish": "fi",
    "french": "fr",
    "german": "de",
    "greek": "el",
    "hungarian": "hu",
    "italian": "it",
    "norwegian": "nb",
    "portuguese": "pt",
    "romanian": "ro",
    "russian": "ru",
    "spanish": "es",
    "swedish": "sv",
    "tamil": "ta",
    "turkish": "tr",
}
_WORD = re.compile(r"\w+")
_CACHED = 50_000  # words whose stem is kept


def language(name: SearchLanguage) -> Language:
    """The language of that English name.

    Raises:
        Misconfigured: the lists of stop words are not there.
    """
    if name == "english":
        return ENGLISH
    analyzer = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
        .filter(tantivy.Filter.stemmer(name))
        .build()
    )

    @lru_cache(maxsize=_CACHED)
    def stemmed(word: str) -> str:
        return fold(analyzer.analyze(word)[0])

    return Language(name, _stop_words(CODES[name]), stemmed)


def _stop_words(code: str) -> frozenset[str]:
    """The list alone is read: importing spaCy for it would cost seconds and a hundred megabytes."""
    spacy = find_spec("spacy")
    if spacy is None or spacy.origin is None:
        raise Misconfigured("memory.language needs spaCy's lists of stop words: run ./deploy.sh.")
    listed = runpy.run_path(str(Path(spacy.origin).parent / "lang" / code / "stop_words.py"))
    words: set[str] = listed["STOP_WORDS"]
    return frozenset(part for word in words for part in _WORD.findall(fold(word)))
