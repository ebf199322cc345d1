"""What is asked of the columns that hold vectors."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cns.ports import Transaction, Vector
from cns.sql import as_halfvec, load_queries
from lt_memory.vector_ports import Unembedded

_SQL = load_queries(Path(__file__).with_name("vectors.sql"))
_KINDS = ("message", "memory", "segment", "entity")
STANDING: Mapping[str, str] = {
    name: _SQL[name] for name in ("without_vector", *(f"keep_{kind}" for kind in _KINDS))
}


def dimensions_held(transaction: Transaction) -> int:
    """How many numbers a vector has in the columns that stand."""
    return int(transaction.one(_SQL["held"])["dimensions"])


def unembedded(
    transaction: Transaction, statements: Mapping[str, str], limit: int
) -> Sequence[Unembedded]:
    """Texts without a vector, the newest messages first, by statements like STANDING."""
    rows = transaction.all(statements["without_vector"], limit=limit)
    return [Unembedded(kind=row["kind"], id=row["id"], text=row["text"]) for row in rows]


def keep(
    transaction: Transaction,
    statements: Mapping[str, str],
    made: Sequence[tuple[Unembedded, Vector]],
    model: str,
) -> int:
    """Store vectors, but for texts that changed meanwhile, by statements like STANDING."""
    return sum(
        transaction.run(
            statements[f"keep_{kind}"],
            ids=[text.id for text, _ in these],
            texts=[text.text for text, _ in these],
            vectors=[as_halfvec(vector) for _, vector in these],
            model=model,
        )
        for kind in _KINDS
        if (these := [each for each in made if each[0].kind == kind])
    )


def forget_others(transaction: Transaction, model: str) -> int:
    """Drop vectors that another model made; how many there were."""
    return sum(transaction.run(_SQL[f"forget_{kind}"], model=model) for kind in _KINDS)
