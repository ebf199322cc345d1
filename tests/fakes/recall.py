"""A recall that finds what it is told to find."""

from collections.abc import Callable

from cns.domain.query import PassedOver
from cns.domain.stream import Recalled
from cns.ports import Found, Query


class FakeRecall:
    """Implements `cns.ports.Recall`; keeps the questions that it was asked."""

    def __init__(
        self,
        *hits: Recalled,
        degraded: tuple[str, ...] = (),
        broken: Callable[[], Exception] | None = None,
    ) -> None:
        self.hits = hits
        self.degraded = degraded
        self.broken = broken
        self.passed_over: tuple[PassedOver, ...] = ()
        self.asked: list[Query] = []

    def recall(self, query: Query) -> Found:
        self.asked.append(query)
        if self.broken is not None:
            raise self.broken()
        among = query.among
        hits = [hit for hit in self.hits if among is None or hit.id in among]
        return Found(
            hits=tuple(hits[: query.limit]),
            degraded=self.degraded,
            passed_over=self.passed_over,
            weighed=len(self.hits) + len(self.passed_over),
        )
