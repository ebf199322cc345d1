"""A block of domain knowledge, how it changes, and what a rewriting must not do to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from cns.domain.message import SegmentId
from lt_memory.domain.memory import RunId

BlockId = NewType("BlockId", UUID)
LABEL = r"[a-z0-9][a-z0-9_-]{0,63}"
LONGEST = 10_000  # characters of a block's content
LONGEST_NAME = 200
LONGEST_DESCRIPTION = 1000
SHORT = 200  # characters: what is no longer than that may be rewritten at will
LEAST_KEPT = 0.25  # of its length, of a longer one
ATTEMPTS = 3  # at a rewriting that cannot be used, before those turns are passed over
ANSWER_SHOWN = 1500  # characters of what the assistant said: the person is the source
MESSAGE_SHOWN = 8000
_SURROGATES = range(0xD800, 0xE000)


class Hand(StrEnum):
    USER = "user"
    WRITER = "writer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What is known of one subject.

    Attributes:
        version: the number of the version that holds.
        taken_up_to: the place in the conversation up to which turns are worked in.
        refusals: how often a rewriting from there on could not be used.
    """

    id: BlockId
    label: str
    name: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    content: str = ""
    enabled: bool = True
    version: int = 1
    taken_up_to: int = 0
    refusals: int = 0

    def rewritten(self, content: str, up_to: int, at: datetime) -> "Block":
        """With these turns worked in; the same words make no new version."""
        taken = replace(self, taken_up_to=up_to, refusals=0)
        if content == self.content:
            return taken
        return replace(taken, content=content, version=self.version + 1, updated_at=at)

    def refused(self, up_to: int) -> "Block":
        """After a rewriting that cannot be used; from the last attempt on they are passed over."""
        if self.refusals + 1 < ATTEMPTS:
            return replace(self, refusals=self.refusals + 1)
        return replace(self, taken_up_to=up_to, refusals=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The content as it was from an instant on; the writer's names its run and its model."""

    version: int
    at: datetime
    actor: Hand
    content: str
    run_id: RunId | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A finished turn: what was said and answered.

    Attributes:
        place: that of the answer in the conversation.
        answered: blank where tools were used: it may be in their words.
    """

    place: int
    at: datetime
    segment_id: SegmentId
    said: str
    answered: str

    def shortened(self) -> "Exchange":
        return replace(self, said=self.said[:MESSAGE_SHOWN], answered=self.answered[:ANSWER_SHOWN])


def portion(exchanges: Sequence[Exchange], room: int) -> Sequence[Exchange]:
    """The first of them, shortened, that keep to so many characters; never none of some."""
    return list(_within([each.shortened() for each in exchanges], room))


def _within(exchanges: Sequence[Exchange], room: int) -> Iterator[Exchange]:
    for number, each in enumerate(exchanges):
        room -= len(each.said) + len(each.answered)
        if room < 0 and number:
            return
        yield each


def begun_again(mark: int, stretches: Sequence[tuple[int, int]]) -> int:
    """The place from which turns are taken in again once what was written of them is gone.

    Not beyond a gap: what was said while the block was off is not taken in.

    Args:
        mark: the place up to which they were taken in.
        stretches: from where and up to where, of each rewriting that is gone.
    """
    starts = [after for after, up_to in stretches if after < mark == up_to]
    return begun_again(min(starts), stretches) if starts else mark


def flaw(before: str, after: str) -> str | None:
    """Why a rewriting cannot be used; None when it can. Never in its words."""
    if not after.strip():
        return "it is blank"
    if len(after) > LONGEST:
        return f"it has {len(after)} characters, and a block holds {LONGEST}"
    if any(letter == "\0" or ord(letter) in _SURROGATES for letter in after):
        return "it holds characters that are none"
    if len(before) > SHORT and len(after) < LEAST_KEPT * len(before):
        return f"it shrinks {len(before)} characters to {len(after)}"
    return None
