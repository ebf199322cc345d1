"""What the person does with their memories: see, add, edit, delete."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from cns.errors import InvalidInput
from cns.ports import Clock, Page
from lt_memory.domain.memory import Actor, Kind, Memory, MemoryId, Revision, State
from lt_memory.domain.revision import changed
from lt_memory.domain.trust import names_known
from lt_memory.forgetting import Touched, forget, told
from lt_memory.ports import (
    Birth,
    MemoryFilter,
    MemoryStore,
    Rewrite,
)
from lt_memory.reader import Reader, Reading
from lt_memory.reviving import revive

MemoryChange = Mapping[str, object]
LONGEST_PAGE = 200
AT_FIRST = 0.5  # importance of what nobody has weighed yet


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMemory:
    """A memory in the user's own words."""

    text: str
    kind: Kind = Kind.FACT
    happens_at: datetime | None = None
    expires_at: datetime | None = None
    pinned: bool = False
    confidence: float = 1.0
    importance: float = AT_FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a deletion took away, or would take: counts by table.

    Attributes:
        kept: what stays and holds the words, by kind.
        knowledge_blocks: labels of those that go back to before they were written from its words.
        memories: those that go or change with it.
    """

    memory_id: UUID
    removed: Mapping[str, int]
    kept: Mapping[str, int]
    knowledge_blocks: Sequence[str]
    dry_run: bool
    memories: tuple[Touched, ...] = ()


class MemoryService:
    """The user's hand on their memories; each change is a revision."""

    def __init__(self, store: MemoryStore, reader: Reader, clock: Clock) -> None:
        self._store = store
        self._reader = reader
        self._clock = clock

    def list(self, narrowed: MemoryFilter, page: Page) -> tuple[Sequence[Memory], str | None]:
        """Newest first, with the next cursor.

        Raises:
            InvalidInput: the limit is out of bounds, or the cursor not one of ours.
        """
        if not 1 <= page.limit <= LONGEST_PAGE:
            raise InvalidInput(f"`limit` is 1 to {LONGEST_PAGE}, not {page.limit}.")
        return self._store.list(narrowed, page)

    def ids(self, narrowed: MemoryFilter) -> Sequence[UUID]:
        """Of all that a listing would show, page by page."""
        return self._store.ids(narrowed)

    def get(self, memory_id: MemoryId) -> Memory:
        """Raises NotFound (`memory_not_found`)."""
        return self._store.get(memory_id)

    def history(self, memory_id: MemoryId) -> Sequence[Revision]:
        """Oldest first; raises NotFound (`memory_not_found`)."""
        return self._store.history(memory_id)

    def add(self, new: NewMemory) -> Memory:
        """Keep what the user wrote; raises InvalidInput when it is blank or too long."""
        (memory,) = self.add_all([new])
        return memory

    def add_all(self, several: Sequence[NewMemory]) -> Sequence[Memory]:
        """Keep all that the user wrote, in order, or nothing of it; raises as `add` does."""
        now = self._clock.now()
        memories = [_worded_by_the_user(new, now) for new in several]
        readings = self._reader.read_all([memory.text for memory in memories])
        with self._store.work() as work:
            for memory, (names, vector) in zip(memories, readings, strict=True):
                work.add(Birth(memory=memory, actor=Actor.USER, names=names, vector=vector))
        return [self._store.get(memory.id) for memory in memories]

    def edit(self, memory_id: MemoryId, change: MemoryChange) -> Memory:
        """Change the fields that are named, as one revision; nothing happens when none differs.

        Raises:
            NotFound: there is no such memory.
            InvalidInput: a field is unknown or its value is not fit for it.
        """
        reading = self._reading_of(change)
        with self._store.work() as work:
            old = work.memory(memory_id)
            new = replace(_with(old, change), updated_at=self._clock.now())
            revision = changed(old, new, Actor.USER, "edited")
            if revision is not None:
                reworded = new.text != old.text
                work.rewrite(Rewrite(
                    memory=replace(new, revision=revision.revision),
                    revision=revision,
                    reworded=reworded,
                    names=names_known(new, reading.names),
                    vector=reading.vector,
                ))  # fmt: skip
                if new.state is State.ARCHIVED:
                    revive(work, new, self._clock.now())
        return self._store.get(memory_id)

    def delete(self, memory_id: MemoryId, *, dry_run: bool) -> Receipt:
        """Erase a memory, its wordings and all that was drawn from it; or say what that would be.

        What was made of it goes too, since it says what all that it was made of said; the others of
        those are there again.

        Raises:
            NotFound: there is no such memory.
        """
        with self._store.work(dry_run=dry_run) as work:
            falls = (memory_id, *work.descendants(memory_id))
            kept, said = work.echoes.staying(falls), work.echoes.said_in(falls)
            unlearnt = work.echoes.unlearn(said)
            work.echoes.pass_over(said)
            gone = forget(work, falls, self._clock.now(), named=(memory_id,))
        return Receipt(
            memory_id=memory_id,
            removed={**gone.removed, "knowledge_versions": sum(unlearnt.values())},
            kept=kept,
            knowledge_blocks=tuple(unlearnt),
            dry_run=dry_run,
            memories=told(gone.touched, dry_run=dry_run),
        )

    def record_surfaced(self, ids: Sequence[UUID]) -> None:
        """Count that these were shown to the model; ids of other things are passed over."""
        self._accessed(ids, cited=False)

    def record_cited(self, ids: Sequence[UUID]) -> None:
        """Count that an answer rested on these; ids of other things are passed over."""
        self._accessed(ids, cited=True)

    def _accessed(self, ids: Sequence[UUID], *, cited: bool) -> None:
        if ids:
            self._store.accessed(ids, self._clock.now(), cited=cited)

    def _reading_of(self, change: MemoryChange) -> Reading:
        """Read a new text before the row is held: a model may take its time."""
        text = change.get("text")
        if not isinstance(text, str) or not text.strip():
            return Reading((), None)
        return self._reader.read(text.strip())


def _worded_by_the_user(new: NewMemory, now: datetime) -> Memory:
    return Memory(
        id=MemoryId(uuid4()),
        text=new.text.strip(),
        created_at=now,
        updated_at=now,
        kind=new.kind,
        confidence=new.confidence,
        importance=new.importance,
        pinned=new.pinned,
        happens_at=_aware("happens_at", new.happens_at),
        expires_at=_aware("expires_at", new.expires_at),
    )


def _with(old: Memory, change: MemoryChange) -> Memory:
    for name, value in change.items():
        change_one = _CHANGES.get(name)
        if change_one is None:
            raise InvalidInput(
                f"`{name}` of a memory cannot be changed: {', '.join(_CHANGES)} can."
            )
        old = change_one(old, value)
    return old


def _text(memory: Memory, value: object) -> Memory:
    if not isinstance(value, str):
        raise _unfit("text", "words")
    return replace(memory, text=value.strip())


def _kind(memory: Memory, value: object) -> Memory:
    if value not in set(Kind):
        raise _unfit("kind", f"one of {', '.join(Kind)}")
    return replace(memory, kind=Kind(str(value)))


def _happens_at(memory: Memory, value: object) -> Memory:
    return replace(memory, happens_at=_aware("happens_at", value))


def _expires_at(memory: Memory, value: object) -> Memory:
    return replace(memory, expires_at=_aware("expires_at", value))


def _valid_until(memory: Memory, value: object) -> Memory:
    return replace(memory, valid_until=_aware("valid_until", value))


def _pinned(memory: Memory, value: object) -> Memory:
    if not isinstance(value, bool):
        raise _unfit("pinned", "true or false")
    return replace(memory, pinned=value)


def _confidence(memory: Memory, value: object) -> Memory:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise _unfit("confidence", "0 to 1")
    return replace(memory, confidence=float(value))


def _archived(memory: Memory, value: object) -> Memory:
    """Putting away and bringing back; a memory that was not put away stays as it is."""
    if not isinstance(value, bool):
        raise _unfit("archived", "true or false")
    if value:
        return replace(memory, state=State.ARCHIVED)
    return replace(memory, state=State.ACTIVE) if memory.state is State.ARCHIVED else memory


def _aware(name: str, value: object) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise _unfit(name, "an instant with its time zone, or null")
    return value


def _unfit(name: str, fit: str) -> InvalidInput:
    return InvalidInput(f"`{name}` must be {fit}.")


_CHANGES: Mapping[str, Callable[[Memory, object], Memory]] = {
    "text": _text,
    "kind": _kind,
    "happens_at": _happens_at,
    "expires_at": _expires_at,
    "valid_until": _valid_until,
    "pinned": _pinned,
    "archived": _archived,
    "confidence": _confidence,
}
