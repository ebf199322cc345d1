"""What is not believed at once is stored with its label: it changes nothing that is known."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from lt_memory.deduplication import CONFLICTS, SUPERSEDES, Neighbour, Thresholds, Verdict, judged
from lt_memory.domain.memory import (
    LONGEST,
    Candidate,
    Memory,
    MemoryId,
    Source,
    State,
    Trust,
)
from lt_memory.domain.trust import names_known, plainest, said_in, seen, waits
from lt_memory.domain.wording import same_words
from lt_memory.ports import Birth, Embedded, MemoryWork
from lt_memory.storing import NEAREST, Decision, Origin, linked

# From one place, or a part of it: nobody looks through more, and no page may bury the others.
MOST_WAITING = 50


def received(
    work: MemoryWork,
    origin: Origin,
    thresholds: Thresholds,
    found: tuple[Candidate, Embedded | None],
) -> Decision:
    """Store it, waiting where it is to; a repeat of what is known adds nothing to that."""
    candidate, vector = found
    places = _places(candidate)
    text = seen(candidate.text) if candidate.provenance else candidate.text
    # What a page says it says for ever: only the user's own words are said anew.
    said_at = None if candidate.provenance else candidate.said_at or origin.at
    part = candidate.provenance.part if candidate.provenance else ""
    refusal = _refusal(work, text, plainest(places), said_at) or _crowding(
        work, text, part or plainest(places)
    )
    if refusal:
        return {"decision": "refused", "reason": refusal}
    verdict = judged(text, work.near(text, vector, NEAREST), thresholds)
    if verdict.repeats is not None:
        return {"decision": "repeat", "memory_id": str(verdict.repeats), "links": []}
    waiting = waits(origin.review, candidate.provenance)
    memory = _memory(replace(candidate, text=text), origin, places, waiting=waiting)
    work.add(Birth(
        memory=memory,
        actor=origin.actor,
        names=names_known(memory, candidate.entities),
        vector=vector,
        run_id=origin.run_id,
    ))  # fmt: skip
    if waiting:
        return {"decision": "waits", "memory_id": str(memory.id)}
    links = linked(work, origin, memory.id, beside(verdict))
    return {"decision": "stored", "memory_id": str(memory.id), "links": links}


def beside(verdict: Verdict) -> Sequence[Neighbour]:
    """The neighbours, none of them superseded: which of two holds is for the user to say."""
    return [
        replace(each, kind=CONFLICTS) if each.kind == SUPERSEDES else each
        for each in verdict.neighbours
    ]


def _places(candidate: Candidate) -> tuple[str, ...]:
    if candidate.provenance is None:
        return said_in(candidate.evidence)
    return candidate.provenance.places


def _refusal(work: MemoryWork, text: str, origin: str, said_at: datetime | None) -> str | None:
    if not text:
        return "it has no words"
    if len(text) > LONGEST:
        return f"it has more than {LONGEST} characters"
    if work.buried(text, origin, said_at):
        return "it was deleted, or refused from there, before"
    return None


def _crowding(work: MemoryWork, text: str, origin: str) -> str | None:
    """What waits from there already stands in its way."""
    waiting = work.waiting_from(origin, MOST_WAITING)
    if len(waiting) == MOST_WAITING:
        return f"{MOST_WAITING} from there wait already"
    if same_words(text) in map(same_words, waiting):
        return "it waits already"
    return None


def _memory(
    candidate: Candidate, origin: Origin, places: tuple[str, ...], *, waiting: bool
) -> Memory:
    provenance = candidate.provenance
    return Memory(
        id=MemoryId(uuid4()),
        text=candidate.text,
        created_at=origin.at,
        updated_at=origin.at,
        kind=candidate.kind,
        confidence=candidate.confidence,
        source=provenance.source if provenance else Source.USER,
        trust=Trust.UNTRUSTED if provenance else Trust.TRUSTED,
        state=State.PENDING if waiting else State.ACTIVE,
        happens_at=candidate.happens_at,
        expires_at=candidate.expires_at,
        segment_id=origin.segment_id,
        evidence=candidate.evidence,
        origins=places,
    )
