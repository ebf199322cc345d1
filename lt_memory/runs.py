"""What the background mind did: seen, undone, done again."""

from collections.abc import Sequence

from cns.errors import InvalidInput
from cns.ports import Clock, Page
from lt_memory.domain.memory import RunId
from lt_memory.domain.run import RunRecord, RunScore
from lt_memory.run_ports import RunStore

LONGEST_PAGE = 200


class RunService:
    """The user's hand on what background jobs did."""

    def __init__(self, store: RunStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def list(self, job: str | None, page: Page) -> tuple[Sequence[RunRecord], str | None]:
        """Newest first, with the next cursor.

        Raises:
            InvalidInput: the limit is out of bounds, or the cursor not one of ours.
        """
        _refuse_long(page)
        return self._store.list(job, page)

    def get(self, run_id: RunId) -> RunRecord:
        """Raises NotFound (`run_not_found`)."""
        return self._store.get(run_id)

    def scores(self, run_id: RunId, page: Page) -> tuple[Sequence[RunScore], str | None]:
        """How the run weighed memories anew; none any more once it is final.

        Raises:
            NotFound: there is no such run.
            InvalidInput: the limit is out of bounds, or the cursor not one of ours.
        """
        _refuse_long(page)
        return self._store.scores(run_id, page)

    def undo(self, run_id: RunId) -> RunRecord:
        """Make every row that the run changed as it was before.

        Raises:
            NotFound: there is no such run.
            Conflict: it is not done, it is final, or what it changed was changed again since.
        """
        self._store.undo(run_id, self._clock.now())
        return self._store.get(run_id)

    def redo(self, run_id: RunId) -> RunRecord:
        """Make the changes of an undone run again; raises as `undo` does."""
        self._store.redo(run_id, self._clock.now())
        return self._store.get(run_id)


def _refuse_long(page: Page) -> None:
    if not 1 <= page.limit <= LONGEST_PAGE:
        raise InvalidInput(f"`limit` is 1 to {LONGEST_PAGE}, not {page.limit}.")
