"""Merges memories that say the same, weekly."""

from collections.abc import Mapping
from datetime import timedelta

from typing_extensions import override

from lt_memory.consolidation import JOB
from lt_memory.job import BackgroundJob
from lt_memory.weekly import Tidying, planned, worked


class ConsolidateMemories(BackgroundJob):
    """Without a capable model it does nothing, and says so."""

    name = JOB
    interval = timedelta(days=7)

    def __init__(self, consolidation: Tidying) -> None:
        self._consolidation = consolidation

    @override
    def run(self) -> Mapping[str, object]:
        return worked(self._consolidation)

    def rehearse(self) -> Mapping[str, object]:
        """What a model would be asked about; none is."""
        return planned(self._consolidation)
