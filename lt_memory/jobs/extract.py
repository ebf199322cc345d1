"""Finishes what a crash, a lost model or a restart left unextracted."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from typing_extensions import override

from cns.domain.events import Event
from cns.errors import ModelUnavailable, SpendingCeiling
from cns.ports import User
from lt_memory.extraction import Extraction
from lt_memory.job import BackgroundJob

AT_ONCE = 50


class ExtractPending(BackgroundJob):
    """Extracts each segment that has ended and was never extracted; finds them in the store."""

    name = "extract"
    interval = timedelta(minutes=10)

    def __init__(
        self, extraction: Extraction, user: User, publish: Callable[[Iterable[Event]], None]
    ) -> None:
        self._extraction = extraction
        self._user = user
        self._publish = publish

    def rehearse(self) -> Mapping[str, object]:
        """What would be asked, and what the rules would store; nobody is asked."""
        return self._extraction.rehearse(AT_ONCE)

    @override
    def run(self) -> Mapping[str, object]:
        """A model that fails, or costs too much, is left alone till the next round."""
        runs: list[str] = []
        waiting = self._extraction.waiting(AT_ONCE)
        for done, segment_id in enumerate(waiting):
            try:
                extracted = self._extraction.late(segment_id, self._user.id)
            except (ModelUnavailable, SpendingCeiling) as error:
                left = len(waiting) - done
                return {"runs": runs, "put_off": error.detail, "chapters_without_facts": left}
            if extracted is not None:
                runs.append(str(extracted.run_id))
                self._publish((extracted,))
        return {"runs": runs}
