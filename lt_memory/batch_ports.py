"""What is asked of the place where it is kept which chapters are out by batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A chapter's questions that went out together.

    Attributes:
        requests: the custom ids of the questions.
        status: `submitted` (the provider need not have it yet) or `processing`; at the end
            `completed`, `failed` or `expired`, the last two where a question has no answer.
        batch_id: the provider's id; None until the provider has accepted it.
        answered: by custom id, the batch that answered it: this one or an earlier one.
        retry_count: how many submissions of the chapter went before.
    """

    id: UUID
    segment_id: UUID
    submitted_at: datetime
    requests: tuple[str, ...]
    status: str = "submitted"
    batch_id: str | None = None
    answered: Mapping[str, str] = field(default_factory=dict)
    retry_count: int = 0
    ended_at: datetime | None = None


class BatchStore(Protocol):
    """Submissions; one of a chapter is under way at a time."""

    def newest(self, segment_id: UUID) -> Submission | None: ...

    def under_way(self) -> Sequence[Submission]:
        """Those without an end, oldest first."""
        ...

    def begin(self, submission: Submission) -> bool:
        """Keep a new one; False, and nothing kept, while another of the chapter is under way."""
        ...

    def keep(self, submission: Submission) -> bool:
        """Bring one that is kept up to date; False where it is there no more."""
        ...

    def withdraw(self, submission: Submission) -> None:
        """Forget one that was never handed in."""
        ...

    def to_cancel(self) -> Sequence[str]:
        """The ids of batches that are out, and that nobody waits for any more."""
        ...

    def cancelled(self, batch_id: str) -> None: ...

    def tidy(self, before: datetime) -> int:
        """Forget those of extracted chapters that were submitted earlier; how many there were."""
        ...
