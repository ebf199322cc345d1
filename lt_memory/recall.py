"""One question in, everything said and remembered that answers it out, best first."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from cns.errors import Unavailable
from cns.ports import Clock, Found, Query
from lt_memory.domain import following, fusion, question
from lt_memory.domain.fusion import Sifted, Weights
from lt_memory.domain.places import places
from lt_memory.domain.question import Question
from lt_memory.ports import Scored, TextIndex, TextQuery
from lt_memory.recall_ports import Asked, Considered, Details, RecallStore, reach_of
from lt_memory.telling import SPARE, Telling

logger = logging.getLogger(__name__)

INDEX_LOST = "words (the text index is being rebuilt; searching by meaning alone)"
INDEX_BEHIND = "words said in the last moments (the text index has not taken them in yet)"


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridRecall:
    """Two legs, words and vectors, fused; implements `cns.ports.Recall`.

    Attributes:
        patience: how long a search may wait for what was stored just before it.
        dormant_within: places of a leg within which a dormant memory surfaces.
        clock, zone: when and where it is asked, for days like "last Tuesday"; without a clock,
            such days are not read.
    """

    store: RecallStore
    index: TextIndex
    patience: timedelta = timedelta(milliseconds=150)
    weights: Weights = fusion.PLAIN
    dormant_within: int = 3
    clock: Clock | None = None
    zone: ZoneInfo = question.UTC

    def recall(self, query: Query) -> Found:
        """Two statements at most: the second tells of the best, or looks again and tells at once.

        A hit's place is decided among all kinds that were asked for. A message whose memory is
        found as well and fits about as well is left out in the memory's favour.
        """
        now = None if self.clock is None else self.clock.now()
        read = question.read(query.text, now, self.zone)
        considered, degraded = self._considered(query, read)
        candidates = following.with_successors(considered.candidates, considered.replaced)
        weights = fusion.for_intent(query.intent, self.weights)
        fused = fusion.fuse(candidates, read, weights)
        ranked = following.with_links(fused, considered.bonds, weights.links)
        within = self.dormant_within
        asleep = fusion.asleep(candidates, within) if query.surfacing else frozenset()
        sifted = fusion.sifted(ranked, query.floor, asleep)
        telling = Telling(
            ranked=ranked,
            sifted=sifted,
            details=considered.details or self._details(query, sifted),
            places=places(candidates),
        )
        return replace(telling.found(query.limit), degraded=degraded)

    def _details(self, query: Query, sifted: Sifted) -> Details:
        best = sifted.worth[: query.limit + SPARE] if query.limit else ()
        ids = [each.candidate.id for each in best]
        return self.store.details(query, ids) if ids else Details()

    def _considered(self, query: Query, read: Question) -> tuple[Considered, tuple[str, ...]]:
        asked, lost = self._asked(query, read)
        considered = self.store.consider(asked)
        if not considered.text_is_behind:
            return considered, lost
        if not self.index.catch_up(self.patience):
            return considered, lost or (INDEX_BEHIND,)
        asked, lost = self._asked(query, read)
        return self.store.consider(asked, told=True), lost

    def _asked(self, query: Query, read: Question) -> tuple[Asked, tuple[str, ...]]:
        words, lost = self._by_words(query)
        return Asked(query=query, words=words, names=read.names), lost

    def _by_words(self, query: Query) -> tuple[Sequence[Scored], tuple[str, ...]]:
        excluded = len(query.exclude_messages) + len(query.exclude_memories)
        asked = TextQuery(
            text=query.text,
            kinds=query.kinds,
            limit=reach_of(query) + excluded,
            after=query.after,
            before=query.before,
            among=query.among,
        )
        try:
            return self._search(asked), ()
        except Unavailable as error:
            logger.warning(
                "recalling without words",
                extra={"action": "text_index_lost", "detail": error.detail},
            )
            return (), (INDEX_LOST,)

    def _search(self, asked: TextQuery) -> Sequence[Scored]:
        """A small index that was lost is back within the patience of one search."""
        try:
            return self.index.search(asked)
        except Unavailable:
            if not self.index.catch_up(self.patience):
                raise
            return self.index.search(asked)
