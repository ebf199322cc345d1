"""What will sink if nobody needs it, and when."""

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from cns import paging
from cns.errors import InvalidInput
from cns.ports import Clock, Page
from lt_memory.ageing import Ageing
from lt_memory.domain.ladder import Rhythm, goes_at, sinks_in
from lt_memory.domain.memory import MemoryId, State
from lt_memory.domain.scoring import DAY
from lt_memory.standing_ports import LadderStore, Outlook, StandingWork

FIRST = UUID(int=0)
DELETED = "deleted"
FARTHER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """A memory's next step down, if it is of no use till then.

    Attributes:
        becomes: dormant, archived or deleted.
        expected_at: about when, by how often the user has been active lately; None: no saying.
    """

    memory_id: MemoryId
    text: str
    state: State
    becomes: str
    in_active_days: int
    expected_at: datetime | None


class _Step(NamedTuple):
    """In order of coming."""

    days: int
    id: UUID
    state: State
    becomes: str
    at: datetime | None


class Forecast:
    """Looks ahead over all memories, each with its next step; nothing is kept of it."""

    def __init__(self, store: LadderStore, ageing: Callable[[], Ageing], clock: Clock) -> None:
        self._store = store
        self._ageing = ageing
        self._clock = clock

    def list(self, days: int, page: Page) -> tuple[Sequence[Foretold], str | None]:
        """What sinks within so many active days, soonest first, with the next cursor.

        Raises:
            InvalidInput: the cursor is not one of ours.
        """
        after = _position(page.cursor)
        with self._store.work() as work:
            found = self._soonest(work.standings, days, after, page.limit + 1)
            shown = found[: page.limit]
            texts = work.standings.texts([MemoryId(step.id) for step in shown])
        told = [_told(step, texts[MemoryId(step.id)]) for step in shown]
        following = len(found) > page.limit
        return told, paging.encode([shown[-1].days, str(shown[-1].id)]) if following else None

    def _soonest(
        self, standings: StandingWork, days: int, after: tuple[int, UUID], wanted: int
    ) -> Sequence[_Step]:
        """Looks farther and farther, for the soonest are few and looking costs."""
        span = min(days, max(1, after[0]))
        while True:
            steps = self._steps(standings, span)
            found = heapq.nsmallest(wanted, (s for s in steps if (s.days, s.id) > after))
            if span == days or len(found) == wanted:
                return found
            span = min(days, FARTHER * span)

    def _steps(self, standings: StandingWork, days: int) -> Iterator[_Step]:
        now, ageing = self._clock.now(), self._ageing()
        rhythm = standings.rhythm(now)
        yield from _sinking(standings, _outlook(now, days, rhythm), ageing, rhythm)
        for each in standings.put_away(now, now, ageing):
            at = goes_at(each.put_away, rhythm, ageing.ladder)
            until = None if at is None else math.ceil((at - now) / DAY * rhythm.share)
            if until is not None and until <= days:
                yield _Step(until, each.id, State.ARCHIVED, DELETED, at)


def _sinking(
    standings: StandingWork, outlook: Outlook, ageing: Ageing, rhythm: Rhythm
) -> Iterator[_Step]:
    after = FIRST
    while batch := standings.sinking(outlook, ageing, after):
        after = batch[-1].id
        for each in batch:
            step = sinks_in(
                each.state,
                each.standing,
                outlook.active_days,
                rhythm,
                ageing.pace,
                ageing.ladder,
            )
            if step is not None:
                passing = rhythm.passing(step[0])
                at = None if passing is None else outlook.now + passing
                yield _Step(step[0], each.id, each.state, step[1].value, at)


def _outlook(now: datetime, days: int, rhythm: Rhythm) -> Outlook:
    passing = rhythm.passing(days)
    return Outlook(now=now, then=now if passing is None else now + passing, active_days=days)


def _told(step: _Step, text: str) -> Foretold:
    return Foretold(
        memory_id=MemoryId(step.id),
        text=text,
        state=step.state,
        becomes=step.becomes,
        in_active_days=step.days,
        expected_at=step.at,
    )


def _position(cursor: str | None) -> tuple[int, UUID]:
    if cursor is None:
        return -1, FIRST
    days, memory_id = paging.decode(cursor, 2)
    try:
        return int(days), UUID(str(memory_id))
    except ValueError as error:
        raise InvalidInput(
            "`cursor` is not one that a list returned: ask again without it."
        ) from error
