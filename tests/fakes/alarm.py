"""An alarm that never rings."""

from datetime import datetime

from tests.values import at


class FakeAlarm:
    """Implements `cns.services.timetable.Alarm`."""

    def __init__(self) -> None:
        self._stopped: set[str] = set()

    def next_run(self, name: str) -> datetime | None:
        return None if name in self._stopped else at(60)

    def pause(self, name: str) -> None:
        self._stopped.add(name)

    def resume(self, name: str) -> None:
        self._stopped.discard(name)
