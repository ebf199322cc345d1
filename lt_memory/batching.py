"""Chapters that are extracted by a provider's batches: handed in, looked after, answered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

from cns.batch_ports import Batch, Batches, BatchResult
from cns.domain.message import Message
from cns.domain.model import ModelRequest, Purpose
from cns.errors import ModelUnavailable, SpendingCeiling
from cns.ports import Clock
from lt_memory.batch_ports import BatchStore, Submission
from lt_memory.model_extraction import Answer, ModelExtractor, is_usable
from lt_memory.ports import Extracted

RETRIES = 3  # of a chapter's unanswered questions, before they are asked at once
OLDEST = timedelta(hours=48)  # a batch that has not ended by then is given up
UNHEARD = timedelta(hours=1)  # longer than any call: nobody waits for the provider's word any more
UNKNOWN = "llm_unknown_batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterBatches:
    """Hands chapters in, and finds out what became of them; all that lasts stands in the store.

    A submission is written down before the provider is asked, and the provider's id after. Where
    the program dies in between, or the provider's word is lost, the batch is out and nobody knows
    its id. After a crash the submission is given up within the hour and its questions are handed in
    again. They are paid for twice then, but the first answers are never read, for only batches of
    known id are; so nothing is stored twice. A question is named after the messages that it shows:
    an answer whose messages are no longer all there has no question any more, and is dropped.

    Attributes:
        batches: the interface of the provider that answers now; None where it has none.
    """

    store: BatchStore
    batches: Callable[[], Batches | None]
    clock: Clock

    def under_way(self) -> Sequence[Submission]:
        return self.store.under_way()

    def send(self, segment_id: UUID, requests: Mapping[str, ModelRequest]) -> bool:
        """Hand in what has no answer yet; True when it is out, or was.

        Raises:
            SpendingCeiling: not today; nothing was handed in.
        """
        port, before = self.batches(), self.store.newest(segment_id)
        if before is not None and before.ended_at is None:
            return True
        answered = before.answered if before else {}
        lacking = {name: asked for name, asked in requests.items() if name not in answered}
        tried = before.retry_count + 1 if before else 0
        if port is None or not lacking or tried > RETRIES:
            return False
        submission = Submission(
            id=uuid4(),
            segment_id=segment_id,
            submitted_at=self.clock.now(),
            requests=tuple(lacking),
            answered=answered,
            retry_count=tried,
        )
        return not self.store.begin(submission) or self._accepted(port, submission, lacking)

    def _accepted(
        self, port: Batches, submission: Submission, requests: Mapping[str, ModelRequest]
    ) -> bool:
        try:
            batch_id = port.submit(requests)
        except ModelUnavailable:
            self._end(submission, "failed")
            return False
        except SpendingCeiling:
            self.store.withdraw(submission)
            raise
        if not self.store.keep(replace(submission, status="processing", batch_id=batch_id)):
            with suppress(ModelUnavailable):  # words of it were erased while it was handed in
                port.cancel(_batch(submission, batch_id, paid=False))
        return True

    def to_call_back(self) -> int:
        """How many batches hold words that were erased since."""
        return len(self.store.to_cancel())

    def call_back(self) -> int:
        """Cancel what is out and holds words that were erased since; how many batches.

        Raises:
            ModelUnavailable: the provider cannot be asked now; the rest is cancelled later.
        """
        port, waiting = self.batches(), self.store.to_cancel()
        for batch_id in waiting:
            try:
                if port is not None:
                    port.cancel(Batch(id=batch_id, purpose=Purpose.EXTRACTION))
            except ModelUnavailable as error:
                if error.code != UNKNOWN:
                    raise
            self.store.cancelled(batch_id)
        return len(waiting)

    def collected(self, submission: Submission) -> bool:
        """Look after one that is under way; True when nothing more is to be awaited of it.

        Raises:
            ModelUnavailable: the provider cannot be asked now.
        """
        port, age = self.batches(), self.clock.now() - submission.submitted_at
        if submission.batch_id is None:
            return age > UNHEARD and self._end(submission, "failed")
        if port is None:
            return self._end(submission, "failed")
        batch = _batch(submission, submission.batch_id, paid=False)
        try:
            if port.has_ended(batch):
                return self._read(submission, port.results(batch), batch)
        except ModelUnavailable as error:
            if error.code == UNKNOWN:
                return self._end(submission, "failed")
            if age <= OLDEST:
                raise
        if age <= OLDEST:
            return False
        with suppress(ModelUnavailable):  # it may be past reach: its answers are not wanted anyway
            port.cancel(batch)
        return self._end(submission, "expired")

    def answers(self, submission: Submission) -> Mapping[str, Answer]:
        """All that was answered of its chapter so far, by custom id; read from the provider again.

        Raises:
            ModelUnavailable: the provider cannot be asked now.
        """
        port = self.batches()
        if port is None:
            return {}
        found: dict[str, Answer] = {}
        for batch_id in dict.fromkeys(submission.answered.values()):
            try:
                results = port.results(_batch(submission, batch_id, paid=True))
            except ModelUnavailable as error:
                if error.code != UNKNOWN:
                    raise
                continue
            found |= {r.custom_id: _answer(r) for r in results if _is_answer(r)}
        return {name: found[name] for name in submission.answered if name in found}

    def newest(self, segment_id: UUID) -> Submission | None:
        return self.store.newest(segment_id)

    def tidy(self) -> int:
        return self.store.tidy(self.clock.now() - OLDEST)

    def _read(self, submission: Submission, results: Sequence[BatchResult], batch: Batch) -> bool:
        asked = {r.custom_id: r for r in results if r.custom_id in submission.requests}
        answered = {name: batch.id for name, result in asked.items() if _is_answer(result)}
        status = "completed" if len(answered) == len(submission.requests) else "failed"
        if any(result.outcome == "expired" for result in asked.values()):
            status = "expired"
        merged = {**submission.answered, **answered}
        return self._end(replace(submission, answered=merged), status)

    def _end(self, submission: Submission, status: str) -> bool:
        self.store.keep(replace(submission, status=status, ended_at=self.clock.now()))
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchExtractor:
    """Implements `lt_memory.ports.Extractor`: what batches answered is not asked again.

    Attributes:
        sends: chapters are to be handed in first; else only what is out already is used.
    """

    model: ModelExtractor
    chapters: ChapterBatches
    sends: bool

    @property
    def label(self) -> str:
        return self.model.label

    @property
    def by_batch(self) -> bool:
        return self.sends and self.chapters.batches() is not None

    def lacking(self, messages: Sequence[Message]) -> Sequence[ModelRequest]:
        last = self.chapters.newest(messages[0].segment_id) if messages else None
        answered = last.answered if last else {}
        asked = self.model.requests(messages)
        return [asked[name] for name in asked if name not in answered]

    def chunks(self, messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
        return self.model.chunks(messages)

    def send(self, segment_id: UUID, messages: Sequence[Message]) -> bool:
        """Hand the chapter in, if it is to go by batch; True when its answers are to be awaited."""
        return self.sends and self.chapters.send(segment_id, self.model.requests(messages))

    def extract(self, messages: Sequence[Message]) -> Extracted:
        """By the answers that have come, the rest asked at once; says so in `way`."""
        last = self.chapters.newest(messages[0].segment_id) if messages else None
        if last is None:
            return self.model.extract(messages)
        answers = self.chapters.answers(last)
        found = self.model.given(answers).extract(messages)
        at_once = sum(name not in answers for name in self.model.requests(messages))
        way: dict[str, object] = {
            "batches": sorted({last.answered[name] for name in answers}),
            "submissions": last.retry_count + 1,
            "asked_at_once": at_once,
        }
        return replace(found, way=way)


def _batch(submission: Submission, batch_id: str, *, paid: bool) -> Batch:
    return Batch(id=batch_id, purpose=Purpose.EXTRACTION, subject=submission.segment_id, paid=paid)


def _is_answer(result: BatchResult) -> bool:
    return result.outcome == "succeeded" and is_usable(_answer(result))


def _answer(result: BatchResult) -> Answer:
    return Answer(text=result.text, stop=result.stop, usage=result.usage, cost_usd=result.cost_usd)
