"""What scoring, decay and forecast ask of the place where memories are kept."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from lt_memory.ageing import Ageing
from lt_memory.domain.ladder import PutAway, Rhythm
from lt_memory.domain.memory import MemoryId, RunId, State
from lt_memory.domain.run import Run
from lt_memory.domain.scoring import Pace, Standing


class Aged(NamedTuple):
    """A memory that is not put away, and what its importance rests on."""

    id: MemoryId
    state: State
    standing: Standing


class Stored(NamedTuple):
    """A memory in the archive that matters no more."""

    id: MemoryId
    put_away: PutAway


class Move(NamedTuple):
    id: MemoryId
    was: State
    becomes: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """From when, to when, and after how many active days a look ahead goes; all 0: tonight."""

    now: datetime
    then: datetime
    active_days: int = 0


class StandingWork(Protocol):
    """Standings and rungs, within one transaction."""

    def hold(self) -> None:
        """Let no other run change what is remembered till the end."""
        ...

    def active_day(self) -> int:
        """The count of active days now."""
        ...

    def rescore(self, now: datetime, pace: Pace) -> int:
        """Write every importance anew; how many were another."""
        ...

    def drop_scores(self, job: str, before: datetime) -> None:
        """Drop what the job's runs before then had noted; they are final from now on."""
        ...

    def sinking(self, outlook: Outlook, ageing: Ageing, after: UUID) -> Sequence[Aged]:
        """The next of those that may sink by then, by id; pinned ones never."""
        ...

    def sink(self, moves: Sequence[Move], at: datetime, run_id: RunId) -> Sequence[MemoryId]:
        """Move those that still stand where they did, each with a revision; which were."""
        ...

    def put_away(self, now: datetime, since: datetime, ageing: Ageing) -> Sequence[Stored]:
        """Those that lie in the archive since then or longer, a thousand at most."""
        ...

    def announce(self, ids: Sequence[MemoryId], at: datetime) -> None: ...

    def rhythm(self, now: datetime) -> Rhythm: ...

    def texts(self, ids: Sequence[MemoryId]) -> Mapping[MemoryId, str]: ...


class LadderWork(Protocol):
    """One transaction: all of it is kept, or nothing. See `lt_memory.ports.MemoryWork`."""

    @property
    def standings(self) -> StandingWork: ...

    def record(self, run: Run) -> None: ...

    def erase(self, memory_id: MemoryId, at: datetime) -> None: ...


class LadderStore(Protocol):
    def work(self, *, dry_run: bool = False) -> AbstractContextManager[LadderWork]: ...
