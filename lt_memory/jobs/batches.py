"""Looks after the chapters that are out by batch, and keeps what was answered."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from typing_extensions import override

from cns.domain.events import Event
from cns.domain.message import SegmentId
from cns.errors import ModelUnavailable, SpendingCeiling
from cns.ports import User
from lt_memory.batching import ChapterBatches
from lt_memory.extraction import Extraction
from lt_memory.job import BackgroundJob
from lt_memory.unusable import is_away


class CollectBatches(BackgroundJob):
    """Each chapter for itself: one that cannot be had now keeps no other from being stored."""

    name = "batches"
    interval = timedelta(minutes=1)

    def __init__(
        self,
        chapter_batches: ChapterBatches,
        extraction: Extraction,
        user: User,
        publish: Callable[[Iterable[Event]], None],
    ) -> None:
        self._batches = chapter_batches
        self._extraction = extraction
        self._user = user
        self._publish = publish

    @override
    def run(self) -> Mapping[str, object]:
        """A chapter that lacks answers goes out again, or is asked at once: see `Extraction`.

        Where the provider itself is away, the round ends: the rest would only wait as long.
        """
        runs: list[str] = []
        put_off: list[str] = []
        called_back = self._called_back(put_off)
        for submission in self._batches.under_way():
            try:
                if self._batches.collected(submission):
                    runs += self._extracted(SegmentId(submission.segment_id))
            except (ModelUnavailable, SpendingCeiling) as error:
                put_off.append(error.detail)
                if isinstance(error, ModelUnavailable) and is_away(error):
                    break
        self._batches.tidy()
        waiting = len(self._batches.under_way())
        told: dict[str, object] = {"runs": runs, "under_way": waiting}
        if called_back:
            told["cancelled"] = called_back
        return {**told, "put_off": put_off} if put_off else told

    def rehearse(self) -> Mapping[str, object]:
        """What would be looked after; the provider is not asked."""
        return {
            "under_way": [
                {
                    "segment_id": str(each.segment_id),
                    "status": each.status,
                    "chunks": len(each.requests),
                    "submitted_at": each.submitted_at.isoformat(),
                    "retry_count": each.retry_count,
                }
                for each in self._batches.under_way()
            ],
            "to_cancel": self._batches.to_call_back(),
        }

    def _called_back(self, put_off: list[str]) -> int:
        """How many were cancelled since words of theirs were erased."""
        try:
            return self._batches.call_back()
        except ModelUnavailable as error:
            put_off.append(error.detail)
            return 0

    def _extracted(self, segment_id: SegmentId) -> list[str]:
        extracted = self._extraction.late(segment_id, self._user.id)
        if extracted is None:
            return []
        self._publish((extracted,))
        return [str(extracted.run_id)]
