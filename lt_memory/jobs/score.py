"""Writes every memory's importance anew, nightly."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from typing_extensions import override

from cns.ports import Clock
from lt_memory.ageing import Ageing
from lt_memory.domain.run import Run
from lt_memory.job import BackgroundJob
from lt_memory.nightly import begun, done, rehearsed, result
from lt_memory.standing_ports import LadderStore

# What all scores were before a run is as much as all memories' rows: kept for so long.
UNDOABLE = timedelta(days=7)


class ScoreMemories(BackgroundJob):
    """Scores all memories in one statement, as one run; it can be undone for a week."""

    name = "score"
    interval = timedelta(days=1)

    def __init__(
        self, ladder_store: LadderStore, ageing: Callable[[], Ageing], clock: Clock
    ) -> None:
        self._store = ladder_store
        self._ageing = ageing
        self._clock = clock

    @override
    def run(self) -> Mapping[str, object]:
        return result(self.carried_out())

    def rehearse(self) -> Mapping[str, object]:
        """What a run would do now; nothing of it is kept."""
        return rehearsed(self.carried_out(dry_run=True))

    def carried_out(self, *, dry_run: bool = False) -> Run:
        """The run, with what it did; of a dry run nothing is kept."""
        now, pace = self._clock.now(), self._ageing().pace
        with self._store.work(dry_run=dry_run) as work:
            work.standings.hold()
            run = begun(self.name, work.standings.active_day(), now)
            work.record(run)
            work.standings.drop_scores(self.name, now - UNDOABLE)
            changed = work.standings.rescore(now, pace)
            decisions = ({"decision": "scored", "memories": changed},)
            run = done(run, f"{changed} of another importance", decisions, self._clock.now())
            work.record(run)
        return run
