"""Takes back what a run changed, row by row, and does it again; whatever the table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cns.errors import Conflict
from cns.ports import Row, Transaction
from lt_memory.drawn import is_drawn_from_what_holds

_DERIVED = ("embedding", "embedding_model")  # they follow from the text
_RUNG = ("state", "dormant_at", "archived_at", "deletion_announced_at")  # no change of what it says


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A table of the journal.

    Attributes:
        key: its primary key's columns.
        settled: a row that the run made is only taken back as the run made it.
        used_by: tables and columns that may point to a row: while one does, the row stays.
        needs: what must be there for a row to come back: column, table.
        holds: whether a row may come back as it was; None: it always may.
        cut: a row that went since was cut by hand, and is not made again with the run.
    """

    key: tuple[str, ...]
    settled: bool = False
    used_by: tuple[tuple[str, str], ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    holds: Callable[[Transaction, Mapping[str, object]], bool] | None = None
    cut: bool = False


_MEMORY = ("memory_id", "memories")
PLACES: Mapping[str, Place] = {
    "memories": Place(key=("id",), settled=True),
    "memory_standing": Place(key=("memory_id",), needs=(_MEMORY,)),
    "memory_evidence": Place(key=("memory_id", "message_id", "start_at"), needs=(_MEMORY,)),
    "memory_origins": Place(key=("memory_id", "origin"), needs=(_MEMORY,)),
    "refusals": Place(key=("memory_id", "text_hash"), needs=(_MEMORY,)),
    "memory_links": Place(
        key=("id",),
        settled=True,
        needs=(("source_id", "memories"), ("target_id", "memories")),
        cut=True,
    ),
    "memory_entities": Place(
        key=("memory_id", "entity_id"), needs=(_MEMORY, ("entity_id", "entities"))
    ),
    "entities": Place(
        key=("id",), used_by=(("memory_entities", "entity_id"), ("entity_aliases", "entity_id"))
    ),
    "entity_aliases": Place(key=("entity_id", "name"), needs=(("entity_id", "entities"),)),
    "user_information": Place(key=("one",), settled=True, holds=is_drawn_from_what_holds),
    "knowledge_blocks": Place(key=("id",)),
    "knowledge_versions": Place(
        key=("block_id", "version"), settled=True, needs=(("block_id", "knowledge_blocks"),)
    ),
}
# Names and columns come from PLACES and from the journal that triggers wrote, never from outside.
_AT = "({key}) = (SELECT {key} FROM jsonb_populate_record(NULL::{name}, %(key)s::jsonb))"
_READ = (  # without what is made beside while embedding models are switched
    "SELECT to_jsonb(t) - ARRAY['next_embedding', 'next_embedding_model'] AS image"
    " FROM {name} t WHERE {at} FOR UPDATE"
)
_DELETE = "DELETE FROM {name} t WHERE {at}"
_MAKE = (
    "INSERT INTO {name} SELECT made.* FROM jsonb_populate_record(NULL::{name}, %(image)s::jsonb)"
    " AS made WHERE {there} ON CONFLICT DO NOTHING"
)
_REWRITE = (
    "UPDATE {name} t SET ({columns}) = (SELECT {columns} FROM"
    " jsonb_populate_record(NULL::{name}, %(image)s::jsonb)) WHERE {at}"
)
_NEEDED = "EXISTS (SELECT FROM {table} n WHERE n.id = made.{column})"
_USED = "SELECT 1 AS used FROM {table} WHERE {column} = %(id)s::uuid LIMIT 1"
_OTHERS = "SELECT 1 AS found FROM embedding_models WHERE place = 'standing' AND name <> %(name)s"
_LET_GO = "DELETE FROM run_changes WHERE seq = ANY (%(seqs)s::bigint[])"
_KEEP_IMAGE = "UPDATE run_changes SET after = %(image)s::jsonb WHERE seq = %(seq)s"


def standing(tx: Transaction, changes: Sequence[Row]) -> Sequence[Row]:
    """The changed rows that are still as the run left them; the journal lets go of the others.

    What sank and woke by itself holds nothing up: it is as it should be already.
    """
    kept = [each for each in changes if _stands(tx, each)]
    gone = {each["seq"] for each in changes} - {each["seq"] for each in kept}
    tx.run(_LET_GO, seqs=sorted(gone))
    return kept


def _stands(tx: Transaction, change: Row) -> bool:
    if change["before"] is None or change["after"] is None:
        return True
    image = _image(tx, change["place"], change["key"])
    return image is not None and all(
        image[column] == told for column, told in _told(change["after"]).items()
    )


def take_back(tx: Transaction, changes: Sequence[Row]) -> None:
    """Undo changes, the newest first; what has gone since stays gone.

    Raises:
        Conflict: a row was changed since (`run_overtaken`).
    """
    for change in reversed(changes):
        place, before, after = change["place"], change["before"], change["after"]
        if before is None:
            _unmake(tx, change)
        elif after is None:
            _make(tx, place, before)
        else:
            _rewrite(tx, change, stands=after, becomes=before)


def do_again(tx: Transaction, changes: Sequence[Row]) -> None:
    """Make changes that were taken back, the oldest first; what others use by now stays.

    Raises:
        Conflict: a row was changed since (`run_overtaken`).
    """
    for change in changes:
        place, before, after = change["place"], change["before"], change["after"]
        if before is None:
            _make(tx, place, after)
        elif after is None:
            if not _used(tx, PLACES[place], change["key"]):
                _delete(tx, place, change["key"])
        else:
            _rewrite(tx, change, stands=before, becomes=after)


def _unmake(tx: Transaction, change: Row) -> None:
    """Take a row away that the run made; its image, with its vector, is kept for doing it again."""
    name, place = change["place"], PLACES[change["place"]]
    image = _image(tx, name, change["key"])
    if image is None:
        _refuse_what_went(name)
        if place.cut:
            tx.run(_LET_GO, seqs=[change["seq"]])
        return
    if _used(tx, place, change["key"]):
        return
    if place.settled and _said(image) != _said(change["after"]):
        raise _overtaken(name)
    tx.run(_KEEP_IMAGE, image=image, seq=change["seq"])
    _delete(tx, name, change["key"])


def _make(tx: Transaction, name: str, image: Mapping[str, object]) -> None:
    _refuse_what_holds_no_longer(tx, name, image)
    place = PLACES[name]
    present = _image(tx, name, image) if place.settled else None
    if present is not None and _said(present) != _said(image):
        raise _overtaken(name)
    needed = (_NEEDED.format(table=table, column=column) for column, table in place.needs)
    there = " AND ".join(("true", *needed))
    tx.run(_MAKE.format(name=name, there=there), image=_comparable(tx, image))


def _delete(tx: Transaction, name: str, key: Mapping[str, object]) -> None:
    tx.run(_DELETE.format(name=name, at=_at(name)), key=key)


def _rewrite(
    tx: Transaction, change: Row, *, stands: Mapping[str, object], becomes: Mapping[str, object]
) -> None:
    """Give the changed columns other values, if they hold what they are said to hold."""
    name = change["place"]
    image = _image(tx, name, change["key"])
    if image is None and becomes.get("by_hand"):  # the user's words rest on nothing that can go
        _make(tx, name, becomes)
        return
    if image is None:
        _refuse_what_went(name)
        return
    if any(image[column] != told for column, told in _told(stands).items()):
        raise _overtaken(name)
    _refuse_what_holds_no_longer(tx, name, {**image, **becomes})
    columns = ", ".join(f'"{column}"' for column in sorted(becomes))
    statement = _REWRITE.format(name=name, columns=columns, at=_at(name))
    tx.run(statement, key=change["key"], image=_comparable(tx, becomes))


def _comparable(tx: Transaction, image: Mapping[str, object]) -> Mapping[str, object]:
    """Without the vector of a model that was relieved since: a job makes one by the present one."""
    made_by = image.get("embedding_model")
    if made_by is None or tx.maybe(_OTHERS, name=made_by) is None:
        return image
    return {**image, **dict.fromkeys(_DERIVED)}


def _refuse_what_holds_no_longer(tx: Transaction, name: str, image: Mapping[str, object]) -> None:
    holds = PLACES[name].holds
    if holds is not None and not holds(tx, image):
        raise Conflict(
            f"What would come back in {name} was drawn from memories that say otherwise by now:"
            " let its job write it anew.",
            code="run_overtaken",
        )


def _refuse_what_went(name: str) -> None:
    if PLACES[name].holds is not None:
        raise Conflict(
            f"What this run wrote in {name} went since, with what it was drawn from: there is"
            " nothing to take back.",
            code="run_overtaken",
        )


def _image(tx: Transaction, name: str, key: Mapping[str, object]) -> Mapping[str, object] | None:
    """The row as it is now, held; None when it is gone."""
    row = tx.maybe(_READ.format(name=name, at=_at(name)), key=key)
    return None if row is None else row["image"]


def _at(name: str) -> str:
    """The condition that finds the row of `%(key)s`."""
    return _AT.format(key=", ".join(PLACES[name].key), name=name)


def _used(tx: Transaction, place: Place, key: Mapping[str, object]) -> bool:
    return any(
        tx.maybe(_USED.format(table=table, column=column), id=key["id"])
        for table, column in place.used_by
    )


def _told(image: Mapping[str, object]) -> dict[str, object]:
    return {column: value for column, value in image.items() if column not in _DERIVED}


def _said(image: Mapping[str, object]) -> dict[str, object]:
    return {column: value for column, value in _told(image).items() if column not in _RUNG}


def _overtaken(name: str) -> Conflict:
    return Conflict(
        f"What this run changed in {name} was changed again since: take that back first.",
        code="run_overtaken",
    )
