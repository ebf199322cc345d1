"""How a model's own count of tokens compares with the estimate by which its context is filled."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from cns.ports import Cache

KEPT_FOR = timedelta(days=30)
LEAST, MOST = 0.5, 4.0
STEP = 0.25  # coarse, so that what is sent begins alike from turn to turn and can be cached
UNKNOWN = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """The rate of each model, kept in the cache: when that is lost, the plain estimate serves."""

    cache: Cache

    def rate(self, model: str) -> float:
        """Tokens counted by the model for one that was estimated, rounded up."""
        kept = self.cache.get(_key(model))
        return float(kept) if kept else UNKNOWN

    def note(self, model: str, *, estimated: int, counted: int) -> None:
        """Take over what one request came to.

        The rate goes up at once, since too little room stops an answer; it goes down only by
        whole steps.
        """
        if estimated <= 0 or counted <= 0:
            return
        seen, before = counted / estimated, self.rate(model)
        if not before - 2 * STEP < seen <= before:
            self._keep(model, ceil(seen / STEP) * STEP)

    def refused(self, model: str) -> None:
        """The model said that a request was too long: from now on send half as much."""
        self._keep(model, 2 * self.rate(model))

    def _keep(self, model: str, rate: float) -> None:
        bounded = min(MOST, max(LEAST, rate))
        self.cache.put(_key(model), str(bounded).encode(), KEPT_FOR)


def _key(model: str) -> str:
    return f"token_rate:{model}"
