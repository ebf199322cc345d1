"""What the person does with links: tie, cut, look around, settle what conflicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from cns.errors import InvalidInput, NotFound
from cns.ports import Clock, Page
from lt_memory.domain.linking import (
    Alike,
    Dispute,
    Ends,
    Graph,
    Keep,
    KnownEntity,
    LinkAlias,
    LinkKind,
    Tie,
    ends,
)
from lt_memory.domain.memory import Actor, EntityId, Memory, MemoryId, RunId
from lt_memory.domain.revision import changed
from lt_memory.domain.run import Run
from lt_memory.domain.trust import refuse_what_waits
from lt_memory.link_ports import LinkedMemories, LinkStore, LinkWork
from lt_memory.ports import MemoryFilter, NewLink, Rewrite

MOST_NODES = 200
BY_HAND = "linked by the user"
SETTLED = "a conflict was settled so by the user"
SETTLE = "settle"  # the job of the run


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hand:
    """How a link comes by hand, and by which run, if that can be undone as one."""

    reason: str
    at: datetime
    confidence: float = 1.0
    run_id: RunId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """An entity with a stretch of its memories, newest first, and the next cursor."""

    known: KnownEntity
    memories: Sequence[Memory]
    next_cursor: str | None


class LinkService:
    """The user's hand on links, conflicts and entities."""

    def __init__(self, memories: LinkedMemories, links: LinkStore, clock: Clock) -> None:
        self._memories = memories
        self._links = links
        self._clock = clock

    def link(
        self,
        memory_id: MemoryId,
        target_id: MemoryId,
        word: LinkKind | LinkAlias,
        confidence: float = 1.0,
    ) -> Tie:
        """Tie two memories; a link that stands already is returned as it is.

        What is superseded holds no longer, from now on.

        Raises:
            InvalidInput: both are the same.
            NotFound: one of them is not there (`memory_not_found`).
            Conflict: one waits for the user's yes (`memory_waits`).
        """
        if memory_id == target_id:
            raise InvalidInput("A memory cannot be linked to itself: name another `target_id`.")
        wanted, now = ends(memory_id, target_id, word), self._clock.now()
        with self._memories.work() as work:
            held = _held(work, wanted.source_id, wanted.target_id)
            refuse_what_waits(held.values())
            hand = _Hand(reason=BY_HAND, at=now, confidence=confidence)
            return _tied(work, wanted, held, hand)

    def unlink(self, memory_id: MemoryId, link_id: UUID) -> Memory:
        """Cut a link; what nothing else supersedes holds again. The memory, without it.

        A conflict that was settled by it is open again.

        Raises:
            NotFound: there is no such link at that memory (`link_not_found`).
        """
        now = self._clock.now()
        with self._memories.work() as work:
            tie = work.ties.get(link_id)
            if memory_id not in {tie.source_id, tie.target_id}:
                raise NotFound(
                    f"The memory {memory_id} has no link {link_id}.", code="link_not_found"
                )
            held = _held(work, tie.source_id, tie.target_id)
            tie = work.ties.get(link_id)  # it may have been cut before its ends were held
            if tie.kind == LinkKind.SUPERSEDES:
                _let_hold_again(work, tie, held[tie.target_id], now)
            work.ties.cut(link_id)
            work.ties.note(tie, now, stands=False)
        return self._memories.get(memory_id)

    def graph(self, memory_id: MemoryId, depth: int) -> Graph:
        """At most 200 memories around one; raises NotFound (`memory_not_found`)."""
        return self._links.graph(memory_id, depth, MOST_NODES)

    def similar(self, memory_id: MemoryId, limit: int) -> Sequence[Alike]:
        """Nearest first; raises NotFound, or Unavailable while it has no vector."""
        scores = dict(self._links.similar(memory_id, limit))
        found = self._named(scores)
        return [
            Alike(memory=found[each], score=score)
            for each, score in scores.items()
            if each in found
        ]

    def conflicts(self, page: Page) -> tuple[Sequence[Dispute], str | None]:
        """Unsettled ones, newest first, with the next cursor; raises InvalidInput."""
        ties, following = self._links.conflicts(page)
        found = self._named({end: None for tie in ties for end in (tie.source_id, tie.target_id)})
        return [
            Dispute(tie=tie, a=found[tie.source_id], b=found[tie.target_id])
            for tie in ties
            if tie.source_id in found and tie.target_id in found
        ], following

    def resolve(self, link_id: UUID, keep: Keep) -> Dispute:
        """Say which of two holds; the other is superseded by it, unless both do.

        A run, which can be undone.

        Raises:
            NotFound: there is no such link (`link_not_found`), or it is of another kind
                (`conflict_not_found`).
            Conflict: it is settled already (`conflict_settled`).
        """
        now = self._clock.now()
        with self._memories.work() as work:
            tie = work.ties.get(link_id)
            if tie.kind != LinkKind.CONFLICTS:
                raise NotFound(f"The link {link_id} is no conflict.", code="conflict_not_found")
            held = _held(work, tie.source_id, tie.target_id)
            run = _settling(tie, keep, now)
            work.record(run)
            work.ties.settle(link_id, keep.value, now)
            if keep is not Keep.BOTH:
                hand = _Hand(reason=SETTLED, at=now, run_id=run.id)
                _tied(work, _outcome(tie, keep), held, hand)
            return Dispute(
                tie=work.ties.get(link_id),
                a=work.memory(tie.source_id),
                b=work.memory(tie.target_id),
            )

    def entities(self, q: str | None, page: Page) -> tuple[Sequence[KnownEntity], str | None]:
        """Newest first, with the next cursor; raises InvalidInput."""
        return self._links.entities(q, page)

    def entity(self, entity_id: EntityId, page: Page) -> Gathered:
        """Raises NotFound (`entity_not_found`), or InvalidInput for the cursor."""
        known = self._links.entity(entity_id)
        found, following = self._memories.list(MemoryFilter(entity=str(entity_id)), page)
        return Gathered(known=known, memories=found, next_cursor=following)

    def _named(self, ids: Mapping[MemoryId, object]) -> Mapping[MemoryId, Memory]:
        """Those of the memories that are still there."""
        if not ids:
            return {}
        found, _ = self._memories.list(MemoryFilter(ids=tuple(ids)), Page(limit=len(ids)))
        return {memory.id: memory for memory in found}


def _held(work: LinkWork, *ids: MemoryId) -> Mapping[MemoryId, Memory]:
    """Both memories, held in one order whichever the direction, so that nobody waits in a ring."""
    return {each: work.memory(each) for each in sorted(ids)}


def _let_hold_again(work: LinkWork, tie: Tie, old: Memory, now: datetime) -> None:
    if not work.ties.superseded_otherwise(tie):
        _valid(work, old, None, _Hand(reason="", at=now))
    work.ties.reopen(tie)


def _outcome(tie: Tie, keep: Keep) -> Ends:
    kept, lost = tie.source_id, tie.target_id
    if keep is Keep.B:
        kept, lost = lost, kept
    return Ends(source_id=kept, target_id=lost, kind=LinkKind.SUPERSEDES)


def _settling(tie: Tie, keep: Keep, now: datetime) -> Run:
    ids = [str(tie.source_id), str(tie.target_id)]
    return Run(
        id=RunId(uuid4()),
        job=SETTLE,
        state="done",
        summary=f"Settled a conflict by hand: kept {keep.value}.",
        started_at=now,
        finished_at=now,
        model="",
        inputs={"link_id": str(tie.id), "memory_ids": ids},
        decisions=({"decision": "settled", "link_id": str(tie.id), "keep": keep.value},),
        cost_usd=0.0,
    )


def _tied(work: LinkWork, wanted: Ends, held: Mapping[MemoryId, Memory], hand: _Hand) -> Tie:
    old = held[wanted.target_id]
    if wanted.kind is LinkKind.SUPERSEDES and old.valid_until is None:
        _valid(work, old, hand.at, hand)
    standing = work.ties.between(wanted)
    if standing is not None:
        return standing
    link = NewLink(
        id=uuid4(),
        source_id=wanted.source_id,
        target_id=wanted.target_id,
        kind=wanted.kind.value,
        reason=hand.reason,
        at=hand.at,
        confidence=hand.confidence,
    )
    work.link(link)
    tie = work.ties.get(link.id)
    work.ties.note(tie, hand.at, stands=True, run_id=hand.run_id)
    return tie


def _valid(work: LinkWork, old: Memory, until: datetime | None, hand: _Hand) -> None:
    new = replace(old, valid_until=until, updated_at=hand.at)
    revision = changed(old, new, Actor.USER, "superseded" if until else "valid again")
    if revision is not None:
        memory = replace(new, revision=revision.revision)
        work.rewrite(Rewrite(memory=memory, revision=revision, run_id=hand.run_id))
