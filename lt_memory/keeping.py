"""Keeping candidates: a repeat strengthens, what differs is linked, the deleted stays so."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from cns.errors import NotFound
from lt_memory.deduplication import SUPERSEDES, Neighbour, Thresholds, Verdict, judged
from lt_memory.domain.correction import without_denial
from lt_memory.domain.memory import (
    Actor,
    Candidate,
    EntityName,
    Memory,
    MemoryId,
    Source,
    Trust,
)
from lt_memory.domain.patch import applied, fits
from lt_memory.domain.revision import changed
from lt_memory.domain.sameness import is_repeat
from lt_memory.domain.timing import dated
from lt_memory.domain.trust import waits
from lt_memory.ports import Birth, Embedded, MemoryWork, Rewrite
from lt_memory.receiving import received
from lt_memory.storing import NEAREST, Decision, Origin, linked
from lt_memory.superseding import Succession, end, succession


def kept(
    work: MemoryWork,
    origin: Origin,
    thresholds: Thresholds,
    found: Sequence[tuple[Candidate, Embedded | None]],
) -> Sequence[Decision]:
    """Keep candidates in order, each compared with the ones before it too.

    Returns:
        One decision a candidate: `stored`, `waits`, `repeat`, `deleted_before`, `refused`,
        `put_away_before` or `known_otherwise`, with the memory's id. What the user orders is kept
        whatever was deleted before, and never waits.
    """
    settled = [_settled(work, origin, candidate) for candidate, _ in found]
    return [
        {"decision": "known_otherwise", "memory_id": str(known)}
        if known
        else _taken(work, origin, thresholds, each)
        for known, each in zip(settled, found, strict=True)
    ]


def _settled(work: MemoryWork, origin: Origin, candidate: Candidate) -> MemoryId | None:
    """The memory of the same words that the user has put right since; asked before any is kept."""
    if origin.actor is Actor.USER or not candidate.evidence:
        return None
    return work.settled(candidate.evidence)


def _taken(
    work: MemoryWork,
    origin: Origin,
    thresholds: Thresholds,
    found: tuple[Candidate, Embedded | None],
) -> Decision:
    """What is not believed at once goes another way; what was erased meanwhile goes none."""
    candidate, vector = found
    if not work.still_said(candidate.evidence):
        return {"decision": "refused", "reason": "its words were erased"}
    if candidate.patch is not None:
        candidate, vector = _patched(work, origin, candidate, vector), None
        if candidate.patch is not None:
            return {"decision": "refused", "reason": "it puts right what nobody said"}
    strange = candidate.provenance is not None
    if strange or (origin.actor is not Actor.USER and waits(origin.review, None)):
        return received(work, origin, thresholds, (candidate, vector))
    return _decided(work, origin, thresholds, (candidate, vector))


def _decided(
    work: MemoryWork,
    origin: Origin,
    thresholds: Thresholds,
    found: tuple[Candidate, Embedded | None],
) -> Decision:
    candidate, vector = found
    until = candidate.said_at or origin.at
    if origin.actor is not Actor.USER and work.buried(candidate.text, said_at=until):
        return {"decision": "deleted_before"}
    gone = _put_away_since(work, candidate, vector)
    if origin.actor is not Actor.USER and gone is not None:
        return {"decision": "put_away_before", "memory_id": str(gone)}
    near = work.near(candidate.text, vector, NEAREST)
    verdict = judged(without_denial(candidate.text), near, thresholds)
    coming = succession(work, candidate, near, verdict, until)
    for _, old in coming.ended:
        end(work, origin, old, until)
    repeated = verdict.repeats
    if repeated is not None and _strengthened(work, origin, repeated, candidate, coming):
        links = linked(work, origin, repeated, coming.links)
        return {"decision": "repeat", "memory_id": str(repeated), "links": links}
    memory_id = _stored(work, origin, candidate, vector, pinned=coming.pinned)
    links = linked(work, origin, memory_id, [*coming.links, *_others(verdict, coming)])
    return {"decision": "stored", "memory_id": str(memory_id), "links": links}


def _others(verdict: Verdict, coming: Succession) -> Sequence[Neighbour]:
    named = {each.id for each in coming.links}
    return [each for each in verdict.neighbours if each.id not in named and each.kind != SUPERSEDES]


def _patched(
    work: MemoryWork, origin: Origin, candidate: Candidate, vector: Embedded | None
) -> Candidate:
    """The statement that a bare correction makes of the memory that it is about.

    The candidate comes back as it was where nothing known holds the value that it takes back.
    """
    patch = candidate.patch
    if patch is None or candidate.said_at is None:
        return candidate
    for near in work.near(candidate.text, vector, NEAREST):
        old = work.memory(near.id)
        if fits(patch, old.text) and (patch.topic or old.segment_id == origin.segment_id):
            text = applied(patch, old.text, candidate.said_at, origin.zone)
            return _instead_of(old, candidate, text, origin)
    return candidate


def _instead_of(old: Memory, candidate: Candidate, text: str, origin: Origin) -> Candidate:
    named = tuple(EntityName(name=each.name, kind=each.kind) for each in old.entities)
    times = dated(text, candidate.said_at or origin.at, origin.zone)
    return replace(
        candidate,
        text=times.text,
        kind=old.kind,
        evidence=(*old.evidence, *candidate.evidence),
        happens_at=times.happens_at or candidate.happens_at,
        expires_at=times.expires_at or candidate.expires_at,
        entities=(*(each for each in named if each.name in text), *candidate.entities),
        rewords=old.id,
        patch=None,
    )


def _put_away_since(
    work: MemoryWork, candidate: Candidate, vector: Embedded | None
) -> MemoryId | None:
    """The archived memory that says the same, where that was put away after this was said."""
    for each in work.near(candidate.text, vector, NEAREST, put_away=True):
        later = each.put_away_at and candidate.said_at and each.put_away_at >= candidate.said_at
        if later and each.trusted and is_repeat(candidate.text, each.text):
            return each.id
    return None


def _strengthened(
    work: MemoryWork,
    origin: Origin,
    memory_id: MemoryId,
    candidate: Candidate,
    coming: Succession,
) -> bool:
    """Add a candidate's evidence to the memory that it repeats; False when that is gone."""
    try:
        old = work.memory(memory_id)
    except NotFound:
        return False
    evidence = tuple(dict.fromkeys((*old.evidence, *candidate.evidence)))
    pinned = old.pinned or coming.pinned
    new = replace(
        old,
        evidence=evidence,
        pinned=pinned,
        updated_at=origin.at,
        source=Source.USER,  # said by the user now, whoever said it first
        trust=Trust.TRUSTED,
    )
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
    work: MemoryWork,
    origin: Origin,
    candidate: Candidate,
    vector: Embedded | None,
    *,
    pinned: bool,
) -> MemoryId:
    memory = Memory(
        id=MemoryId(uuid4()),
        text=candidate.text,
        created_at=origin.at,
        updated_at=origin.at,
        kind=candidate.kind,
        confidence=candidate.confidence,
        pinned=pinned,
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
