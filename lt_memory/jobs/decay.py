"""Moves memories down the ladder, nightly: dormant, archived, and at last gone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from typing_extensions import override

from cns.ports import Clock
from lt_memory.ageing import Ageing
from lt_memory.domain.ladder import sunk, to_announce, to_delete
from lt_memory.domain.memory import MemoryId, State
from lt_memory.domain.run import Run
from lt_memory.domain.scoring import DAY, importance
from lt_memory.job import BackgroundJob
from lt_memory.nightly import begun, done, rehearsed, result
from lt_memory.standing_ports import LadderStore, LadderWork, Move, Outlook, StandingWork

Decision = Mapping[str, object]
LISTED = 500  # decisions kept one by one; the revisions name every memory
FIRST = UUID(int=0)


class SinkMemories(BackgroundJob):
    """Two runs: what sinks and what is announced, which can be undone; what is deleted, which not.

    A night without deletions has the first alone.
    """

    name = "decay"
    interval = timedelta(days=1)

    def __init__(
        self, ladder_store: LadderStore, ageing: Callable[[], Ageing], clock: Clock
    ) -> None:
        self._store = ladder_store
        self._ageing = ageing
        self._clock = clock

    @override
    def run(self) -> Mapping[str, object]:
        return result(*self.carried_out())

    def rehearse(self) -> Mapping[str, object]:
        """What a run would do now; nothing of it is kept."""
        return rehearsed(*self.carried_out(dry_run=True))

    def carried_out(self, *, dry_run: bool = False) -> Sequence[Run]:
        """The runs, with what they did; of a dry run nothing is kept."""
        ageing = self._ageing()
        with self._store.work(dry_run=dry_run) as work:
            sunken = self._sunken(work, ageing)
        with self._store.work(dry_run=dry_run) as work:
            deleted = self._deleted(work, ageing)
        return (sunken,) if deleted is None else (sunken, deleted)

    def _sunken(self, work: LadderWork, ageing: Ageing) -> Run:
        now = self._clock.now()
        work.standings.hold()
        run = begun(self.name, work.standings.active_day(), now)
        work.record(run)
        counts = {State.DORMANT: 0, State.ARCHIVED: 0}
        decisions: list[Decision] = []
        for moves, scores in _moves(work.standings, ageing, now):
            moved = frozenset(work.standings.sink(moves, now, run.id))
            for move in moves:
                if move.id in moved:
                    counts[move.becomes] += 1
                    decisions.append(_decision(move.becomes, move.id, scores[move.id]))
            del decisions[LISTED:]
        announced = _announced(work.standings, ageing, now)
        decisions += [_decision("announced", memory_id) for memory_id in announced]
        summary = (
            f"{counts[State.DORMANT]} fell asleep, {counts[State.ARCHIVED]} put away,"
            f" {len(announced)} to be deleted in {ageing.ladder.notice_days} days"
        )
        run = done(run, summary, decisions, self._clock.now())
        work.record(run)
        return run

    def _deleted(self, work: LadderWork, ageing: Ageing) -> Run | None:
        now = self._clock.now()
        work.standings.hold()
        since = now - ageing.ladder.delete_after_days * DAY
        ripe = [
            each
            for each in work.standings.put_away(now, since, ageing)
            if to_delete(each.put_away, ageing.ladder)
        ]
        if not ripe:
            return None
        run = replace(begun(self.name, work.standings.active_day(), now), final=True)
        work.record(run)
        for each in ripe:  # what was said since it was put away is news, extracted late or not
            work.erase(each.id, each.put_away.archived_at)
        summary = f"{len(ripe)} deleted for good, as had been announced: this cannot be undone"
        decisions = [_decision("deleted", each.id) for each in ripe]
        run = done(run, summary, decisions, self._clock.now())
        work.record(run)
        return run


def _moves(
    standings: StandingWork, ageing: Ageing, now: datetime
) -> Iterator[tuple[list[Move], Mapping[MemoryId, float]]]:
    """Who sinks tonight and at what importance, in batches."""
    after = FIRST
    while batch := standings.sinking(Outlook(now=now, then=now), ageing, after):
        after = batch[-1].id
        scores = {each.id: importance(each.standing, ageing.pace) for each in batch}
        moves = [
            Move(each.id, each.state, becomes)
            for each in batch
            if (becomes := sunk(
                each.state, each.standing, scores[each.id], ageing.pace, ageing.ladder
            )) is not each.state
        ]  # fmt: skip
        if moves:
            yield moves, scores


def _announced(standings: StandingWork, ageing: Ageing, now: datetime) -> list[MemoryId]:
    since = now - (ageing.ladder.delete_after_days - ageing.ladder.notice_days) * DAY
    due = [
        each.id
        for each in standings.put_away(now, since, ageing)
        if to_announce(each.put_away, ageing.ladder)
    ]
    standings.announce(due, now)
    return due


def _decision(what: str, memory_id: MemoryId, score: float | None = None) -> Decision:
    told: dict[str, object] = {"decision": what, "memory_id": str(memory_id)}
    return told if score is None else {**told, "importance": round(score, 4)}
