"""The one door to recall: a question in words, embedded once, asked of everything."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cns.embedding_ports import shortfall
from cns.errors import Unavailable
from cns.ports import Embedder, Found, Query, Recall, Vector

logger = logging.getLogger(__name__)
EMBEDDER_LOST = "meaning (the embedding model is not available; searching by words alone)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Finds what was said and remembered."""

    embedder: Embedder
    recall: Recall

    def find(self, query: Query, *, lost: Sequence[str] = ()) -> Found:
        """Best first; embeds the question when it comes without a vector, and none was lost."""
        if query.vector is None and not lost:
            vector, lost = self.embed(query.text)
            query = replace(query, vector=vector)
        found = self.recall.recall(query)
        return replace(found, degraded=(*lost, *found.degraded))

    def embed(self, text: str) -> tuple[Vector | None, Sequence[str]]:
        """The question's vector, or None and what is lost by that, in words."""
        try:
            return self.embedder.embed([text])[0], shortfall(self.embedder)
        except Unavailable as error:
            logger.warning(
                "searching without vectors",
                extra={"action": "embedder_lost", "detail": error.detail},
            )
            return None, (EMBEDDER_LOST,)
