"""A reranker without a model: the shorter a text, the better it answers."""

from collections.abc import Callable, Sequence

from cns.errors import Unavailable


class FakeReranker:
    """Implements `lt_memory.reranking.Reranker`.

    Attributes:
        lost: while true, it cannot be run.
        first: called before it judges.
    """

    def __init__(self, first: Callable[[], object] = lambda: None) -> None:
        self.lost = False
        self.first = first
        self.asked: list[tuple[str, Sequence[str]]] = []

    def scores(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        self.first()
        if self.lost:
            raise Unavailable("The reranker is away.")
        self.asked.append((question, texts))
        return [-float(len(text)) for text in texts]
