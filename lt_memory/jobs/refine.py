"""Shortens long memories and parts those of several facts, weekly."""

from collections.abc import Mapping
from datetime import timedelta

from typing_extensions import override

from lt_memory.job import BackgroundJob
from lt_memory.refinement import JOB
from lt_memory.weekly import Tidying, planned, worked


class RefineMemories(BackgroundJob):
    """Without a capable model it does nothing, and says so."""

    name = JOB
    interval = timedelta(days=7)

    def __init__(self, refinement: Tidying) -> None:
        self._refinement = refinement

    @override
    def run(self) -> Mapping[str, object]:
        return worked(self._refinement)

    def rehearse(self) -> Mapping[str, object]:
        """What a model would be asked about; none is."""
        return planned(self._refinement)
