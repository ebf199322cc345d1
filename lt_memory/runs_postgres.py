"""Runs in PostgreSQL: seen, taken back, done again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from cns import paging
from cns.domain.stream import Usage
from cns.errors import Conflict, NotFound
from cns.ports import Database, Page, Row, Transaction
from cns.sql import load_queries
from lt_memory import journal
from lt_memory.domain.memory import MemoryId, RunId
from lt_memory.domain.run import Rewritten, Run, RunRecord, RunScore
from lt_memory.drawn import brought_back
from lt_memory.linking import BY_HAND
from lt_memory.rows import run_revision_from

LISTED = 100  # revisions of each run in a list: a night may have made thousands
LADDER = "decay"  # moves that use takes back by itself
ERASED = "This run erased memories for good, as had been announced: it cannot be undone."
FINAL = {
    "score": "What the scores were before this run is kept for a week: it is too old to be undone."
    " Run the job anew to have every memory scored as things stand.",
}
SQL = load_queries(Path(__file__).with_name("runs.sql"))


class PostgresRuns:
    """Implements `lt_memory.ports.RunStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, job: str | None, page: Page) -> tuple[Sequence[RunRecord], str | None]:
        below_at, below_id = paging.position(page.cursor)
        with self._database.transaction() as tx:
            rows = tx.all(
                SQL["runs"],
                ids=None,
                job=job,
                below_at=below_at,
                below_id=below_id,
                limit=page.limit + 1,
            )
            found = _complete(tx, rows[: page.limit], LISTED)
        if len(rows) <= page.limit:
            return found, None
        return found, paging.moment(found[-1].run.started_at, found[-1].run.id)

    def get(self, run_id: RunId) -> RunRecord:
        with self._database.transaction() as tx:
            rows = tx.all(
                SQL["runs"], ids=[run_id], job=None, below_at=None, below_id=None, limit=1
            )
            if not rows:
                raise _no_run(run_id)
            return _complete(tx, rows)[0]

    def scores(self, run_id: RunId, page: Page) -> tuple[Sequence[RunScore], str | None]:
        beyond = paging.beyond(page.cursor)
        with self._database.transaction() as tx:
            if tx.maybe(SQL["known"], run_id=run_id) is None:
                raise _no_run(run_id)
            rows = tx.all(SQL["scores"], run_id=run_id, beyond=beyond, limit=page.limit + 1)
        found = [_score_from(row) for row in rows[: page.limit]]
        return found, paging.after(found[-1].memory_id) if len(rows) > page.limit else None

    def undo(self, run_id: RunId, at: datetime) -> None:
        with self._database.transaction() as tx:
            job = _held(tx, run_id, "done")
            _refuse_overtaken(tx, run_id)
            with brought_back(tx, run_id):
                changes = _changes(tx, run_id)
                if job == LADDER:
                    changes = list(journal.standing(tx, changes))
                journal.take_back(tx, changes)
            _turn_scores(tx, run_id, undo=True)
            for row in reversed(tx.all(SQL["own_revisions"], run_id=run_id)):
                _replayed(tx, run_id, at, f"undid: {row['change']}", row, undo=True)
            tx.run(SQL["set_state"], run_id=run_id, state="undone")

    def redo(self, run_id: RunId, at: datetime) -> None:
        with self._database.transaction() as tx:
            _held(tx, run_id, "undone")
            _refuse_in_part(tx, run_id)
            with brought_back(tx, run_id):
                journal.do_again(tx, _changes(tx, run_id))
            _turn_scores(tx, run_id, undo=False)
            for row in tx.all(SQL["own_revisions"], run_id=run_id):
                _replayed(tx, run_id, at, f"did again: {row['change']}", row, undo=False)
            tx.run(SQL["set_state"], run_id=run_id, state="done")

    def abandon(self, at: datetime) -> int:
        with self._database.transaction() as tx:
            return tx.run(SQL["abandon"], at=at)


def _held(tx: Transaction, run_id: RunId, state: str) -> str:
    """Hold the run, and all that is remembered, till the end; the job that it is of."""
    tx.all(SQL["one_at_a_time"])
    row = tx.maybe(SQL["hold_run"], run_id=run_id)
    if row is None:
        raise _no_run(run_id)
    if row["final"]:
        raise Conflict(FINAL.get(row["job"], ERASED), code="run_final")
    if row["state"] != state:
        wanted = "undone" if state == "done" else "done again"
        raise Conflict(
            f"This run is {row['state']}: only one that is {state} can be {wanted}.",
            code="run_not_in_state",
        )
    return str(row["job"])


def _changes(tx: Transaction, run_id: RunId) -> Sequence[Row]:
    """Oldest first; a name that went and came again by another hand is the same name."""
    for twin in tx.all(SQL["twins"], run_id=run_id):
        tx.run(SQL["rename"], **twin)
    return tx.all(SQL["changes"], run_id=run_id)


def _refuse_overtaken(tx: Transaction, run_id: RunId) -> None:
    later = tx.all(SQL["overtaken_by_runs"], run_id=run_id)
    if later:
        named = ", ".join(f"{row['job']} {row['run_id']}" for row in later[:5])
        raise Conflict(
            f"Later runs rest on what this one made: undo them first ({named}).",
            code="run_overtaken",
        )
    if tx.all(SQL["linked_by_hand"], run_id=run_id, by_hand=BY_HAND):
        raise Conflict(
            "A memory that this run made was linked by hand since: remove that link first.",
            code="run_overtaken",
        )
    if named := _lost(tx, run_id, again=False):
        raise Conflict(
            "What this run put away was deleted since, and only what it made of that still says"
            f" so: undoing it would lose both ({named}). Edit or delete what it made instead.",
            code="run_overtaken",
        )


def _refuse_in_part(tx: Transaction, run_id: RunId) -> None:
    """What put others away for what it made of them, would only put away those that are left."""
    if named := _lost(tx, run_id, again=True):
        raise Conflict(
            f"What this run made others of was deleted since ({named}): it cannot be done again.",
            code="run_overtaken",
        )


def _lost(tx: Transaction, run_id: RunId, *, again: bool) -> str:
    lost = tx.all(SQL["sources_lost"], run_id=run_id, again=again)
    return ", ".join(row["id"] for row in lost[:5])


def _turn_scores(tx: Transaction, run_id: RunId, *, undo: bool) -> None:
    if tx.one(SQL["scores_overtaken"], run_id=run_id, undo=undo)["overtaken"]:
        raise Conflict(
            "Scores that this run wrote were written anew since: undo the later run first.",
            code="run_overtaken",
        )
    tx.run(SQL["turn_scores"], run_id=run_id, undo=undo)


def _replayed(
    tx: Transaction, run_id: RunId, at: datetime, change: str, row: Row, *, undo: bool
) -> None:
    tx.run(
        SQL["replay_revision"],
        memory_id=row["memory_id"],
        at=at,
        change=change,
        before=row["after"] if undo else row["before"],
        after=row["before"] if undo else row["after"],
        run_id=run_id,
    )


def _complete(tx: Transaction, rows: Sequence[Row], most: int | None = None) -> list[RunRecord]:
    """Runs with their revisions, so many of each: two queries, however many they are."""
    revisions: dict[object, list[Row]] = {row["id"]: [] for row in rows}
    for row in tx.all(SQL["revisions_of"], ids=list(revisions), most=most):
        revisions[row["run_id"]].append(row)
    sections = {
        row["run_id"]: Rewritten(before=row["before"], after=row["after"])
        for row in tx.all(SQL["sections"], ids=list(revisions))
    }
    return [
        replace(_record(row, revisions[row["id"]]), user_information=sections.get(row["id"]))
        for row in rows
    ]


def _record(row: Row, revisions: Sequence[Row]) -> RunRecord:
    return RunRecord(
        run=_run_from(row),
        revisions=tuple(map(run_revision_from, revisions)),
        revision_count=revisions[0]["of_run"] if revisions else 0,
    )


def _score_from(row: Row) -> RunScore:
    return RunScore(
        memory_id=MemoryId(row["memory_id"]), before=float(row["before"]), after=float(row["after"])
    )


def _run_from(row: Row) -> Run:
    return Run(
        id=RunId(row["id"]),
        job=row["job"],
        state=row["state"],
        summary=row["summary"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        model=row["model"] or "",
        inputs=row["inputs"],
        decisions=tuple(row["decisions"]),
        usage=Usage(input_tokens=row["input_tokens"], output_tokens=row["output_tokens"]),
        cost_usd=row["cost_usd"],
        final=row["final"],
    )


def _no_run(run_id: RunId) -> NotFound:
    return NotFound(f"There is no run {run_id}.", code="run_not_found")
