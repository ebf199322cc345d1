"""Finishes what a crash, a lost model or a restart left unextracted."""

from collections.abc import Mapping
from datetime import timedelta

from typing_extensions import override

from cns.errors import ModelUnavailable, SpendingCeiling
from lt_memory.extraction import Extraction
from lt_memory.job import BackgroundJob

AT_ONCE = 50


class ExtractPending(BackgroundJob):
    """Extracts each segment that has ended and was never extracted; finds them in the store."""

    def __init__(self, extraction: Extraction) -> None:
        self._extraction = extraction

    @property
    @override
    def name(self) -> str:
        return "extract"

    @property
    @override
    def interval(self) -> timedelta:
        return timedelta(minutes=10)

    @override
    def run(self) -> Mapping[str, object]:
        """A model that fails, or costs too much, is left alone till the next round."""
        runs: list[str] = []
        for segment_id in self._extraction.waiting(AT_ONCE):
            try:
                run_id = self._extraction.extract(segment_id)
            except (ModelUnavailable, SpendingCeiling) as error:
                return {"runs": runs, "put_off": error.detail}
            runs += [str(run_id)] if run_id else []
        return {"runs": runs}
