"""Whose words may be believed at once, and what waits until the user has said yes to it."""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from uuid import UUID

from cns.errors import Conflict
from lt_memory.domain.memory import (
    LONGEST_ORIGIN,
    EntityName,
    Evidence,
    Memory,
    Provenance,
    Source,
    State,
)

_APART = 16
# Marks that show nothing, or turn the order of what is shown: whoever says yes must see all of it.
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5"
    "\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
_PLAINEST = ("page", "file", "contact", "import", "door", "tool", "call", "message")
_WHO = MappingProxyType({
    Source.WEB: "A web page says this; you did not.",
    Source.TOOL: "A tool brought this; you did not say it.",
    Source.IMPORT: "It was brought in from elsewhere; you did not say it here.",
    Source.ASSISTANT: "The assistant said this; you did not.",
    Source.USER: "You said this; by your settings, all that is noted down waits for your yes.",
})  # fmt: skip


class Review(StrEnum):
    """What waits for the user's yes: nothing, the words of others, or all that is noted down."""

    OFF = "off"
    UNTRUSTED = "untrusted"
    EVERYTHING = "everything"


def waits(review: Review, provenance: Provenance | None) -> bool:
    """Whether what is noted down waits; without a provenance it is the user's own word."""
    if review is Review.UNTRUSTED:
        return provenance is not None
    return review is Review.EVERYTHING


def seen(text: str) -> str:
    """The text as a person sees it: without invisible marks, in one line."""
    return " ".join(_UNSEEN.sub("", text).split())


def refuse_what_waits(memories: Iterable[Memory]) -> None:
    """Raise Conflict (`memory_waits`) for one that the user has not said yes to."""
    for memory in memories:
        if memory.state is State.PENDING:
            raise Conflict(
                f"The memory {memory.id} waits for your yes: approve or refuse it first, at"
                " /api/review.",
                code="memory_waits",
            )


def names_known(memory: Memory, names: tuple[EntityName, ...]) -> tuple[EntityName, ...]:
    """Those that its words make known: none, until the user has said yes to it."""
    return () if memory.state is State.PENDING else names


def place(sort: str, name: str) -> str:
    """A place by its sort and name; a long name keeps its beginning and what tells it apart."""
    told = f"{sort}:{seen(name) or 'unnamed'}"
    if len(told) <= LONGEST_ORIGIN:
        return told
    apart = sha256(told.encode()).hexdigest()[:_APART]
    return f"{told[: LONGEST_ORIGIN - _APART - 1]}#{apart}"


def said_in(evidence: tuple[Evidence, ...]) -> tuple[str, ...]:
    """The messages of the user that something rests on, as places."""
    return tuple(dict.fromkeys(f"message:{piece.message_id}" for piece in evidence))


def place_of(memory: Memory) -> str:
    """The place that a memory came from, in the plainest way to name it; blank: nowhere told."""
    return plainest(memory.origins or said_in(memory.evidence))


def plainest(places: Sequence[str]) -> str:
    """Of several places the one that a person would name; blank of none."""
    return min(places, key=_plainness, default="")


def reason_of(memory: Memory) -> str:
    """Why it waits, or waited."""
    return _WHO[memory.source]


def message_of(origin: str) -> UUID | None:
    """The message that a place is, if it is one."""
    sort, _, name = origin.partition(":")
    try:
        return UUID(name) if sort == "message" else None
    except ValueError:
        return None


def _plainness(place: str) -> tuple[int, str]:
    sort = place.partition(":")[0]
    return (_PLAINEST.index(sort) if sort in _PLAINEST else len(_PLAINEST)), place
