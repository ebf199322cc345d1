"""Keeps the text index at the database's heels, and its files free of what was deleted."""

from collections.abc import Mapping
from datetime import timedelta

from typing_extensions import override

from lt_memory.job import BackgroundJob
from lt_memory.ports import TextIndex

LONGEST = timedelta(minutes=5)


class IndexText(BackgroundJob):
    """Takes in what is pending, rebuilding the index when it was lost."""

    name = "index_text"
    interval = timedelta(minutes=1)

    def __init__(self, text_index: TextIndex) -> None:
        self._index = text_index

    @override
    def run(self) -> Mapping[str, object]:
        up_to_date = self._index.catch_up(LONGEST)
        purged = up_to_date and self._index.purge()
        return {
            "up_to_date": up_to_date,
            "purged": purged,
            "agrees": up_to_date and self._index.agrees(),
        }
