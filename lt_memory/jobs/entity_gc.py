"""Merges the names of one, and puts away those that nothing needs, monthly."""

from collections.abc import Mapping
from datetime import timedelta

from typing_extensions import override

from lt_memory.entity_keeper import JOB, EntityKeeper
from lt_memory.job import BackgroundJob
from lt_memory.nightly import rehearsed, result


class KeepEntities(BackgroundJob):
    """One run each time, also where there was nothing to do."""

    name = JOB
    interval = timedelta(days=30)

    def __init__(self, entity_keeper: EntityKeeper) -> None:
        self._keeper = entity_keeper

    @override
    def run(self) -> Mapping[str, object]:
        return result(self._keeper.keep())

    def rehearse(self) -> Mapping[str, object]:
        """What the rules would do now; no model is asked."""
        return rehearsed(self._keeper.rehearse())
