"""What is asked of the place where runs are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from cns.ports import Page
from lt_memory.domain.memory import RunId
from lt_memory.domain.run import RunRecord, RunScore


class RunStore(Protocol):
    """The runs of background work, and taking them back."""

    def list(self, job: str | None, page: Page) -> tuple[Sequence[RunRecord], str | None]:
        """Newest first, with the next cursor.

        Raises:
            InvalidInput: the cursor is not one of ours.
        """
        ...

    def get(self, run_id: RunId) -> RunRecord:
        """Raises NotFound (`run_not_found`)."""
        ...

    def scores(self, run_id: RunId, page: Page) -> tuple[Sequence[RunScore], str | None]:
        """How the run weighed memories anew, by their ids, with the next cursor.

        Raises:
            NotFound: there is no such run (`run_not_found`).
            InvalidInput: the cursor is not one of ours.
        """
        ...

    def undo(self, run_id: RunId, at: datetime) -> None:
        """Make every row that the run changed as it was before, in one transaction.

        Raises:
            NotFound: there is no such run (`run_not_found`).
            Conflict: it is not done, it is final, or what it changed was changed again since.
        """
        ...

    def redo(self, run_id: RunId, at: datetime) -> None:
        """Make the changes of an undone run again; raises as `undo` does."""
        ...

    def abandon(self, at: datetime) -> int:
        """Mark as failed what a stopped program left running; how many there were."""
        ...
