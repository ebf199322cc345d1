"""Rows of recall's statements as values."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from cns.ports import Row
from lt_memory.domain.following import Bond, Replaced
from lt_memory.domain.fusion import Considerable, Name, substance
from lt_memory.ports import Scored
from lt_memory.recall_ports import Considered, Details, Told

_Value = TypeVar("_Value")
THINGS = frozenset({"message", "memory", "segment"})


def considered(rows: Sequence[Row], words: Sequence[Scored]) -> Considered:
    """What the statement `candidates` brought, or with details the statement `whole`."""
    by_kind: dict[str, list[Row]] = {}
    for row in rows:
        by_kind.setdefault(row["kind"], []).append(row)
    worded = {hit.id: hit for hit in words}
    replaced = [_replaced(row, worded) for row in by_kind.get("replaced", ())]
    names = _grouped((row["id"], _name(row)) for row in by_kind.get("called", ()))
    sources = _grouped((row["id"], row["other_id"]) for row in by_kind.get("drawn", ()))
    things = [row for kind in THINGS for row in by_kind.get(kind, ())]
    return Considered(
        candidates=[
            _considerable(
                row,
                worded.get(row["id"]),
                names.get(row["id"], ()) if names else (),
                sources.get(row["id"], ()) if sources else (),
            )
            for row in things
        ],
        bonds=[
            Bond(
                one=row["id"],
                other=row["other_id"],
                link=row["link"],
                confidence=row["importance"],
            )
            for row in by_kind.get("linked", ())
        ],
        replaced=replaced,
        text_is_behind="behind" in by_kind,
        details=told_of(told) if (told := by_kind.get("told")) is not None else None,
    )


def told_of(rows: Sequence[Row]) -> Details:
    """What the statement `details` brought."""
    return Details(
        told={row["id"]: _told(row) for row in rows if row["told"] != "conflict"},
        conflicts=_both_ways(row for row in rows if row["told"] == "conflict"),
    )


def _both_ways(rows: Iterable[Row]) -> Mapping[UUID, Sequence[UUID]]:
    pairs = [(row["id"], row["other_id"]) for row in rows]
    found = _grouped({*pairs, *((other, one) for one, other in pairs)})
    return {one: sorted(others) for one, others in found.items()}


def _grouped(pairs: Iterable[tuple[UUID, _Value]]) -> dict[UUID, list[_Value]]:
    grouped: dict[UUID, list[_Value]] = {}
    for key, value in pairs:
        grouped.setdefault(key, []).append(value)
    return grouped


def _considerable(
    row: Row, worded: Scored | None, names: Sequence[Name], sources: Sequence[UUID]
) -> Considerable:
    return Considerable(
        kind=row["kind"],
        id=row["id"],
        created_at=row["created_at"],
        cosine=row["cosine"],
        words=0.0 if worded is None else worded.score,
        coverage=0.0 if worded is None else worded.coverage,
        importance=row["importance"],
        substance=1.0 if row["letters"] is None else substance(row["letters"], asks=row["asks"]),
        happens_at=row["happens_at"],
        names=(*names, Name(text=row["name"], person=True)) if row["name"] else tuple(names),
        of_user=row["of_user"],
        dormant=row["dormant"],
        sources=tuple(sources),
        wording=row["wording"],
    )


def _name(row: Row) -> Name:
    return Name(text=row["name"], person=row["link"] == "person")


def _replaced(row: Row, worded: Mapping[UUID, Scored]) -> Replaced:
    hit = worded.get(row["id"])
    return Replaced(
        id=row["id"],
        by=row["other_id"],
        hops=row["hops"],
        cosine=row["cosine"],
        words=0.0 if hit is None else hit.score,
        coverage=0.0 if hit is None else hit.coverage,
    )


def _told(row: Row) -> Told:
    return Told(
        kind=row["told"],
        id=row["id"],
        text=row["text"],
        created_at=row["created_at"],
        source_message_ids=tuple(row["sources"]),
        segment_id=row["segment_id"],
        external_id=row["external_id"],
        speaker=row["speaker"],
        before=row["before"] or "",
        after=row["after"] or "",
    )
