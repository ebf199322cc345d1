"""One question in, everything said and remembered that answers it out, best first."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cns.errors import Unavailable
from cns.ports import Found, Query
from lt_memory.domain import fusion, question
from lt_memory.domain.fusion import Weights
from lt_memory.ports import Considered, RecallStore, Scored, TextIndex, TextQuery

logger = logging.getLogger(__name__)

PASSED_OVER = 20  # the best of those that are not shown, told for the trace
WORD_REACH = 200  # hits that the text leg brings up, at least
INDEX_LOST = "words (the text index is being rebuilt; searching by meaning alone)"
INDEX_BEHIND = "words said in the last moments (the text index has not taken them in yet)"


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridRecall:
    """Two legs, words and vectors, fused; implements `cns.ports.Recall`.

    Attributes:
        patience: how long a search may wait for what was stored just before it.
        dormant_within: places of a leg within which a dormant memory surfaces.
    """

    store: RecallStore
    index: TextIndex
    patience: timedelta = timedelta(milliseconds=150)
    weights: Weights = fusion.PLAIN
    dormant_within: int = 3

    def recall(self, query: Query) -> Found:
        """Two statements at most, and a second look when something was stored a moment ago.

        A hit's place is decided among all kinds that were asked for. A message whose memory is
        found as well and fits about as well is left out in the memory's favour.
        """
        considered, degraded = self._considered(query)
        weights = fusion.for_intent(query.intent, self.weights)
        ranked = fusion.fuse(considered.candidates, question.read(query.text), weights)
        asleep = (
            fusion.asleep(considered.candidates, self.dormant_within)
            if query.surfacing
            else frozenset()
        )
        shown, passed_over = fusion.chosen(ranked, query.floor, query.limit, asleep)
        return Found(
            hits=tuple(self.store.details(shown)) if shown else (),
            degraded=degraded,
            passed_over=tuple(passed_over[:PASSED_OVER]),
            weighed=len(ranked),
        )

    def _considered(self, query: Query) -> tuple[Considered, tuple[str, ...]]:
        considered, degraded = self._look(query)
        if not considered.text_is_behind:
            return considered, degraded
        if self.index.catch_up(self.patience):
            return self._look(query)
        return considered, degraded or (INDEX_BEHIND,)

    def _look(self, query: Query) -> tuple[Considered, tuple[str, ...]]:
        lexical, lost = self._by_words(query)
        return self.store.consider(query, lexical), lost

    def _by_words(self, query: Query) -> tuple[Sequence[Scored], tuple[str, ...]]:
        excluded = len(query.exclude_messages) + len(query.exclude_memories)
        asked = TextQuery(
            text=query.text,
            kinds=query.kinds,
            limit=max(WORD_REACH, 2 * query.limit) + excluded,
            after=query.after,
            before=query.before,
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
