"""Runs of background work that were made up, for the edge to show."""

from collections.abc import Sequence
from dataclasses import replace

from cns.errors import Conflict, NotFound
from cns.ports import Page
from lt_memory.domain.memory import RunId
from lt_memory.domain.run import RunRecord, RunScore


class FakeRuns:
    """Implements what the edge calls of `lt_memory.runs.RunService`."""

    def __init__(self, *records: RunRecord) -> None:
        self._records = {record.run.id: record for record in records}
        self.weighed: list[RunScore] = []

    def keep(self, record: RunRecord) -> None:
        self._records[record.run.id] = record

    def list(self, job: str | None, page: Page) -> tuple[Sequence[RunRecord], str | None]:
        found = [each for each in self._records.values() if job in {None, each.run.job}]
        return found[: page.limit], None

    def get(self, run_id: RunId) -> RunRecord:
        if run_id not in self._records:
            raise NotFound(f"There is no run {run_id}.", code="run_not_found")
        return self._records[run_id]

    def scores(self, run_id: RunId, page: Page) -> tuple[Sequence[RunScore], str | None]:
        self.get(run_id)
        return self.weighed[: page.limit], None

    def undo(self, run_id: RunId) -> RunRecord:
        return self._turn(run_id, "done", "undone")

    def redo(self, run_id: RunId) -> RunRecord:
        return self._turn(run_id, "undone", "done")

    def _turn(self, run_id: RunId, state: str, becomes: str) -> RunRecord:
        record = self.get(run_id)
        if record.run.state != state:
            raise Conflict(f"This run is {record.run.state}.", code="run_not_in_state")
        self._records[run_id] = replace(record, run=replace(record.run, state=becomes))
        return self._records[run_id]
