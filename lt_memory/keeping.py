"""Keeping candidates: a repeat strengthens, what differs is linked, the deleted stays so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from cns.errors import NotFound
from lt_memory.deduplication import Thresholds, Verdict, judged
from lt_memory.domain.memory import Actor, Candidate, Memory, MemoryId, RunId
from lt_memory.domain.revision import changed
from lt_memory.ports import Birth, Embedded, MemoryWork, NewLink, Rewrite

NEAREST = 5
Decision = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The run that candidates come from, their segment, and the instant of keeping."""

    run_id: RunId
    segment_id: UUID
    at: datetime


def kept(
    work: MemoryWork,
    origin: Origin,
    thresholds: Thresholds,
    found: Sequence[tuple[Candidate, Embedded | None]],
) -> Sequence[Decision]:
    """Keep candidates in order, each compared with the ones before it too.

    Returns:
        One decision a candidate: `stored`, `repeat` or `deleted_before`, with the memory's id.
    """
    return [_decided(work, origin, thresholds, each) for each in found]


def _decided(
    work: MemoryWork,
    origin: Origin,
    thresholds: Thresholds,
    found: tuple[Candidate, Embedded | None],
) -> Decision:
    candidate, vector = found
    if work.buried(candidate.text):
        return {"decision": "deleted_before"}
    verdict = judged(candidate.text, work.near(candidate.text, vector, NEAREST), thresholds)
    if verdict.repeats is not None and _strengthened(work, origin, verdict.repeats, candidate):
        return {"decision": "repeat", "memory_id": str(verdict.repeats)}
    memory_id = _stored(work, origin, candidate, vector)
    return {
        "decision": "stored",
        "memory_id": str(memory_id),
        "links": _linked(work, origin, memory_id, verdict),
    }


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
    revision = changed(old, new, Actor.EXTRACTION, "said again")
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
        actor=Actor.EXTRACTION,
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
