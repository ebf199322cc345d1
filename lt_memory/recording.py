"""Writes a run down, and has the journal note under it what the transaction changes."""

from pathlib import Path

from cns.ports import Transaction
from cns.sql import load_queries
from lt_memory.domain.run import Run

SQL = load_queries(Path(__file__).with_name("queries.sql"))


def recorded(tx: Transaction, run: Run) -> None:
    """Keep the run as it is now; what changes from here to the end of the transaction is its."""
    tx.run(
        SQL["add_run"],
        id=run.id,
        job=run.job,
        state=run.state,
        summary=run.summary,
        started_at=run.started_at,
        finished_at=run.finished_at,
        model=run.model,
        input_tokens=run.usage.input_tokens,
        output_tokens=run.usage.output_tokens,
        cost_usd=run.cost_usd,
        inputs=run.inputs,
        decisions=[dict(decision) for decision in run.decisions],
        final=run.final,
    )
    tx.all(SQL["journal_of"], id=run.id)
