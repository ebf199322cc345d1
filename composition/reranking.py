"""What puts the first hits in order, where a model for that is given."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from adapters.reranker import CrossEncoderReranker
from cns.ports import Recall
from config.embedding_settings import RerankerSettings
from lt_memory.reranking import RerankedRecall


def reranked(stack: ExitStack, settings: RerankerSettings, recall: Recall) -> Recall:
    """The recall itself without such a model.

    Raises:
        Misconfigured: there is no folder where the model should be.
    """
    if settings.model is None:
        return recall
    return RerankedRecall(
        recalled=recall,
        reranker=CrossEncoderReranker(settings.model),
        pool=stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="reranker")),
        seconds=settings.deadline_seconds,
        most=settings.most,
    )
