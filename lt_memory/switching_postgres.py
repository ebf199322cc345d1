"""The vectors of two models side by side: a second pair of columns, renamed once it is full."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from cns.ports import Database, Transaction, Vector
from cns.sql import load_queries
from lt_memory import vectors
from lt_memory.switching_ports import ModelOfVectors, Reached
from lt_memory.vector_ports import Unembedded

_SQL = load_queries(Path(__file__).with_name("switching.sql"))
_COLUMNS = re.compile(r"\bembedding(_model)?\b")
_NAMED = re.compile(r"^(CREATE INDEX) (\w+)")
# Tables that hold vectors, with the columns that the vectors are made of.
PLACES: Mapping[str, Sequence[str]] = {
    "messages": ("text",),
    "segments": ("title", "summary"),
    "memories": ("text",),
    "entities": ("name",),
}


def _of_next(statement: str) -> str:
    """The same of the columns beside: what holds for the vectors that stand holds for the new."""
    return _COLUMNS.sub(r"next_\g<0>", statement)


_NOTHING_READ = _SQL["reached"].replace("next_embedding IS NOT NULL", "false")
_NEXT = {name: _of_next(statement) for name, statement in vectors.STANDING.items()}


class PostgresSwitch:
    """Implements `lt_memory.switching_ports.SwitchStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self) -> ModelOfVectors | None:
        with self._database.transaction() as transaction:
            return _model(transaction, "standing")

    def adopt(self, model: ModelOfVectors) -> bool:
        with self._database.transaction() as transaction:
            if vectors.dimensions_held(transaction) != model.dimensions:
                return False
            _note(transaction, "standing", model)
            return True

    def prepare(self, model: ModelOfVectors) -> None:
        with self._database.transaction() as transaction:
            begun = _model(transaction, "next")
            if begun is not None and _same(begun, model):
                return
            transaction.run(_SQL["be_patient"])
            _drop_next(transaction)
            for place, texts in PLACES.items():
                _make_room(transaction, place, texts, model.dimensions)
            _note(transaction, "next", model)

    def lacking(self, limit: int) -> Sequence[Unembedded]:
        with self._database.transaction() as transaction:
            return vectors.unembedded(transaction, _NEXT, limit)

    def keep(self, made: Sequence[tuple[Unembedded, Vector]], model: str) -> int:
        with self._database.transaction() as transaction:
            return vectors.keep(transaction, _NEXT, made, model)

    def reached(self) -> Reached:
        with self._database.transaction() as transaction:
            row = transaction.one(_SQL["reached"])
        return Reached(row["done"], row["total"])

    def ahead(self, name: str) -> Reached:
        with self._database.transaction() as transaction:
            begun = _model(transaction, "next")
            is_begun = begun is not None and begun.name == name
            row = transaction.one(_SQL["reached"] if is_begun else _NOTHING_READ)
        return Reached(row["done"], row["total"])

    def switch(self, *, anyway: bool) -> bool:
        with self._database.transaction() as transaction:
            transaction.run(_SQL["be_patient"])
            transaction.run(_SQL["hold_all"])
            if not anyway and vectors.unembedded(transaction, _NEXT, 1):
                return False
            transaction.run(_SQL["forget_noted"])
            for place in PLACES:
                _take_over(transaction, place)
            transaction.run(_SQL["promote"])
            return True

    def abandon(self) -> None:
        with self._database.transaction() as transaction:
            if _model(transaction, "next") is None:
                return
            transaction.run(_SQL["be_patient"])
            _drop_next(transaction)


def _model(transaction: Transaction, place: str) -> ModelOfVectors | None:
    row = transaction.maybe(_SQL["model"], place=place)
    return ModelOfVectors(**row) if row else None


def _same(one: ModelOfVectors, other: ModelOfVectors) -> bool:
    return (one.name, one.dimensions) == (other.name, other.dimensions)


def _note(transaction: Transaction, place: str, model: ModelOfVectors) -> None:
    transaction.run(
        _SQL["note_model"],
        place=place,
        name=model.name,
        dimensions=model.dimensions,
        made_by=model.made_by,
    )


def _make_room(transaction: Transaction, place: str, texts: Sequence[str], dimensions: int) -> None:
    """The columns, an index like each that stands, and what keeps them true to their text.

    Names come from PLACES and from the catalogue, never from outside.
    """
    transaction.run(_SQL["add_columns"].format(place=place), dimensions=dimensions)
    for index in transaction.all(_SQL["indexes"], place=place):
        transaction.run(_of_next(_NAMED.sub(r"\1 next_\2", index["definition"])).replace("%", "%%"))
    transaction.run(
        _SQL["add_trigger"].format(
            place=place,
            texts=", ".join(texts),
            olds=", ".join(f"OLD.{each}" for each in texts),
            news=", ".join(f"NEW.{each}" for each in texts),
        )
    )


def _drop_next(transaction: Transaction) -> None:
    for place in PLACES:
        transaction.run(_SQL["drop_trigger"].format(place=place))
        transaction.run(_SQL["drop_next"].format(place=place))
    transaction.run(_SQL["forget_next"])


def _take_over(transaction: Transaction, place: str) -> None:
    """Renaming is a matter of the catalogue alone: no row is touched, and none is read."""
    transaction.run(_SQL["drop_trigger"].format(place=place))
    for step in ("drop_old", "rename_vector", "rename_model"):
        transaction.run(_SQL[step].format(place=place))
    for index in transaction.all(_SQL["indexes"], place=place):
        name = index["name"].removeprefix("next_")
        transaction.run(_SQL["rename_index"].format(next=index["name"], name=name))
