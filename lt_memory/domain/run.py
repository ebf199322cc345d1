"""A run: one piece of background work, with what it saw, decided and changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cns.domain.stream import Usage
from lt_memory.domain.memory import MemoryId, RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One piece of background work: running, done or failed; decisions never hold any words.

    Attributes:
        cost_usd: None when a price is not known, or not yet.
        final: what it did cannot be undone.
    """

    id: RunId
    job: str
    state: str
    summary: str
    started_at: datetime
    model: str
    inputs: Mapping[str, object]
    finished_at: datetime | None = None
    decisions: Sequence[Mapping[str, object]] = ()
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRevision:
    """What a run did to one memory; `before` is None where it made it, `after` where it went."""

    memory_id: MemoryId
    revision: int
    change: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScore:
    """How a run weighed one memory anew."""

    memory_id: MemoryId
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """What a run made of the section on the user; `before` is None where nothing stood there."""

    before: str | None
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run with what it did to memories, its undoing and repetition too, in order.

    Attributes:
        revision_count: how many there are; a list of runs holds the first of each run's alone.
        user_information: None where the run did not write it, or a memory behind it was erased.
    """

    run: Run
    revisions: tuple[RunRevision, ...] = ()
    revision_count: int = 0
    user_information: Rewritten | None = None
