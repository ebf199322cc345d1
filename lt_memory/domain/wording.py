"""When two wordings count as the same words, and the keyed hash that outlives a deletion."""

import hashlib
import hmac
import re

_WORD = re.compile(r"[\w']+")


def same_words(text: str) -> str:
    """What is hashed: the words alone, in lower case, one space between."""
    return " ".join(_WORD.findall(text.casefold().replace("’", "'")))


def keyed_hash(key: bytes, text: str) -> bytes:
    """HMAC-SHA256 of the words: whoever lacks the key cannot test what was deleted."""
    return hmac.new(key, same_words(text).encode(), hashlib.sha256).digest()


def placed_hash(key: bytes, place: str, text: str) -> bytes:
    """The same of words that somebody else said there: the user may still say them."""
    return keyed_hash(key, f"{place} {text}" if place else text)
