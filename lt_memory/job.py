"""What a background job is, so that it can be found."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import timedelta


class BackgroundJob(ABC):
    """Implements `cns.ports.Job`: named, periodic, and safe to run again at any time.

    Its class says the name and the interval.
    """

    name: str
    interval: timedelta

    @abstractmethod
    def run(self) -> Mapping[str, object]:
        """Do what is there to do; what came of it, JSON-shaped."""
