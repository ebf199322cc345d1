"""What waits for the user: approved, refused, or all taken back that came from one place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from cns.errors import Conflict, InvalidInput, NotFound
from cns.ports import Clock, Page
from lt_memory.deduplication import Thresholds, judged
from lt_memory.domain.memory import LONGEST_ORIGIN, Actor, Memory, MemoryId, RunId, State
from lt_memory.domain.revision import changed
from lt_memory.domain.run import Run
from lt_memory.domain.trust import place_of, reason_of
from lt_memory.ports import MemoryFilter, Rewrite
from lt_memory.reader import Reader, Reading
from lt_memory.receiving import beside
from lt_memory.review_ports import ReviewStore, ReviewWork
from lt_memory.reviving import revive
from lt_memory.storing import NEAREST, Origin, linked

REVIEW, ROLLBACK = "review", "rollback"
LONGEST_PAGE = 200
QUOTED = 80  # characters of a place
APPROVED, REFUSED = "approved", "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A memory that waits for the user, or did; it goes by the memory's id.

    Attributes:
        origin: the place it came from.
        reason: why it waits, in a sentence.
    """

    memory: Memory
    origin: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack:
    """What was taken back, or would be.

    Attributes:
        run_id: undoing it brings everything back; None when there was nothing, or of a preview.
        put_away: what came from there.
        brought_back: what had given way to it.
    """

    origin: str
    run_id: RunId | None
    put_away: tuple[MemoryId, ...]
    brought_back: tuple[MemoryId, ...]
    dry_run: bool


class ReviewService:
    """The user's yes and no; nobody else's hand reaches this."""

    def __init__(
        self, store: ReviewStore, reader: Reader, clock: Clock, thresholds: Thresholds
    ) -> None:
        self._store = store
        self._reader = reader
        self._clock = clock
        self._thresholds = thresholds

    def list(self, origin: str | None, page: Page) -> tuple[Sequence[Item], str | None]:
        """What waits, newest first, with the next cursor.

        Raises:
            InvalidInput: the limit is out of bounds, or the cursor not one of ours.
        """
        if not 1 <= page.limit <= LONGEST_PAGE:
            raise InvalidInput(f"`limit` is 1 to {LONGEST_PAGE}, not {page.limit}.")
        narrowed = MemoryFilter(state=State.PENDING.value, origin=origin)
        found, following = self._store.list(narrowed, page)
        return [_item(memory) for memory in found], following

    def approve(self, memory_id: MemoryId) -> Item:
        """Make it known; nothing happens when it is.

        Raises:
            NotFound: nothing of that id waits, or did (`review_item_not_found`).
            Conflict: it was refused, or put away since (`review_decided`).
        """
        self.decide((memory_id,), ())
        return _item(self._store.get(memory_id))

    def reject(self, memory_id: MemoryId) -> Item:
        """Put it away, not to come again from there; nothing happens when it is put away.

        Raises:
            NotFound: nothing of that id waits, or did (`review_item_not_found`).
            Conflict: it was approved (`review_decided`).
        """
        self.decide((), (memory_id,))
        return _item(self._store.get(memory_id))

    def decide(
        self, approved: Sequence[MemoryId], rejected: Sequence[MemoryId]
    ) -> tuple[RunId | None, Sequence[Item]]:
        """All as one run, or nothing; the run, if anything changed, and the items in that order.

        Raises:
            NotFound, Conflict: as `approve` and `reject` do.
            InvalidInput: an item is to be both.
        """
        if set(approved) & set(rejected):
            raise InvalidInput("An item is in `approve` and in `reject`: choose one for each.")
        readings = self._readings(approved)
        with self._store.work() as work:
            run = _run(REVIEW, self._clock.now(), {})
            approving, rejecting = set(approved), set(rejected)
            ids = sorted({*approving, *rejecting})  # held in one order by everybody
            held = {each: _reviewed(work, each) for each in ids}
            welcome = [m for m in held.values() if m.id in approving and _open(m, wanted=True)]
            unwelcome = [m for m in held.values() if m.id in rejecting and _open(m, wanted=False)]
            changes = bool(welcome or unwelcome)
            if changes:
                work.record(_decided(run, welcome, unwelcome))
            for memory in welcome:
                self._welcome(work, memory, run, readings[memory.id])
            for memory in unwelcome:
                _refuse(work, memory, run)
        items = [_item(self._store.get(each)) for each in (*approved, *rejected)]
        return run.id if changes else None, items

    def rollback(self, origin: str, *, dry_run: bool) -> RolledBack:
        """Put away all that came from one place, and bring back what gave way to it.

        Raises:
            InvalidInput: the place is blank or too long to be one.
            NotFound: nothing ever came from there (`origin_not_found`).
        """
        if not 1 <= len(origin.strip()) <= LONGEST_ORIGIN:
            raise InvalidInput("`origin` names no place: take one that a review item shows.")
        with self._store.work(dry_run=dry_run) as work:
            if not work.origins.known(origin):
                raise NotFound(
                    f"Nothing came from {origin[:QUOTED]!r}: take a place as a review item or a"
                    " memory names it, to the letter.",
                    code="origin_not_found",
                )
            run = _run(ROLLBACK, self._clock.now(), {"origin": origin})
            gone = work.origins.brought(origin)
            back = work.origins.displaced(gone, origin)
            if gone:
                work.record(_rolled_back(run, gone, back))
            for memory_id in sorted({*gone, *back}):
                work.memory(memory_id)  # held in one order by everybody
            for memory_id in gone:
                _take_back(work, work.memory(memory_id), run)
            for memory_id in back:
                change = "back: what was made of it was taken back"
                _move(work, work.memory(memory_id), State.ACTIVE, change, run)
        return RolledBack(
            origin=origin,
            run_id=run.id if gone and not dry_run else None,
            put_away=tuple(gone),
            brought_back=tuple(back),
            dry_run=dry_run,
        )

    def _readings(self, ids: Sequence[MemoryId]) -> Mapping[MemoryId, Reading]:
        """Names and vectors, read before any row is held: a model may take its time."""
        if not ids:
            return {}
        found, _ = self._store.list(MemoryFilter(ids=tuple(ids)), Page(limit=len(ids)))
        readings = self._reader.read_all([memory.text for memory in found])
        return {memory.id: reading for memory, reading in zip(found, readings, strict=True)}

    def _welcome(self, work: ReviewWork, old: Memory, run: Run, reading: Reading) -> None:
        verdict = judged(old.text, work.near(old.text, reading.vector, NEAREST), self._thresholds)
        _move(work, old, State.ACTIVE, APPROVED, run, reading)
        origin = Origin(
            run_id=run.id, segment_id=old.segment_id, at=run.started_at, actor=Actor.USER
        )
        linked(work, origin, old.id, beside(verdict))


def _item(memory: Memory) -> Item:
    return Item(memory=memory, origin=place_of(memory), reason=reason_of(memory))


def _reviewed(work: ReviewWork, memory_id: MemoryId) -> Memory:
    if not work.origins.waited(memory_id):
        raise NotFound(
            f"Nothing with the id {memory_id} waits for you: list what does at /api/review.",
            code="review_item_not_found",
        )
    return work.memory(memory_id)


def _open(memory: Memory, *, wanted: bool) -> bool:
    """Whether it waits still; False where what is asked for was done before."""
    if memory.state is State.PENDING:
        return True
    if wanted is (memory.state is State.ARCHIVED):
        said, instead = (
            ("put away", "bring it back with `archived: false`")
            if wanted
            else ("approved", "put it away with `archived: true`, or roll its origin back")
        )
        raise Conflict(
            f"The memory {memory.id} was {said} before: {instead}.", code="review_decided"
        )
    return False


def _refuse(work: ReviewWork, memory: Memory, run: Run) -> None:
    work.origins.refuse(memory, run.started_at)
    _move(work, memory, State.ARCHIVED, REFUSED, run)


def _take_back(work: ReviewWork, memory: Memory, run: Run) -> None:
    work.origins.refuse(memory, run.started_at)
    revive(work, memory, run.started_at, run.id)
    _move(work, memory, State.ARCHIVED, "taken back with all that came from there", run)


def _move(
    work: ReviewWork,
    old: Memory,
    state: State,
    change: str,
    run: Run,
    reading: Reading | None = None,
) -> None:
    new = replace(old, state=state, updated_at=run.started_at)
    revision = changed(old, new, Actor.USER, change)
    if revision is not None:
        work.rewrite(Rewrite(
            memory=replace(new, revision=revision.revision),
            revision=revision,
            reworded=reading is not None,
            names=reading.names if reading else (),
            vector=reading.vector if reading else None,
            run_id=run.id,
        ))  # fmt: skip


def _run(job: str, now: datetime, inputs: Mapping[str, object]) -> Run:
    return Run(
        id=RunId(uuid4()),
        job=job,
        state="done",
        summary="",
        started_at=now,
        finished_at=now,
        model="",
        inputs=inputs,
        cost_usd=0.0,
    )


def _decided(run: Run, welcome: Sequence[Memory], unwelcome: Sequence[Memory]) -> Run:
    told = [(APPROVED, memory.id) for memory in welcome]
    told += [(REFUSED, memory.id) for memory in unwelcome]
    summary = f"{len(welcome)} approved, {len(unwelcome)} refused by hand"
    return replace(run, summary=summary, decisions=tuple(_decisions(told)))


def _rolled_back(run: Run, gone: Sequence[MemoryId], back: Sequence[MemoryId]) -> Run:
    told = [("put_away", each) for each in gone] + [("brought_back", each) for each in back]
    summary = f"{len(gone)} taken back, {len(back)} brought back by hand"
    return replace(run, summary=summary, decisions=tuple(_decisions(told)))


def _decisions(told: Sequence[tuple[str, MemoryId]]) -> Iterator[Mapping[str, object]]:
    for decision, memory_id in told:
        yield {"decision": decision, "memory_id": str(memory_id)}
