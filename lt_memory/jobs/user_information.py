"""Writes what is known about the user anew when the memories behind it have changed."""

from collections.abc import Mapping
from datetime import timedelta

from typing_extensions import override

from cns.errors import ModelUnavailable, SpendingCeiling
from lt_memory.job import BackgroundJob
from lt_memory.user_information import JOB, UserInformationService


class WriteUserInformation(BackgroundJob):
    """Leaves what the user wrote by hand as it is."""

    name = JOB
    interval = timedelta(hours=1)

    def __init__(self, user_information: UserInformationService) -> None:
        self._service = user_information

    @override
    def run(self) -> Mapping[str, object]:
        try:
            run = self._service.refresh()
        except (ModelUnavailable, SpendingCeiling) as error:
            return {"runs": [], "put_off": error.detail}
        return {"runs": [str(run.id)] if run else []}

    def rehearse(self) -> Mapping[str, object]:
        """Whether it would be written anew, from how many sentences; no model is asked."""
        return {"due": self._service.is_due, "sentences": self._service.sentences}
