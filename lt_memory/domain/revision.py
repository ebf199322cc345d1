"""What a change of a memory is recorded as: only the fields that changed, JSON-shaped."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from lt_memory.domain.memory import Actor, Evidence, Kind, Memory, Revision, State

Fields = Mapping[str, object]


def fields_of(memory: Memory) -> Fields:
    """All that a revision may speak of."""
    return {
        "text": memory.text,
        "kind": memory.kind.value,
        "confidence": memory.confidence,
        "state": memory.state.value,
        "pinned": memory.pinned,
        "happens_at": _instant(memory.happens_at),
        "expires_at": _instant(memory.expires_at),
        "valid_until": _instant(memory.valid_until),
        "source": memory.source.value,
        "trust": memory.trust.value,
        "segment_id": None if memory.segment_id is None else str(memory.segment_id),
        "evidence": [_place(piece) for piece in memory.evidence],
    }


def born(memory: Memory, actor: Actor) -> Revision:
    """The first revision of a memory."""
    return Revision(
        revision=1,
        at=memory.created_at,
        actor=actor,
        change="created",
        before=None,
        after=dict(fields_of(memory)),
    )


def changed(old: Memory, new: Memory, actor: Actor, change: str) -> Revision | None:
    """The revision that leads from one to the other; None when nothing changed."""
    before, after = fields_of(old), fields_of(new)
    differing = [name for name in before if before[name] != after[name]]
    if not differing:
        return None
    return Revision(
        revision=old.revision + 1,
        at=new.updated_at,
        actor=actor,
        change=change,
        before={name: before[name] for name in differing},
        after={name: after[name] for name in differing},
    )


def after_revision(history: Sequence[Revision], number: int) -> Fields | None:
    """What a memory was after that revision; None when there is none, or it was gone then."""
    if number not in {each.revision for each in history}:
        return None
    fields: Fields | None = None
    for step in history:
        if step.revision <= number:
            fields = None if step.after is None else {**(fields or {}), **step.after}
    return fields


def with_fields(memory: Memory, fields: Fields) -> Memory:
    """The memory with those fields again that a revision may change, its evidence apart."""
    return replace(
        memory,
        text=str(fields["text"]),
        kind=Kind(str(fields["kind"])),
        confidence=float(str(fields["confidence"])),
        state=State(str(fields["state"])),
        pinned=bool(fields["pinned"]),
        happens_at=_moment(fields.get("happens_at")),
        expires_at=_moment(fields.get("expires_at")),
        valid_until=_moment(fields.get("valid_until")),
    )


def _moment(told: object) -> datetime | None:
    return None if told is None else datetime.fromisoformat(str(told))


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _place(piece: Evidence) -> dict[str, object]:
    return {"message_id": str(piece.message_id), "start": piece.start, "end": piece.end}
