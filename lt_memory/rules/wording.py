"""Wording: a clause in plain lower case for matching, and tidied for keeping."""

import re

from lt_memory.rules.vocabulary import one_of

_CONTRACTED = {
    "im": "i am", "ive": "i have", "id": "i would", "i'd": "i would", "dont": "do not",
    "doesnt": "does not", "didnt": "did not", "cant": "can not", "cannot": "can not",
    "can't": "can not", "wont": "will not", "won't": "will not", "isnt": "is not",
    "arent": "are not", "wasnt": "was not", "havent": "have not", "hasnt": "has not",
    "weve": "we have", "theyre": "they are", "shes": "she is", "hes": "he is",
    "gonna": "going to", "wanna": "want to", "gotta": "got to", "kinda": "kind of",
    "favorite": "favourite", "fav": "favourite", "fave": "favourite", "favs": "favourites",
    "mom": "mum", "color": "colour", "ya": "you", "u": "you", "ur": "your", "bday": "birthday",
    "birthdays": "birthday is", "alergic": "allergic", "allergc": "allergic",
    "alergy": "allergy", "perfer": "prefer", "preffer": "prefer", "freind": "friend",
    "brithday": "birthday", "vegeterian": "vegetarian", "vegitarian": "vegetarian",
    "celiac": "coeliac", "luv": "love", "loove": "love", "lve": "live", "wrok": "work",
    "favourit": "favourite", "favrite": "favourite", "realy": "really", "becuase": "because",
    "sistr": "sister", "borther": "brother", "daugther": "daughter", "husbend": "husband",
    "plannning": "planning", "planing": "planning", "studing": "studying", "lerning": "learning",
}  # fmt: skip
_SUFFIXES = (("n't", " not"), ("'m", " am"), ("'re", " are"), ("'ve", " have"), ("'ll", " will"))
_WORD = re.compile(r"[^\s,]+")

_KEPT = {
    "i": "I", "im": "I'm", "i'm": "I'm", "ive": "I've", "i've": "I've", "i'll": "I'll",
    "i'd": "I'd", "dont": "don't", "cant": "can't", "doesnt": "doesn't", "didnt": "didn't",
    "isnt": "isn't", "wasnt": "wasn't", "wont": "won't", "havent": "haven't",
}  # fmt: skip
_KEPT_WORD = re.compile(r"(?<![\w'])[a-z']+(?![\w'])")

_LEADING = re.compile(rf"^(?:\W*+{one_of('opening')}(?![\w'’-]))+\W*+", re.IGNORECASE)
_TRAILING = re.compile(rf"(?:(?<![\s,])[\s,]++{one_of('closing')})+$", re.IGNORECASE)


def plain(text: str) -> str:
    """Lower case, straight apostrophes, contractions written out."""
    words = (_spelt_out(w) for w in _WORD.findall(straight(text).lower()))
    return " ".join(words).strip(" .!?;:-")


def straight(text: str) -> str:
    return text.replace("’", "'").replace("‘", "'").replace("`", "'")


def _spelt_out(word: str) -> str:
    if word in _CONTRACTED:
        return _CONTRACTED[word]
    for suffix, full in _SUFFIXES:
        if word.endswith(suffix) and len(word) > len(suffix):
            return word.removesuffix(suffix) + full
    return word


def tidy(text: str) -> str:
    """The user's own words as a sentence: capital, full stop, the usual apostrophes."""
    flat = " ".join(straight(text).split()).strip(" ,;:-–—")
    flat = _KEPT_WORD.sub(lambda found: _KEPT.get(found[0], found[0]), flat)
    flat = flat[:1].upper() + flat[1:]
    return flat if flat.endswith((".", "!")) else f"{flat}."


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without what only starts or ends the talk."""
    leading = _LEADING.match(text[start:end])
    if leading and leading.end() < end - start:
        start += leading.end()
    while start < end and not text[start].isalnum():
        start += 1
    end = _last_letter(text, start, end)
    closing = _TRAILING.search(text[start:end])
    return (start, start + closing.start()) if closing else (start, end)


def _last_letter(text: str, start: int, end: int) -> int:
    while end > start and not text[end - 1].isalnum():
        end -= 1
    quoted = text[start:end].count('"') % 2 == 1 or text[start:end].count("“") > 0
    return end + 1 if quoted and text[end : end + 1] in {'"', "”"} else end
