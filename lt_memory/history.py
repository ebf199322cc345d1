"""The memories as they stood at an earlier moment, and bringing one back to an earlier wording."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from cns.errors import InvalidInput, NotFound
from cns.ports import Clock, Page
from lt_memory.domain.memory import Actor, Memory, MemoryId
from lt_memory.domain.revision import after_revision, changed, with_fields
from lt_memory.domain.trust import names_known
from lt_memory.domain.words import query_terms, terms
from lt_memory.memories import LONGEST_PAGE
from lt_memory.ports import MemoryFilter, MemoryStore, Rewrite
from lt_memory.reader import Reader


class PastStore(Protocol):
    """What was remembered at a moment. Of what was deleted for good nothing is known.

    Names are those of the wording of the day. Importance is what the journal of scores tells, and
    beyond that, like use, as it is now.
    """

    def list(
        self, then: datetime, narrowed: MemoryFilter, page: Page
    ) -> tuple[Sequence[Memory], str | None]:
        """Newest first, with the next cursor; the filter speaks of the fields as they were.

        Raises:
            InvalidInput: the cursor is not one of ours.
        """
        ...

    def texts(self, then: datetime, narrowed: MemoryFilter) -> Sequence[tuple[MemoryId, str]]:
        """The wordings of all that a listing would show, newest first."""
        ...

    def get(self, then: datetime, memory_id: MemoryId) -> Memory:
        """Raises NotFound (`memory_not_found`): it was not there, or is deleted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A memory as it stood, and which share of a question's words its words of then hold."""

    memory: Memory
    share: float


class HistoryService:
    """The user's look back, and the way back."""

    def __init__(self, past: PastStore, store: MemoryStore, reader: Reader, clock: Clock) -> None:
        self._past = past
        self._store = store
        self._reader = reader
        self._clock = clock

    def list(
        self, then: datetime, narrowed: MemoryFilter, page: Page
    ) -> tuple[Sequence[Memory], str | None]:
        """As `PastStore.list`; raises InvalidInput too when the limit is out of bounds."""
        if not 1 <= page.limit <= LONGEST_PAGE:
            raise InvalidInput(f"`limit` is 1 to {LONGEST_PAGE}, not {page.limit}.")
        return self._past.list(then, narrowed, page)

    def search(self, then: datetime, narrowed: MemoryFilter, question: str) -> Sequence[Met]:
        """The 200 that hold most of its words, best first and newest first; by words alone.

        Nothing is indexed as it stood: all that was remembered then is read through.
        """
        asked = frozenset(query_terms(question))
        shares = {
            memory_id: len(asked.intersection(terms(text))) / len(asked)
            for memory_id, text in (self._past.texts(then, narrowed) if asked else ())
        }
        best = sorted((each for each in shares if shares[each]), key=lambda each: -shares[each])
        these = MemoryFilter(ids=tuple(best[:LONGEST_PAGE]))
        found, _ = self._past.list(then, these, Page(limit=LONGEST_PAGE)) if best else ((), None)
        return sorted(
            (Met(memory=memory, share=shares[memory.id]) for memory in found),
            key=lambda met: -met.share,
        )

    def get(self, then: datetime, memory_id: MemoryId) -> Memory:
        """Raises NotFound (`memory_not_found`)."""
        return self._past.get(then, memory_id)

    def restore(self, memory_id: MemoryId, revision: int) -> Memory:
        """Make the memory as it was after that revision, as a new one; its evidence stays.

        Raises:
            NotFound: there is no such memory, or it was not there after that revision.
        """
        fields = after_revision(self._store.history(memory_id), revision)
        if fields is None:
            raise NotFound(
                f"Memory {memory_id} has no revision {revision} to go back to:"
                " its history lists those that it has.",
                code="revision_not_found",
            )
        reading = self._reader.read(str(fields["text"]))
        with self._store.work() as work:
            old = work.memory(memory_id)
            new = replace(with_fields(old, fields), updated_at=self._clock.now())
            step = changed(old, new, Actor.USER, f"restored to {revision}")
            if step is not None:
                work.rewrite(Rewrite(
                    memory=replace(new, revision=step.revision),
                    revision=step,
                    reworded=new.text != old.text,
                    names=names_known(new, reading.names),
                    vector=reading.vector,
                ))  # fmt: skip
        return self._store.get(memory_id)
