"""A language model that can be exchanged for another while calls are under way."""

from collections.abc import Generator
from contextlib import ExitStack
from threading import Lock

from cns.batch_ports import Batches, batches_of
from cns.errors import ModelStopped
from cns.ports import LLM, ModelEvent, ModelRequest


class _Post:
    """One model in service, and how many calls it is answering."""

    def __init__(self, llm: LLM) -> None:
        self.llm = llm
        self.calls = 0


class SwitchableLLM:
    """Implements `cns.ports.LLM` by whichever model is in service now.

    A call stays with the model that it began with; a model that was relieved is closed when its
    last call has ended.
    """

    def __init__(self, llm: LLM) -> None:
        self._lock = Lock()
        self._post = _Post(llm)
        self._relieved: list[_Post] = []
        self._closed = False

    @property
    def provider(self) -> str:
        return self._post.llm.provider

    @property
    def model(self) -> str:
        return self._post.llm.model

    @property
    def capable(self) -> bool:
        return self._post.llm.capable

    @property
    def context_tokens(self) -> int:
        return self._post.llm.context_tokens

    def switch(self, llm: LLM) -> None:
        """Have the next calls answered by this one; after `close` it is closed at once."""
        with self._lock:
            idle = self._relieve(llm)
        if idle is not None:
            idle.close()

    def stream(self, request: ModelRequest) -> Generator[ModelEvent]:
        """See the port."""
        post = self._entered()
        try:
            yield from post.llm.stream(request)
        finally:
            self._leave(post)

    def ping(self) -> str:
        return self._post.llm.ping()

    def batches(self) -> Batches | None:
        """Those of the model in service now."""
        return batches_of(self._post.llm)

    def close(self) -> None:
        """Closes the present one and those that were still answering."""
        with self._lock:
            self._closed = True
            posts = (self._post, *self._relieved)
            self._relieved.clear()
        with ExitStack() as every:
            for post in posts:
                every.callback(post.llm.close)

    def _relieve(self, llm: LLM) -> LLM | None:
        """Put it in service; the model that can be closed now."""
        if self._closed:
            return llm
        old, self._post = self._post, _Post(llm)
        if not old.calls:
            return old.llm
        self._relieved.append(old)
        return None

    def _entered(self) -> _Post:
        with self._lock:
            if self._closed:
                raise ModelStopped("MIRA is shutting down. Start it again, then retry.")
            self._post.calls += 1
            return self._post

    def _leave(self, post: _Post) -> None:
        with self._lock:
            post.calls -= 1
            done = not post.calls and post in self._relieved
            if done:
                self._relieved.remove(post)
        if done:
            post.llm.close()
