"""Limits that never change."""

from dataclasses import dataclass, field

from cns.services.opening import OpeningFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedLimits:
    """Implements `cns.services.limits.Limits`."""

    surfaced: int = 10
    floor: float = 0.0
    max_tokens: int = 1000
    tool_rounds: int = 5
    opening: OpeningFigures = field(default_factory=OpeningFigures)
