"""From active to dormant, archived and gone: what sinks, what holds, and when."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta

from lt_memory.domain.memory import State
from lt_memory.domain.scoring import DAY, Pace, Standing, importance

RHYTHM_DAYS = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Where the rungs are.

    Attributes:
        dormant_below, archived_below: importance under which a memory sinks.
        delete_after_days: calendar days in the archive before it is deleted.
        delete_after_active_days: active days there, beside those.
        notice_days: calendar days between the announcement and the deletion.
    """

    dormant_below: float = 0.05
    archived_below: float = 0.005
    delete_after_days: int = 180
    delete_after_active_days: int = 30
    notice_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAway:
    """A memory in the archive.

    Attributes:
        active_days: those since it was archived.
        announced_at: when its deletion was announced; None: not since it was archived.
    """

    now: datetime
    archived_at: datetime
    active_days: int
    importance: float
    pinned: bool = False
    announced_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often the user has been active lately: active days a calendar day, 0 to 1."""

    share: float

    def passing(self, active_days: int) -> timedelta | None:
        """How long so many active days will take; None while there are none to go by."""
        return active_days / self.share * DAY if self.share > 0 else None


def rhythm(active_days: int, known_days: int) -> Rhythm:
    """From the active ones of the latest 28 days, or of those since the first message."""
    return Rhythm(share=min(1.0, active_days / max(1, min(RHYTHM_DAYS, known_days))))


def sunk(state: State, standing: Standing, score: float, pace: Pace, ladder: Ladder) -> State:
    """Where a memory of that importance belongs tonight: as it is, or lower, never higher.

    Within the free days since its last use nothing sinks, so that what was woken does not fall
    asleep the same night; what has expired has none.
    """
    if state not in {State.ACTIVE, State.DORMANT} or standing.pinned:
        return state
    if standing.idle <= pace.free_days and not standing.expired:
        return state
    if score < ladder.archived_below:
        return State.ARCHIVED
    return State.DORMANT if score < ladder.dormant_below else state


def woken(state: State) -> State:
    """Where a memory is after it was of use."""
    return State.ACTIVE if state is State.DORMANT else state


def to_announce(put_away: PutAway, ladder: Ladder) -> bool:
    """Whether tonight its deletion is to be announced."""
    return (
        put_away.announced_at is None
        and _may_go(put_away, ladder)
        and put_away.now >= _ripe(put_away, ladder) - ladder.notice_days * DAY
    )


def to_delete(put_away: PutAway, ladder: Ladder) -> bool:
    """Whether tonight it is to be deleted: announced, and all its days are over."""
    return (
        put_away.announced_at is not None
        and _may_go(put_away, ladder)
        and put_away.now >= put_away.announced_at + ladder.notice_days * DAY
        and put_away.now >= _ripe(put_away, ladder)
        and put_away.active_days >= ladder.delete_after_active_days
    )


def goes_at(put_away: PutAway, rhythm: Rhythm, ladder: Ladder) -> datetime | None:
    """About when it will be deleted; None: not as things are."""
    missing = max(0, ladder.delete_after_active_days - put_away.active_days)
    passing = rhythm.passing(missing) if missing else timedelta()
    if passing is None or not _may_go(put_away, ladder):
        return None
    announced = put_away.announced_at or max(
        put_away.now, _ripe(put_away, ladder) - ladder.notice_days * DAY
    )
    return max(
        _ripe(put_away, ladder), announced + ladder.notice_days * DAY, put_away.now + passing
    )


def _may_go(put_away: PutAway, ladder: Ladder) -> bool:
    """What the user put away by hand, while it still mattered, stays until it matters no more."""
    return not put_away.pinned and put_away.importance < ladder.archived_below


def _ripe(put_away: PutAway, ladder: Ladder) -> datetime:
    return put_away.archived_at + ladder.delete_after_days * DAY


def sinks_in(
    state: State, standing: Standing, within: int, rhythm: Rhythm, pace: Pace, ladder: Ladder
) -> tuple[int, State] | None:
    """In how many active days it takes its next step down, unused, and to where; None: not within.

    Days are searched by halving, for what is unused only sinks; one by one where something still
    ahead lifts it first.
    """

    def then(days: int) -> State:
        later = standing.after(days, rhythm.passing(days) or timedelta())
        return sunk(state, later, importance(later, pace), pace, ladder)

    span = range(within + 1)
    if standing.happens_at is not None and standing.happens_at > standing.now:
        days = next((each for each in span if then(each) is not state), len(span))
    else:
        days = bisect_left(span, True, key=lambda each: then(each) is not state)
    return (days, then(days)) if days in span else None
