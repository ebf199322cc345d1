"""Which memories the user's words name, when something is to be forgotten."""

from lt_memory.domain.sameness import differences, facets

_OF_MEMORY = frozenset(("thing", "stuff", "fact", "detail", "information", "old", "new", "current"))


def names_exactly(words: str, text: str) -> bool:
    """Whether a statement says just what the memory says."""
    return not differences(words, text)


def names(words: str, text: str, *, topical: bool = False) -> bool:
    """Whether all that the words mention is in the memory; a statement must agree in its sense too.

    A topic ("my old address") names every memory that mentions it.
    """
    asked, known = facets(words), facets(text)
    mentioned = {word for word in asked.words if not (topical and word in _OF_MEMORY)}
    if not (mentioned or asked.numbers):
        return False
    if not (mentioned <= set(known.words) and set(asked.numbers) <= set(known.numbers)):
        return False
    return topical or (asked.negations == known.negations and asked.people == known.people)
