"""What a turn is about, made by rule from what was just said."""

import re

from cns.domain.continuum import Continuum
from cns.domain.message import Document, Message, Role
from cns.domain.touchstone import Touchstone

SHORT = 4
LONGEST = 1000
_WORD = re.compile(r"\w+", re.UNICODE)
# fmt: off
_POINTING = frozenset((
    "it", "its", "that", "this", "these", "those", "he", "him", "his", "she", "her", "hers",
    "they", "them", "their", "there", "then", "one", "ones", "same", "again", "also", "too",
    "why",
))
# fmt: on


def rule_made(continuum: Continuum, message: Message) -> Touchstone:
    """The message itself, led by the one before where it only points back at that."""
    spoken = _clean(message.text)
    before = [m for m in continuum.messages if m.role is Role.USER and m.id != message.id]
    if before and _points_back(spoken):
        earlier = _clean(before[-1].text)[: LONGEST // 2]
        return Touchstone(narrative=f"{earlier} {spoken}"[:LONGEST], source="rules")
    return Touchstone(narrative=spoken[:LONGEST] or _attached(message), source="rules")


def _attached(message: Message) -> str:
    """What stands in a message without words."""
    documents = [block for block in message.content if isinstance(block, Document)]
    titles = [_clean(document.title) for document in documents if document.title]
    if titles:
        return f"a document: {', '.join(titles)}"[:LONGEST]
    return "a document" if documents else "a picture"


def _points_back(text: str) -> bool:
    words = _WORD.findall(text.lower())
    return len(words) < SHORT or any(word in _POINTING for word in words[:6])


def _clean(text: str) -> str:
    return " ".join(text.split())
