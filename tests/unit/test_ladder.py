"""The laws of the ladder, and a year of one's life on it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lt_memory.domain.ladder import (
    Ladder,
    PutAway,
    Rhythm,
    goes_at,
    rhythm,
    sinks_in,
    sunk,
    to_announce,
    to_delete,
    woken,
)
from lt_memory.domain.memory import State
from lt_memory.domain.scoring import DAY, Pace, Standing, importance

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
PACE, LADDER = Pace(), Ladder()
DAILY = Rhythm(share=1.0)
ORDER = [State.ACTIVE, State.DORMANT, State.ARCHIVED]

some = settings(max_examples=40)
idle = Standing(now=NOW, today=100, born=0)
ripe = PutAway(
    now=NOW,
    archived_at=NOW - 180 * DAY,
    active_days=30,
    importance=0.001,
    announced_at=NOW - 14 * DAY,
)
standings = st.builds(
    Standing,
    now=st.just(NOW),
    today=st.integers(0, 300),
    born=st.just(0),
    accessed=st.none() | st.integers(0, 300),
    surfaced=st.integers(0, 50),
    cited=st.integers(0, 20),
    links=st.integers(0, 12),
    happens_at=st.none() | st.integers(-40, 40).map(lambda days: NOW + days * DAY),
    expires_at=st.none() | st.integers(-40, 40).map(lambda days: NOW + days * DAY),
    pinned=st.booleans(),
)


@pytest.mark.parametrize(
    ("score", "state"),
    [(0.05, "active"), (0.0499, "dormant"), (0.005, "dormant"), (0.0049, "archived")],
)
def test_importance_says_where_a_memory_belongs(score: float, state: str) -> None:
    assert sunk(State.ACTIVE, idle, score, PACE, LADDER) == state


@some
@given(st.sampled_from(State), standings, st.floats(0, 1))
def test_by_itself_a_memory_only_sinks(state: State, standing: Standing, score: float) -> None:
    then = sunk(state, standing, score, PACE, LADDER)
    assert then is state or ORDER.index(then) > ORDER.index(state)


@some
@given(st.sampled_from(State), standings, st.floats(0, 1))
def test_what_is_pinned_never_sinks(state: State, standing: Standing, score: float) -> None:
    assert sunk(state, replace(standing, pinned=True), score, PACE, LADDER) is state


@some
@given(standings, st.floats(0, 1))
def test_what_waits_for_the_user_stays_where_it_is(standing: Standing, score: float) -> None:
    assert sunk(State.PENDING, standing, score, PACE, LADDER) is State.PENDING


def test_what_was_of_use_a_moment_ago_stays_for_its_free_days() -> None:
    used = replace(idle, accessed=86)
    assert sunk(State.ACTIVE, used, 0.0, PACE, LADDER) is State.ACTIVE
    assert sunk(State.ACTIVE, replace(used, today=101), 0.0, PACE, LADDER) is State.ARCHIVED


def test_what_has_expired_has_no_free_days() -> None:
    over = replace(idle, accessed=100, expires_at=NOW)
    assert sunk(State.ACTIVE, over, 0.0, PACE, LADDER) is State.ARCHIVED


def test_of_use_again_a_dormant_memory_wakes_and_no_other() -> None:
    assert [woken(state) for state in State] == ["active", "active", "archived", "pending"]


def test_what_has_lain_its_days_in_the_archive_goes_once_it_was_announced() -> None:
    assert to_delete(ripe, LADDER)
    assert not to_delete(replace(ripe, announced_at=None), LADDER)
    assert not to_delete(replace(ripe, announced_at=NOW - 13 * DAY), LADDER)


@pytest.mark.parametrize(
    "kept",
    [
        replace(ripe, archived_at=NOW - 179 * DAY),
        replace(ripe, active_days=29),
        replace(ripe, importance=0.005),
        replace(ripe, pinned=True),
    ],
)
def test_what_lacks_a_day_or_matters_stays(kept: PutAway) -> None:
    assert not to_delete(kept, LADDER)


def test_the_end_is_announced_two_weeks_before_and_once() -> None:
    early = replace(ripe, announced_at=None, archived_at=NOW - 166 * DAY)
    assert to_announce(early, LADDER)
    assert not to_announce(replace(early, announced_at=NOW), LADDER)
    assert not to_announce(replace(early, archived_at=NOW - 165 * DAY), LADDER)
    assert not to_announce(replace(early, pinned=True), LADDER)


def test_the_end_is_foretold_by_the_latest_of_its_conditions() -> None:
    fresh = replace(ripe, archived_at=NOW, active_days=0, announced_at=None)
    assert goes_at(fresh, DAILY, LADDER) == NOW + 180 * DAY
    assert goes_at(fresh, Rhythm(share=0.1), LADDER) == NOW + 300 * DAY
    assert goes_at(fresh, Rhythm(share=0), LADDER) is None
    assert goes_at(replace(fresh, pinned=True), DAILY, LADDER) is None
    assert goes_at(replace(ripe, announced_at=None), DAILY, LADDER) == NOW + 14 * DAY
    assert goes_at(ripe, Rhythm(share=0), LADDER) == NOW


def test_the_rhythm_is_that_of_the_latest_four_weeks_or_of_all_there_is() -> None:
    assert (rhythm(14, 400).share, rhythm(3, 6).share, rhythm(0, 0).share) == (0.5, 0.5, 0.0)
    assert rhythm(14, 400).passing(7) == 14 * DAY
    assert rhythm(0, 400).passing(7) is None


@some
@given(st.sampled_from([State.ACTIVE, State.DORMANT]), standings, st.sampled_from([0.0, 0.3, 1.0]))
def test_the_forecast_is_what_comes_day_by_day(
    state: State, standing: Standing, share: float
) -> None:
    lately = Rhythm(share=share)

    def then(days: int) -> State:
        later = standing.after(days, lately.passing(days) or timedelta())
        return sunk(state, later, importance(later, PACE), PACE, LADDER)

    steps = [(days, then(days)) for days in range(41) if then(days) is not state]
    foretold = sinks_in(state, standing, 40, lately, PACE, LADDER)
    assert foretold == (steps[0] if steps else None)


@dataclass(slots=True)
class Life:
    """A memory's own year: nights at which it sinks, days on which it is of use."""

    cited_on: Callable[[int], bool]
    standing: Standing
    state: State = State.ACTIVE
    fell: dict[State, int] | None = None

    def day(self, number: int, *, active: bool) -> None:
        self.standing = self.standing.after(int(active), DAY)
        if active and self.state is not State.ARCHIVED and self.cited_on(number):
            used = replace(
                self.standing,
                surfaced=self.standing.surfaced + 1,
                cited=self.standing.cited + 1,
                accessed=self.standing.today,
            )
            self.standing, self.state = used, woken(self.state)
        score = importance(self.standing, PACE)
        below = sunk(self.state, self.standing, score, PACE, LADDER)
        if below is not self.state:
            self.fell = {**(self.fell or {}), below: number}
        self.state = below


def lived(cited_on: Callable[[int], bool], *, away: range = range(0), pinned: bool = False) -> Life:
    """A year of active days but for those away."""
    life = Life(cited_on, Standing(now=NOW, today=0, born=0, pinned=pinned))
    for number in range(1, 366):
        life.day(number, active=number not in away)
    return life


def never(_: int) -> bool:
    return False


def test_through_a_year_what_is_unused_falls_asleep_then_goes_to_the_archive() -> None:
    assert lived(never).fell == {State.DORMANT: 57, State.ARCHIVED: 124}


@pytest.mark.parametrize("every", [1, 7, 14, 21])
def test_through_a_year_what_is_used_stays(every: int) -> None:
    life = lived(lambda day: day % every == 0)
    assert (life.state, life.fell) == (State.ACTIVE, None)


def test_through_a_year_what_is_used_once_in_a_while_never_comes_to_the_archive() -> None:
    life = lived(lambda day: day % 50 == 0)
    assert State.ARCHIVED not in (life.fell or {})


def test_through_a_year_what_is_pinned_stays() -> None:
    assert lived(never, pinned=True).fell is None


def test_a_holiday_costs_nothing() -> None:
    assert lived(never, away=range(30, 90)).fell == {State.DORMANT: 117, State.ARCHIVED: 184}


def test_what_was_much_used_once_sinks_too_only_later() -> None:
    fell = lived(lambda day: day <= 30).fell
    assert fell is not None
    assert 57 < fell[State.DORMANT] < fell.get(State.ARCHIVED, 366)


def test_what_fell_asleep_wakes_when_it_is_of_use_and_stays_a_while() -> None:
    life = lived(lambda day: day == 100)
    assert life.fell is not None
    assert life.fell[State.DORMANT] > 114


def test_what_came_to_the_archive_is_gone_when_the_next_year_is_half_over() -> None:
    archived = NOW + 124 * DAY
    nights = [
        night
        for night in range(124, 400)
        if to_delete(
            PutAway(
                now=NOW + night * DAY,
                archived_at=archived,
                active_days=night - 124,
                importance=0.001,
                announced_at=archived + 166 * DAY if night >= 124 + 166 else None,
            ),
            LADDER,
        )
    ]
    assert nights[0] == 124 + 180
