"""Several memories made one by the user's hand, or one made several; each a run to be undone."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from cns.errors import InvalidInput
from cns.ports import Clock
from lt_memory.domain.memory import Actor, Memory, MemoryId, RunId, State
from lt_memory.domain.revision import changed
from lt_memory.domain.run import Run
from lt_memory.domain.shape import joined, parted
from lt_memory.domain.trust import refuse_what_waits
from lt_memory.ports import Birth, NewLink, Rewrite
from lt_memory.reader import Reader, Reading

MERGE, SPLIT = "merge", "split"
FEWEST, MOST = 2, 10


class ReshapingWork(Protocol):
    """One transaction: all of it is kept, or nothing. See `lt_memory.ports.MemoryWork`."""

    def record(self, run: Run) -> None: ...

    def memory(self, memory_id: MemoryId) -> Memory: ...

    def add(self, birth: Birth) -> None: ...

    def rewrite(self, change: Rewrite) -> None: ...

    def link(self, link: NewLink) -> None: ...

    def take_over_links(self, heir: MemoryId, sources: Sequence[MemoryId], run: Run) -> None:
        """Give the heir the links that the sources have with others, settled ones as settled.

        What took the place of a source does not take the heir's.
        """
        ...


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
            _bear(work, heir, reading, run, sources)
            work.take_over_links(heir.id, [each.id for each in sources], run)
            _put_away(work, sources, run, f"merged into {heir.id}")
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
            for part, reading in zip(parts, readings, strict=True):
                _bear(work, part, reading, run, [source])
            _put_away(work, [source], run, f"split into {len(parts)}")
        made = tuple(self._store.get(part.id) for part in parts)
        return Reshaped(memories=made, run_id=run.id)


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


def _bear(
    work: ReshapingWork, memory: Memory, reading: Reading, run: Run, sources: Iterable[Memory]
) -> None:
    work.add(Birth(
        memory=memory,
        actor=Actor.USER,
        names=reading.names,
        vector=reading.vector,
        run_id=run.id,
    ))  # fmt: skip
    for source in sources:
        work.link(NewLink(
            id=uuid4(),
            source_id=memory.id,
            target_id=source.id,
            kind="derived_from",
            reason=f"{run.job} by hand",
            at=memory.created_at,
            confidence=1.0,
            run_id=run.id,
        ))  # fmt: skip


def _put_away(work: ReshapingWork, sources: Iterable[Memory], run: Run, change: str) -> None:
    for old in sources:
        new = replace(old, state=State.ARCHIVED, updated_at=run.started_at)
        step = changed(old, new, Actor.USER, change)
        if step is not None:
            memory = replace(new, revision=step.revision)
            work.rewrite(Rewrite(memory=memory, revision=step, run_id=run.id))
