"""All rows of a database as text, to see what was changed and what was put back byte for byte."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from cns.ports import Database

Digest = Mapping[str, Sequence[str]]
# Which runs there were and what they changed, and what tells of changes as they come.
LOGS = frozenset({
    "runs",
    "run_changes",
    "run_scores",
    "memory_revisions",
    "ended_links",
    "past_names",
    "text_changes",
    "spending",
    "embedding_models",
    "spending_promises",
    "batches_to_cancel",
    "jobs",
    "job_runs",
})  # fmt: skip
# What was looked at, so that nothing is paid for twice.
JUDGED = frozenset({"judged_pairs", "linked_memories", "judged_names", "examined_entities"})
# Marks of what was worked through: what was taken back is not worked through again by itself.
MARKS: Mapping[str, Sequence[str]] = {
    "knowledge_marks": ("taken_up_to", "refusals"),
    "segments": ("extracted_at",),
}
# What was drawn from memories goes when they change, and is drawn anew within the hour.
DRAWN = frozenset({"user_information"})
COLUMNS = """
SELECT table_name AS place, array_agg(column_name::text ORDER BY ordinal_position) AS columns
FROM information_schema.columns
WHERE table_schema = 'public' AND is_updatable = 'YES' GROUP BY table_name ORDER BY table_name
"""
ROWS = "SELECT ({columns})::text AS row FROM {place} ORDER BY 1"
CUT = 300  # characters of a row that is shown


def everything(database: Database, *, but: Collection[str] = frozenset()) -> Digest:
    """Every row of every table, with all its columns."""
    return _rows(database, but, {})


def undoable(database: Database, *, but: Collection[str] = frozenset()) -> Digest:
    """Every row and column but the logs and the marks: what undoing a run puts back."""
    return _rows(database, LOGS | JUDGED | frozenset(but), MARKS)


def _rows(
    database: Database, but: Collection[str], left_out: Mapping[str, Sequence[str]]
) -> Digest:
    with database.transaction() as tx:
        tx.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        places = {row["place"]: row["columns"] for row in tx.all(COLUMNS)}
        return {
            place: [row["row"] for row in tx.all(_query(place, columns, left_out))]
            for place, columns in places.items()
            if place not in but
        }


def _query(place: str, columns: Sequence[str], left_out: Mapping[str, Sequence[str]]) -> str:
    kept = [f'"{each}"' for each in columns if each not in left_out.get(place, ())]
    return ROWS.format(place=place, columns=f"ROW({', '.join(kept)})")


def differences(before: Digest, after: Digest) -> list[str]:
    """What came and what went, by table; empty when both are the same to the byte."""
    return [line for place in sorted({*before, *after}) for line in _lines(place, before, after)]


def _lines(place: str, before: Digest, after: Digest) -> Iterator[str]:
    was, becomes = before.get(place, ()), after.get(place, ())
    for row in was:
        if row not in becomes:
            yield f"- {place} {row[:CUT]}"
    for row in becomes:
        if row not in was:
            yield f"+ {place} {row[:CUT]}"
    if len(was) != len(becomes):
        yield f"{place}: {len(was)} rows, then {len(becomes)}"
