"""What is known about the user, in memory."""

from collections.abc import Sequence
from datetime import datetime

from lt_memory.domain.run import Run
from lt_memory.domain.user_information import Sentence, UserInformation


class FakeUserInformation:
    """Implements `UserInformationStore` and `cns.knowledge.AboutUser`.

    Attributes:
        known: what it is drawn from.
    """

    def __init__(self, *known: Sentence) -> None:
        self._stands: UserInformation | None = None
        self.known = list(known)
        self.runs: list[Run] = []

    def about_user(self) -> str:
        return self._stands.text if self._stands else ""

    def read(self) -> UserInformation | None:
        return self._stands

    def sentences(self, at: datetime) -> Sequence[Sentence]:
        return list(self.known)

    def put(self, information: UserInformation) -> None:
        self._stands = information

    def keep(
        self,
        before: UserInformation | None,
        after: UserInformation,
        drawn_from: Sequence[Sentence],
        run: Run,
    ) -> bool:
        if self._stands != before or self.known != list(drawn_from):
            return False
        self._stands = after
        self.runs.append(run)
        return True
