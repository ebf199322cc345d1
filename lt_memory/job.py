"""What a background job is, so that it can be found."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import timedelta


class BackgroundJob(ABC):
    """Implements `cns.ports.Job`: named, periodic, and safe to run again at any time."""

    @property
    @abstractmethod
    def name(self) -> str: ...

    @property
    @abstractmethod
    def interval(self) -> timedelta: ...

    @abstractmethod
    def run(self) -> Mapping[str, object]:
        """Do what is there to do; what came of it, JSON-shaped."""
