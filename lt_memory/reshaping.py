"""Several memories made one by the user's hand, or one made several; each a run to be undone."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from cns.errors import InvalidInput
from cns.ports import Clock
from lt_memory.domain.memory import Actor, Memory, MemoryId, RunId
from lt_memory.domain.run import Run
from lt_memory.domain.shape import joined, parted
from lt_memory.domain.trust import refuse_what_waits
from lt_memory.offspring import Author, ReshapingWork, divided, merged
from lt_memory.reader import Reader

MERGE, SPLIT = "merge", "split"
FEWEST, MOST = 2, 10


class ReshapingStore(Protocol):
    def work(self) -> AbstractContextManager[ReshapingWork]: ...

    def get(self, memory_id: MemoryId) -> Memory: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reshaped:
    """The memories that were made, and the run that undoes it."""

    memories: tuple[Memory, ...]
    run_id: RunId


class ReshapingService:
    """Merges and splits; what it was made of is put away and can be brought back."""

    def __init__(self, store: ReshapingStore, reader: Reader, clock: Clock) -> None:
        self._store = store
        self._reader = reader
        self._clock = clock

    def merge(self, ids: Sequence[MemoryId], text: str) -> Reshaped:
        """One memory in place of two to ten, with all that they rest on and are linked to.

        Raises:
            NotFound: one of them is not there (`memory_not_found`).
            Conflict: one waits for the user's yes (`memory_waits`).
            InvalidInput: too few, too many, one twice, or the text is blank or too long.
        """
        if len(set(ids)) != len(ids):
            raise InvalidInput("`ids` names a memory twice: name each once.")
        _bounded("ids", ids)
        reading = self._reader.read(text.strip())
        now = self._clock.now()
        with self._store.work() as work:
            sources = [work.memory(each) for each in sorted(ids)]  # held in one order by everybody
            refuse_what_waits(sources)
            heir = joined(sources, MemoryId(uuid4()), text.strip(), now)
            run = _run(MERGE, sources, [heir], now)
            work.record(run)
            merged(work, sources, heir, reading, _by_hand(run))
        return Reshaped(memories=(self._store.get(heir.id),), run_id=run.id)

    def split(self, memory_id: MemoryId, texts: Sequence[str]) -> Reshaped:
        """Two to ten memories in place of one, each with all its evidence; its links stay with it.

        Raises:
            NotFound: it is not there (`memory_not_found`).
            Conflict: it waits for the user's yes (`memory_waits`).
            InvalidInput: too few or too many texts, or one is blank or too long.
        """
        _bounded("texts", texts)
        words = [text.strip() for text in texts]
        readings = self._reader.read_all(words)
        now = self._clock.now()
        with self._store.work() as work:
            source = work.memory(memory_id)
            refuse_what_waits([source])
            parts = [parted(source, MemoryId(uuid4()), text, now) for text in words]
            run = _run(SPLIT, [source], parts, now)
            work.record(run)
            divided(work, source, list(zip(parts, readings, strict=True)), _by_hand(run))
        made = tuple(self._store.get(part.id) for part in parts)
        return Reshaped(memories=made, run_id=run.id)


def _by_hand(run: Run) -> Author:
    return Author(actor=Actor.USER, run=run, reason=f"{run.job} by hand")


def _bounded(name: str, given: Sequence[object]) -> None:
    if not FEWEST <= len(given) <= MOST:
        raise InvalidInput(f"`{name}` holds {FEWEST} to {MOST}, not {len(given)}.")


def _run(job: str, sources: Sequence[Memory], made: Sequence[Memory], now: datetime) -> Run:
    said = "Merged {} into {} by hand." if job == MERGE else "Split {} into {} by hand."
    decision: Mapping[str, object] = {
        "decision": job,
        "sources": _ids(sources),
        "memory_ids": _ids(made),
    }
    return Run(
        id=RunId(uuid4()),
        job=job,
        state="done",
        summary=said.format(len(sources), len(made)),
        started_at=now,
        finished_at=now,
        model="",
        inputs={"memory_ids": _ids(sources)},
        decisions=(decision,),
        cost_usd=0.0,
    )


def _ids(memories: Iterable[Memory]) -> list[str]:
    return [str(memory.id) for memory in memories]
