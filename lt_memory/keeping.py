"""Keeping candidates: a repeat strengthens, what differs is linked, the deleted stays so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from cns.errors import NotFound
from lt_memory.deduplication import Thresholds, Verdict, judged
from lt_memory.domain.memory import Actor, Candidate, Memory, MemoryId, RunId
from lt_memory.domain.revision import changed
from lt_memory.domain.sameness import is_repeat
from lt_memory.ports import Birth, Embedded, MemoryWork, NewLink, Rewrite

NEAREST = 5
Decision = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who keeps candidates, in which run if in one, from which segment, and the instant of it."""

    run_id: RunId | None
    segment_id: UUID
    at: datetime
    actor: Actor = Actor.EXTRACTION


def kept(
    work: MemoryWork,
    origin: Origin,
    thresholds: Thresholds,
    found: Sequence[tuple[Candidate, Embedded | None]],
) -> Sequence[Decision]:
    """Keep candidates in order, each compared with the ones before it too.

    Returns:
        One decision a candidate: `stored`, `repeat`, `deleted_before` or `put_away_before`, with
        the memory's id. What the user orders is kept whatever was deleted before.
    """
    return [_decided(work, origin, thresholds, each) for each in found]


def _decided(
    work: MemoryWork,
    origin: Origin,
    thresholds: Thresholds,
    found: tuple[Candidate, Embedded | None],
) -> Decision:
    candidate, vector = found
    if origin.actor is not Actor.USER and work.buried(candidate.text):
        return {"decision": "deleted_before"}
    gone = _put_away_since(work, candidate, vector)
    if origin.actor is not Actor.USER and gone is not None:
        return {"decision": "put_away_before", "memory_id": str(gone)}
    verdict = judged(candidate.text, work.near(candidate.text, vector, NEAREST), thresholds)
    if verdict.repeats is not None and _strengthened(work, origin, verdict.repeats, candidate):
        return {"decision": "repeat", "memory_id": str(verdict.repeats)}
    memory_id = _stored(work, origin, candidate, vector)
    return {
        "decision": "stored",
        "memory_id": str(memory_id),
        "links": _linked(work, origin, memory_id, verdict),
    }


def _put_away_since(
    work: MemoryWork, candidate: Candidate, vector: Embedded | None
) -> MemoryId | None:
    """The archived memory that says the same, where that was put away after this was said."""
    for each in work.near(candidate.text, vector, NEAREST, put_away=True):
        later = each.put_away_at and candidate.said_at and each.put_away_at >= candidate.said_at
        if later and is_repeat(candidate.text, each.text):
            return each.id
    return None


def _strengthened(
    work: MemoryWork, origin: Origin, memory_id: MemoryId, candidate: Candidate
) -> bool:
    """Add a candidate's evidence to the memory that it repeats; False when that is gone."""
    try:
        old = work.memory(memory_id)
    except NotFound:
        return False
    evidence = tuple(dict.fromkeys((*old.evidence, *candidate.evidence)))
    new = replace(old, evidence=evidence, updated_at=origin.at)
    revision = changed(old, new, origin.actor, "said again")
    if revision is not None:
        work.support(memory_id, candidate.evidence)
        work.rewrite(Rewrite(
            memory=replace(new, revision=revision.revision),
            revision=revision,
            run_id=origin.run_id,
        ))  # fmt: skip
    return True


def _stored(
    work: MemoryWork, origin: Origin, candidate: Candidate, vector: Embedded | None
) -> MemoryId:
    memory = Memory(
        id=MemoryId(uuid4()),
        text=candidate.text,
        created_at=origin.at,
        updated_at=origin.at,
        kind=candidate.kind,
        confidence=candidate.confidence,
        happens_at=candidate.happens_at,
        expires_at=candidate.expires_at,
        segment_id=origin.segment_id,
        evidence=candidate.evidence,
    )
    work.add(Birth(
        memory=memory,
        actor=origin.actor,
        names=candidate.entities,
        vector=vector,
        run_id=origin.run_id,
    ))  # fmt: skip
    return memory.id


def _linked(
    work: MemoryWork, origin: Origin, memory_id: MemoryId, verdict: Verdict
) -> list[dict[str, str]]:
    for neighbour in verdict.neighbours:
        work.link(NewLink(
            id=uuid4(),
            source_id=memory_id,
            target_id=neighbour.id,
            kind=neighbour.kind,
            reason=neighbour.reason,
            at=origin.at,
            run_id=origin.run_id,
        ))  # fmt: skip
    return [{"kind": n.kind, "memory_id": str(n.id)} for n in verdict.neighbours]
