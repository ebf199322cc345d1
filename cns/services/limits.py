"""The figures that a turn obeys."""

from typing import Protocol

from cns.services.opening import OpeningFigures


class Limits(Protocol):
    """The settings that a turn obeys, as they stand when it asks."""

    @property
    def surfaced(self) -> int: ...

    @property
    def floor(self) -> float: ...

    @property
    def max_tokens(self) -> int: ...

    @property
    def tool_rounds(self) -> int: ...

    @property
    def opening(self) -> OpeningFigures: ...
