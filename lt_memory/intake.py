"""The road by which tools, imports and doors have something remembered: never as the user."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from cns.ports import Clock
from lt_memory.deduplication import Thresholds
from lt_memory.domain.memory import (
    LONGEST,
    Actor,
    Candidate,
    EntityName,
    Kind,
    Provenance,
    RunId,
    Source,
)
from lt_memory.domain.run import Run
from lt_memory.domain.trust import Review
from lt_memory.keeping import kept
from lt_memory.ports import MemoryStore
from lt_memory.reader import Reader
from lt_memory.storing import Decision, Origin

JOB = "intake"
SURENESS = 0.5  # of what others say


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A sentence that somebody else would have remembered, and where it comes from."""

    text: str
    provenance: Provenance
    kind: Kind = Kind.FACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of offers, one decision each, and the run that undoes it."""

    run_id: RunId
    decisions: Sequence[Decision]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Takes offers in with their label; whether they wait is the user's setting."""

    store: MemoryStore
    reader: Reader
    clock: Clock
    thresholds: Thresholds
    review: Callable[[], Review]

    def take(self, offers: Sequence[Offer]) -> Taken:
        """All as one run; what each came to: `waits`, `stored`, `repeat` or `refused`."""
        texts = [offer.text[: LONGEST + 1] for offer in offers]
        readings = self.reader.read_all(texts)
        run = _begun(len(offers), self.clock.now())
        with self.store.work() as work:
            work.record(run)
            decisions = [
                decision
                for offer, (names, vector) in zip(offers, readings, strict=True)
                for decision in kept(
                    work,
                    self._origin(run, offer),
                    self.thresholds,
                    [(_candidate(offer, names), vector)],
                )
            ]
            work.record(_done(run, decisions))
        return Taken(run_id=run.id, decisions=decisions)

    def _origin(self, run: Run, offer: Offer) -> Origin:
        imported = offer.provenance.source is Source.IMPORT
        return Origin(
            run_id=run.id,
            segment_id=None,
            at=run.started_at,
            actor=Actor.IMPORT if imported else Actor.TOOL,
            review=self.review(),
        )


def _candidate(offer: Offer, names: tuple[EntityName, ...]) -> Candidate:
    return Candidate(
        text=offer.text,
        evidence=(),
        kind=offer.kind,
        confidence=SURENESS,
        entities=names,
        provenance=offer.provenance,
    )


def _begun(offered: int, now: datetime) -> Run:
    return Run(
        id=RunId(uuid4()),
        job=JOB,
        state="running",
        summary="",
        started_at=now,
        model="",
        inputs={"offered": offered},
        cost_usd=0.0,
    )


def _done(run: Run, decisions: Sequence[Decision]) -> Run:
    waiting = sum(each["decision"] == "waits" for each in decisions)
    stored = sum(each["decision"] == "stored" for each in decisions)
    others = len(decisions) - stored - waiting
    return replace(
        run,
        state="done",
        summary=f"{stored} stored, {waiting} waiting for you, {others} not taken",
        finished_at=run.started_at,
        decisions=tuple(decisions),
    )
