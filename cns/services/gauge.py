"""How a model's own count of tokens compares with the estimate by which its context is filled."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil, inf

from cns.ports import Cache

KEPT_FOR = timedelta(days=30)
LEAST, MOST = 0.5, 4.0
STEP = 0.25  # coarse, so that what is sent begins alike from turn to turn and can be cached
UNKNOWN = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """What each model taught, kept in the cache: when that is lost, the plain estimate serves.

    A ceiling belongs to the context that the model was taken to have (`told`): where another is
    set, what was learnt before is left.
    """

    cache: Cache

    def rate(self, model: str) -> float:
        """Tokens counted by the model for one that was estimated, rounded up."""
        kept = self.cache.get(_rate_of(model))
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
            bounded = min(MOST, max(LEAST, ceil(seen / STEP) * STEP))
            self.cache.put(_rate_of(model), str(bounded).encode(), KEPT_FOR)

    def window(self, model: str, told: int) -> float:
        """What a request and its answer may come to, in estimated tokens."""
        return min(told / self.rate(model), self._ceiling(model, told))

    def holds(self, model: str, told: int) -> float:
        """What the model can take in, as far as it is known."""
        return min(told, self._ceiling(model, told))

    def refused(self, model: str, told: int, window: float) -> None:
        """The model takes no more than this, in estimated tokens."""
        self.cache.put(_ceiling_of(model, told), str(int(window)).encode(), KEPT_FOR)

    def took(self, model: str, told: int, size: float) -> None:
        """The model answered so much; what was learnt was too low where it lies below that."""
        if self._ceiling(model, told) < size:
            self.refused(model, told, size)

    def _ceiling(self, model: str, told: int) -> float:
        kept = self.cache.get(_ceiling_of(model, told))
        return float(kept) if kept else inf


def _rate_of(model: str) -> str:
    return f"token_rate:{model}"


def _ceiling_of(model: str, told: int) -> str:
    return f"token_ceiling:{told}:{model}"
