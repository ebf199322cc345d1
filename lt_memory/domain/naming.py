"""Which memories the user's words name, when something is to be forgotten."""

import re
from collections.abc import Set as AbstractSet

from lt_memory.domain.sameness import differences, facets

_OF_MEMORY = frozenset(("thing", "stuff", "fact", "detail", "information", "old", "new", "current"))
_A_NAME = re.compile(r"\b(?:name|named|called)\b")
_MINE = re.compile(r"\W*(?:my|our)\s")
_ABOUT_ME = re.compile(r"(?:i|we)\b")
_JOINED = re.compile(r";|\b(?:and|but|while|because)\b", re.IGNORECASE)


def names_exactly(words: str, text: str) -> bool:
    """Whether a statement says just what the memory says."""
    return not differences(words, text)


def names(words: str, text: str, *, topical: bool = False, plainly: bool = False) -> bool:
    """Whether all that the words mention is in the memory; a statement must agree in its sense too.

    A topic ("my old address") names every memory that mentions it; "my job" is not my wife's, and
    where it has to be said plainly the memory must call it "my job" too.
    """
    asked, known = facets(words), facets(text)
    mentioned, told = set(asked.words), set(known.words)
    if topical:
        mentioned = (mentioned - _OF_MEMORY) | _a_name(words)
        told |= _a_name(text)
    if not (mentioned or asked.numbers):
        return False
    if not (mentioned <= told and set(asked.numbers) <= set(known.numbers)):
        return False
    if topical:
        return _is_theirs(_flat(words), _flat(text), mentioned, plainly=plainly)
    return asked.negations == known.negations and asked.people == known.people


def says_little_else(words: str, text: str) -> bool:
    """Whether putting the memory away loses little beside what the statement says."""
    said = set(facets(words).words)
    more = set(facets(text).words) - said
    return len(more) <= len(said) and (not _JOINED.search(text) or bool(_JOINED.search(words)))


def _flat(text: str) -> str:
    return text.replace("’", "'").casefold()


def _a_name(text: str) -> AbstractSet[str]:
    return {"name"} if _A_NAME.search(_flat(text)) else frozenset()


def _is_theirs(topic: str, text: str, mentioned: AbstractSet[str], *, plainly: bool) -> bool:
    """Whether what the topic calls the user's own is the user's in the memory too."""
    if not (mentioned and _MINE.match(topic)):
        return True
    thing = rf"(?:[\w-]+ )?(?:{'|'.join(re.escape(each) for each in sorted(mentioned))})"
    if re.search(rf"\b(?:my|our) {thing}", text):
        return True
    another_s = re.search(rf"(?:\b(?:his|her|their|your)|'s|s') {thing}", text)
    return not plainly and bool(_ABOUT_ME.match(text)) and another_s is None
