"""The first hits looked at once more by a slower judge, if it is quick enough."""

import logging
from collections.abc import Sequence
from concurrent.futures import Executor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, replace
from typing import Protocol

from cns.domain.stream import Recalled
from cns.errors import Unavailable
from cns.ports import Found, Query, Recall

logger = logging.getLogger(__name__)
LATE = "the order by the reranker (it was not ready in time)"
AWAY = "the order by the reranker (it cannot be run now)"


class Reranker(Protocol):
    """Says how well a text answers a question."""

    def scores(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """One a text, the higher the better; raises Unavailable when it cannot be run."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankedRecall:
    """Implements `cns.ports.Recall` by another, whose first hits it may put in another order.

    A judge that fails or is late leaves the order as it was, and that is said. One that still
    judges an earlier question is not waited for either.

    Attributes:
        pool: one thread: what is asked while it is busy waits no longer than the deadline.
        seconds: how long a search waits for it at most.
        most: hits that it looks at.
    """

    recalled: Recall
    reranker: Reranker
    pool: Executor
    seconds: float
    most: int

    def recall(self, query: Query) -> Found:
        found = self.recalled.recall(query)
        first = found.hits[: self.most]
        if len(first) < 2:  # noqa: PLR2004 - one has no order
            return found
        asked = self.pool.submit(self.reranker.scores, query.text, [hit.text for hit in first])
        try:
            scores = asked.result(self.seconds)
        except Late:
            asked.cancel()
            return replace(found, degraded=(*found.degraded, LATE))
        except Unavailable as error:
            logger.warning(
                "not reranking", extra={"action": "reranker_lost", "detail": error.detail}
            )
            return replace(found, degraded=(*found.degraded, AWAY))
        return replace(found, hits=(*_ordered(first, scores), *found.hits[self.most :]))


def _ordered(hits: Sequence[Recalled], scores: Sequence[float]) -> Sequence[Recalled]:
    """The best first; what scores alike stays in the order in which recall had it."""
    places = sorted(range(len(hits)), key=lambda at: -scores[at])
    return [hits[at] for at in places]
