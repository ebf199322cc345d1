"""A text index in memory: BM25 as it is in the books."""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from cns.errors import Unavailable
from lt_memory.domain.words import joined, query_terms, terms
from lt_memory.ports import Scored, TextItem, TextQuery, TextSource

OWN_WORDS = 2
SATURATION, LENGTH = 1.2, 0.75


class FakeTextIndex:
    """Implements `lt_memory.ports.TextIndex`.

    Attributes:
        lost: while true, the index is missing.
        asleep: while true, nothing is taken in: time always runs out.
    """

    def __init__(self, source: TextSource) -> None:
        self._source = source
        self._items: dict[tuple[str, UUID], tuple[TextItem, Counter[str]]] = {}
        self._deleted = False
        self.lost = False
        self.asleep = False

    def search(self, query: TextQuery) -> Sequence[Scored]:
        if self.lost:
            raise Unavailable("The text index is missing.")
        words = query_terms(query.text)
        if not words:
            return ()
        looked = [*words, *joined(query.text)]
        most = sum(self._rarity(word) for word in words) * (SATURATION + 1)
        found = [
            Scored(kind=item.kind, id=item.id, score=score, coverage=min(score / most, 1.0))
            for item, counts in self._items.values()
            if item.kind in query.kinds and _is_within(item, query) and _is_among(item, query)
            if (score := sum(self._weight(word, counts) for word in looked)) > 0
        ]
        return [
            hit
            for kind in sorted(query.kinds)
            for hit in sorted(
                (each for each in found if each.kind == kind), key=lambda hit: -hit.score
            )[: query.limit]
        ]

    def catch_up(self, within: timedelta) -> bool:
        if self.asleep or self.lost:
            return False
        while (batch := self._source.pending(100)).changes:
            for key in batch.gone:
                self._deleted |= self._items.pop(key, None) is not None
            for item in batch.items:
                self._items[item.kind, item.id] = _counted(item)
            self._source.taken(batch)
        return True

    def purge(self) -> bool:
        purged, self._deleted = self._deleted, False
        return purged

    def agrees(self) -> bool:
        there = self._source.count()
        agreed = there.pending or there.documents == len(self._items)
        if not agreed:
            pages = self._source.everything(100)
            self._items = {(i.kind, i.id): _counted(i) for page in pages for i in page}
        return agreed

    def _weight(self, word: str, counts: Counter[str]) -> float:
        if not counts[word]:
            return 0.0
        average = sum(c.total() for _, c in self._items.values()) / len(self._items)
        ease = SATURATION * (1 - LENGTH + LENGTH * counts.total() / average)
        return self._rarity(word) * counts[word] * (SATURATION + 1) / (counts[word] + ease)

    def _rarity(self, word: str) -> float:
        n = sum(word in counts for _, counts in self._items.values())
        return math.log1p((len(self._items) - n + 0.5) / (n + 0.5))


def _counted(item: TextItem) -> tuple[TextItem, Counter[str]]:
    own = terms(f"{item.speaker} {item.text}") * OWN_WORDS
    around = [word for text in item.around for word in terms(text)]
    return item, Counter(own + around)


def _is_within(item: TextItem, query: TextQuery) -> bool:
    return any(
        (query.after is None or instant >= query.after)
        and (query.before is None or instant < query.before)
        for instant in item.instants
    )


def _is_among(item: TextItem, query: TextQuery) -> bool:
    return item.kind != "memory" or query.among is None or item.id in query.among
