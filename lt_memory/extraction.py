"""From a finished chapter to memories: extract, compare with what is known, keep in one go."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from cns.domain.events import Event, MemoriesExtractedEvent, SegmentCollapsedEvent
from cns.domain.message import ContinuumId, Message, SegmentId, UserId
from cns.errors import ModelUnavailable, SpendingCeiling
from cns.ports import Clock, ContinuumStore
from config.settings import MemorySettings
from lt_memory.deduplication import thresholds_of
from lt_memory.domain.memory import RunId
from lt_memory.domain.run import Run
from lt_memory.domain.trust import Review
from lt_memory.elsewhere import labelled
from lt_memory.extractors import Extractors
from lt_memory.keeping import kept
from lt_memory.ports import Embedded, Extracted, Extractor, MemoryStore, MemoryWork
from lt_memory.reader import Reader
from lt_memory.rehearsal import BY_RULES, Pricing, Rehearsed, questioned, summed
from lt_memory.settling import settled
from lt_memory.storing import Decision, Origin
from lt_memory.unusable import UnusableAnswer, counts

logger = logging.getLogger(__name__)
JOB = "extract"
UTC = ZoneInfo("UTC")
ATTEMPTS = 3  # that a model spoilt on one segment, before the rules take over


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What extraction reads, by whom as things stand at each use, and how texts are read.

    Attributes:
        zone: the user's, in which "tomorrow" is a day.
        review: what waits for the user, as things stand at each use.
        price: what a call will cost.
    """

    conversation: ContinuumStore
    extractors: Callable[[], Extractors]
    reader: Reader
    zone: ZoneInfo = UTC
    review: Callable[[], Review] = lambda: Review.UNTRUSTED
    price: Pricing = lambda _request, _usage, _batched: None


@runtime_checkable
class Deferring(Protocol):
    """An extractor whose answers may come later."""

    def send(self, segment_id: UUID, messages: Sequence[Message]) -> bool:
        """Ask, if that is how it is done; True when the answers are to be awaited.

        Raises:
            SpendingCeiling: not today.
        """
        ...


class Outcome(NamedTuple):
    """A run, and the memories that it stored."""

    run_id: RunId
    memory_ids: tuple[UUID, ...]


class Extraction:
    """Draws memories from collapsed segments, each exactly once."""

    def __init__(
        self, sources: Sources, store: MemoryStore, clock: Clock, settings: MemorySettings
    ) -> None:
        self._conversation = sources.conversation
        self._extractors = sources.extractors
        self._reader = sources.reader
        self._zone = sources.zone
        self._review = sources.review
        self._price = sources.price
        self._store = store
        self._clock = clock
        self._thresholds = thresholds_of(settings)

    def extract(self, segment_id: SegmentId) -> RunId | None:
        """Extract a collapsed segment; None when that is done, by batch under way, or off.

        Raises:
            ModelUnavailable: the model failed, and the job tries again; a failed run is kept where
                the answer was of no use, none where the model could not be asked.
            SpendingCeiling: not today; no run is kept, for nothing failed.
            NotFound: there is no such segment.
        """
        outcome = self._outcome(segment_id)
        return outcome.run_id if outcome else None

    def on_collapsed(self, event: SegmentCollapsedEvent) -> Iterable[Event]:
        """Extract at once; when the model cannot now, the job does it later."""
        try:
            outcome = self._outcome(event.segment.id)
        except (ModelUnavailable, SpendingCeiling) as error:
            logger.warning(
                "extraction put off", extra={"action": "extraction_failed", "detail": error.detail}
            )
            return ()
        if outcome is None:
            return ()
        return (self._fact(event.continuum_id, event.user_id, event.segment.id, outcome),)

    def late(self, segment_id: SegmentId, user_id: UserId) -> MemoriesExtractedEvent | None:
        """As `extract`, for a segment that collapsed some time ago; what there is to publish."""
        continuum_id = self._conversation.load(user_id).id  # first: once kept, it is to be told
        outcome = self._outcome(segment_id)
        return self._fact(continuum_id, user_id, segment_id, outcome) if outcome else None

    def runs_of(self, segment_id: SegmentId) -> Sequence[RunId]:
        """The runs that extracted a segment, oldest first."""
        return self._store.runs_of(segment_id, "done")

    def waiting(self, limit: int) -> Sequence[SegmentId]:
        """Segments that nobody has extracted yet, oldest first; none while extraction is off."""
        if self._extractors().first is None:
            return ()
        return [SegmentId(segment_id) for segment_id in self._store.waiting(limit)]

    def rehearse(self, limit: int) -> Mapping[str, object]:
        """What extracting the chapters that wait would ask, and what the rules would store."""
        chapters = [self._rehearsed(each).told(self._price) for each in self.waiting(limit)]
        return summed(chapters)

    def _rehearsed(self, segment_id: SegmentId) -> Rehearsed:
        extractor = self._extractor_for(segment_id)
        said = self._conversation.segment_messages(segment_id)
        asking = questioned(extractor, segment_id, said)
        if extractor is None or asking is not None:
            return asking or Rehearsed(segment_id=segment_id, way=BY_RULES)
        found = settled(extractor.extract(said), said, self._zone)
        vectors = self._reader.vectors([each.text for each in found.candidates])
        pairs = list(zip(found.candidates, vectors, strict=True))
        with self._store.work(dry_run=True) as work:
            decisions = kept(work, self._origin(None, segment_id), self._thresholds, pairs)
        told = tuple(zip(found.candidates, decisions, strict=True))
        return Rehearsed(segment_id=segment_id, way=BY_RULES, found=told)

    def _origin(self, run_id: RunId | None, segment_id: UUID) -> Origin:
        return Origin(
            run_id=run_id,
            segment_id=segment_id,
            at=self._clock.now(),
            zone=self._zone,
            review=self._review(),
        )

    def _fact(
        self, continuum_id: ContinuumId, user_id: UserId, segment_id: SegmentId, outcome: Outcome
    ) -> MemoriesExtractedEvent:
        return MemoriesExtractedEvent(
            continuum_id=continuum_id,
            user_id=user_id,
            event_id=uuid4(),
            occurred_at=self._clock.now(),
            segment_id=segment_id,
            run_id=outcome.run_id,
            memory_ids=outcome.memory_ids,
        )

    def _outcome(self, segment_id: SegmentId) -> Outcome | None:
        extractor = self._extractor_for(segment_id)
        if extractor is None or not self._is_open(segment_id):
            return None
        said = self._conversation.segment_messages(segment_id)
        if isinstance(extractor, Deferring) and extractor.send(segment_id, said):
            return None
        run = _begun(segment_id, extractor.label, self._clock.now())
        try:
            extracted = labelled(settled(extractor.extract(said), said, self._zone), said)
        except ModelUnavailable as error:
            if counts(error):
                self._store.note(_failed(run, error, self._clock.now()))
            raise
        vectors = self._reader.vectors([each.text for each in extracted.candidates])
        with self._store.work() as work:
            if not work.claim(segment_id):
                return None
            return self._kept(work, run, extracted, vectors)

    def _extractor_for(self, segment_id: SegmentId) -> Extractor | None:
        extractors = self._extractors()
        if extractors.first is None:
            return None
        failed = len(self._store.runs_of(segment_id, "failed"))
        return extractors.fallback if failed >= ATTEMPTS else extractors.first

    def _is_open(self, segment_id: SegmentId) -> bool:
        """A look before a model is paid for; the claim at the end is what decides."""
        with self._store.work() as work:
            return work.claim(segment_id)

    def _kept(
        self,
        work: MemoryWork,
        run: Run,
        extracted: Extracted,
        vectors: Sequence[Embedded | None],
    ) -> Outcome:
        now = self._clock.now()
        segment_id = UUID(str(run.inputs["segment_id"]))
        run = replace(run, inputs={**run.inputs, **extracted.way})
        work.record(run)  # before the memories that name it
        pairs = list(zip(extracted.candidates, vectors, strict=True))
        decisions = kept(work, self._origin(run.id, segment_id), self._thresholds, pairs)
        work.record(_done(run, extracted, decisions, now))
        work.extracted(segment_id, now)
        return Outcome(run.id, tuple(UUID(str(d["memory_id"])) for d in _stored(decisions)))


def _begun(segment_id: SegmentId, label: str, now: datetime) -> Run:
    return Run(
        id=RunId(uuid4()),
        job=JOB,
        state="running",
        summary="",
        started_at=now,
        model=label,
        inputs={"segment_id": str(segment_id)},
    )


def _failed(run: Run, error: ModelUnavailable, now: datetime) -> Run:
    failed = replace(run, state="failed", summary=error.detail, finished_at=now)
    if isinstance(error, UnusableAnswer):
        return replace(failed, usage=error.usage, cost_usd=error.cost_usd)
    return failed


def _done(run: Run, extracted: Extracted, decisions: Sequence[Decision], now: datetime) -> Run:
    refused = [{"decision": "refused", "reason": reason} for reason in extracted.refused]
    stored = len(_stored(decisions))
    waiting = sum(each["decision"] == "waits" for each in decisions)
    known = sum(each["decision"] not in {"stored", "waits", "refused"} for each in decisions)
    unfit = len(decisions) - stored - waiting - known + len(refused)
    return replace(
        run,
        state="done",
        summary=f"{stored} stored, {known} known, {unfit} refused"
        + (f", {waiting} waiting for you" if waiting else "")
        + _way(extracted.way),
        finished_at=now,
        decisions=(*decisions, *refused),
        usage=extracted.usage,
        cost_usd=extracted.cost_usd,
    )


def _way(way: Mapping[str, object]) -> str:
    """How the answers came, where not at once from the model alone."""
    if "chunks_by_rules" in way:
        return f"; {way['chunks_by_rules']} of {way['chunks']} stretches read by rules"
    if not way:
        return ""
    at_once, tried = way["asked_at_once"], way["submissions"]
    return f"; {at_once} asked at once after {tried} batches" if at_once else "; by batch"


def _stored(decisions: Sequence[Decision]) -> Sequence[Decision]:
    return [each for each in decisions if each["decision"] == "stored"]
